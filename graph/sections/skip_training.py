"""Skip handling: a rag-only project gets its skip record and goes on to Step 6."""

from typing import Any

from ..documenting.outcomes import bare_design
from ..documenting.store import ProjectStore
from ..nodes import StepNode
from ..project.facts import ProjectContext
from ..state import State


def skip_training(store: ProjectStore) -> StepNode:
    """The node that writes the skip record and updates the sidecar."""

    def write_skip_record(state: State) -> dict[str, Any]:
        context = ProjectContext.model_validate(state["context"])
        day = state.get("day") or store.today().isoformat()
        texts = store.write(context, bare_design(context, "skipped", day), state.get("documents", {}), "documented")
        return {"ending": "skipped", "day": day, "artifacts": texts, "decisions": {}, "stories": []}

    return write_skip_record
