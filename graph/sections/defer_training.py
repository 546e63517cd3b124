"""No at the entry checkpoint: fine-tuning is deferred and the flow goes on to Step 6."""

from typing import Any

from ..documenting.outcomes import bare_design
from ..documenting.store import ProjectStore
from ..nodes import StepNode
from ..project.facts import ProjectContext
from ..state import State


def defer_training(store: ProjectStore) -> StepNode:
    """The node that records the deferral in the sidecar; no spec is written and an existing one stays."""

    def write_deferral(state: State) -> dict[str, Any]:
        context = ProjectContext.model_validate(state["context"])
        day = state.get("day") or store.today().isoformat()
        texts = store.write(context, bare_design(context, "deferred_no", day), state.get("documents", {}), "documented")
        return {"ending": "deferred", "day": day, "artifacts": texts, "decisions": {}, "stories": []}

    return write_deferral
