"""The projects that a message may name: the folders below one that the server's operator chose."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from langchain_core.messages import AIMessage, AnyMessage
from langgraph.graph.message import add_messages
from typing_extensions import TypedDict

from ..texts import text

PROJECTS_VARIABLE = "FINE_TUNING_PROJECTS"
"""The folder whose projects may be named in a message; without it only documents are taken."""


class ProjectChoice(TypedDict, total=False):
    """What says which project a conversation is about."""

    messages: Annotated[list[AnyMessage], add_messages]
    documents: dict[str, str]
    project_dir: str


def choose_project(state: ProjectChoice) -> dict[str, Any]:
    """The node that finds the project which is meant; where there is none, it says which there are."""
    if state.get("documents"):
        return {"project_dir": ""}
    if project := named_project(state.get("messages", [])):
        return {"project_dir": project}
    return {"project_dir": "", "messages": [AIMessage(which_project())]}


def is_chosen(state: Mapping[str, Any]) -> bool:
    """Whether it is known what the conversation is about."""
    return bool(state.get("documents") or state.get("project_dir"))


def named_project(messages: Sequence[AnyMessage]) -> str:
    """The folder of the project that the last message names; empty where it names none, or several."""
    said = messages[-1].text if messages else ""
    folder = os.environ.get(PROJECTS_VARIABLE, "")
    known = projects_in(folder)
    named = [name for name in known if name in said.split()] or [name for name in known if name in said]
    return str(Path(folder).absolute() / named[0]) if len(named) == 1 else ""


def which_project() -> str:
    """What is said where a message names no project: which there are."""
    known = projects_in(os.environ.get(PROJECTS_VARIABLE, ""))
    return text("serving", "which_project", projects=known) if known else text("serving", "no_projects")


def projects_in(folder: str) -> list[str]:
    """The names of the project folders that may be worked on."""
    if not folder:
        return []
    return sorted(child.name for child in Path(folder).iterdir() if (child / "sidecar.yaml").is_file())
