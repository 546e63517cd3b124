"""Load context: the project's earlier documents, read once and kept with the run."""

from pathlib import Path
from typing import Any

from ..project.context import load_project
from ..state import GRAPH_VERSION, State


def load_context(state: State) -> dict[str, Any]:
    """Read the sidecar and the documents.

    Raises:
        ProjectError: The sidecar is missing or unreadable, or names no known architecture; it says how to mend that.
    """
    documents = state.get("documents") or None
    folder = state.get("output_dir") or state.get("project_dir")
    context = load_project(
        Path(folder) if folder and documents is None else None,
        documents=documents,
        workflow_dir=Path(state["workflow_dir"]) if state.get("workflow_dir") else None,
    )
    return {
        "context": context.model_dump(mode="json"),
        "graph_version": GRAPH_VERSION,
        "sections": {},
        "announcement": "",
        "goto": "",
        "revisit": "",
        "ending": "",
        "status": "",
    }
