"""The projects that a message may name: the folders below one that the server's operator chose."""

import os
from collections.abc import Sequence
from pathlib import Path

from langchain_core.messages import AnyMessage

from ..texts import text

PROJECTS_VARIABLE = "FINE_TUNING_PROJECTS"
"""The folder whose projects may be named in a message; without it only documents are taken."""


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
