"""Load context: the project's earlier documents, read once and kept with the run."""

import asyncio
from pathlib import Path
from typing import Any

from langgraph.types import Overwrite

from ..facilitation.facilitator import Facilitator
from ..nodes import AsyncStepNode
from ..project.context import load_project
from ..project.copying import working_copy
from ..project.facts import ProjectContext
from ..state import GRAPH_VERSION, State

NOTHING_YET: dict[str, Any] = {
    "sections": Overwrite({}),
    "findings": Overwrite({}),
    "evidence": Overwrite({}),
    "evidence_order": Overwrite([]),
    "queries": Overwrite([]),
    "turns": Overwrite([]),
    "usage": Overwrite([]),
    "grounding": Overwrite([]),
    "artifacts": Overwrite({}),
    "path": {},
}
"""A step that its parent enters again with a checkpointer of its own still holds what it came to the last time."""


def load_context(state: State) -> dict[str, Any]:
    """Read the sidecar and the documents.

    Raises:
        ProjectError: The sidecar is missing or unreadable, or names no known architecture; it says how to mend that.
    """
    documents = state.get("documents") or None
    context = load_project(
        project_folder(state) if documents is None else None,
        documents=documents,
        workflow_dir=Path(state["workflow_dir"]) if state.get("workflow_dir") else None,
        copy_of=Path(state["project_dir"]) if state.get("project_dir") and state.get("output_dir") else None,
    )
    return {
        "context": context.model_dump(mode="json"),
        "graph_version": GRAPH_VERSION,
        **NOTHING_YET,
        "announcement": "",
        "goto": "",
        "revisit": "",
        "ending": "",
        "status": "",
    }


def read_by(facilitator: Facilitator) -> AsyncStepNode:
    """The node that reads the project as ever, and lets the facilitator read the documents besides."""

    async def read_context(state: State) -> dict[str, Any]:
        update = await asyncio.to_thread(load_context, state)
        context = ProjectContext.model_validate(update["context"])
        if context.architecture == "rag-only":
            return update
        context, usage = await facilitator.extract(context, state.get("documents", {}))
        return update | {"context": context.model_dump(mode="json"), "usage": Overwrite(usage)}

    return read_context


def project_folder(state: State) -> Path | None:
    """Where the run works: the project folder, or the copy that was asked for."""
    if not state.get("project_dir"):
        return None
    folder = Path(state["project_dir"])
    return working_copy(folder, Path(state["output_dir"])) if state.get("output_dir") else folder
