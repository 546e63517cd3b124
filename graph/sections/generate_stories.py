"""9 and 10. The confirmed design is written: spec, configuration, decision log, sidecar and stories."""

from typing import Any

from ..dialogue.consult import announce
from ..documenting.outcomes import recorded_design
from ..documenting.store import ProjectStore
from ..nodes import StepNode
from ..project.facts import ProjectContext
from ..project.writing.design import TrainingDesign
from ..project.writing.places import CONFIG_FOLDER
from ..project.writing.stories import stories_for
from ..state import State
from ..texts import render


def no_longer_written(state: State, design: TrainingDesign) -> list[str]:
    """Configuration files of an earlier design of this run, which the new one has not."""
    wanted = {f"{CONFIG_FOLDER}/{name}" for name in design.config_files}
    return [path for path in state.get("artifacts", {}) if path.startswith(f"{CONFIG_FOLDER}/") and path not in wanted]


def generate_stories(store: ProjectStore) -> StepNode:
    """The node that writes everything that the user confirmed; running it again changes nothing."""

    def write_design(state: State) -> dict[str, Any]:
        context = ProjectContext.model_validate(state["context"])
        day = store.today().isoformat()
        design = recorded_design(state, day)
        known = {**state.get("documents", {}), **state.get("artifacts", {})}
        texts = store.write(context, design, known, "documented")
        stories = [story.model_dump(mode="json") for story in stories_for(design)]
        for decision in design.decisions:
            announce({"event": "decision", "id": decision.id, "choice": decision.choice})
        for path in texts:
            announce({"event": "file", "path": path})
        summary = render("written.md.j2", design=design, stories=stories, paths=sorted(texts))
        return {
            "day": day,
            "ending": "deferred" if design.outcome == "deferred_rag_first" else "completed",
            "decisions": {item.id: item.model_dump(mode="json") for item in design.decisions},
            "stories": stories,
            "artifacts": {**dict.fromkeys(no_longer_written(state, design)), **texts},
            "summary": summary,
            "announcement": summary,
        }

    return write_design
