"""Findings: contradictions, gaps and risks, shown and then settled by the user or left open, never silently decided."""

from typing import Literal

from pydantic import BaseModel, Field

FindingKind = Literal["contradiction", "gap", "risk"]


class Ground(BaseModel):
    """What a finding rests on: a passage of a document, an answer, or a labelled piece of evidence."""

    source: str
    """A document's path, `answer:<node>`, or an evidence label."""
    passage: str = ""


class Finding(BaseModel):
    """One finding, raised in the section where it matters."""

    id: str
    """`F` and a number, stable within the run."""
    key: str
    """What makes it the same finding on another visit, such as `contradiction:tracking`."""
    kind: FindingKind
    node: str
    title: str
    detail: str
    grounds: list[Ground] = Field(default_factory=list)
    owner: str = ""
    """Which step should look at it, where it isn't ours."""
    status: Literal["open", "settled"] = "open"
    settlement: str = ""
