"""What a reply means: the one result that guided and model-backed understanding both give (plain JSON throughout)."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

InterpretationKind = Literal["answer", "question", "command", "out_of_scope", "unclear"]


class Problem(BaseModel):
    """Why one value, or a whole reply, could not be taken."""

    model_config = ConfigDict(extra="forbid")

    field: str
    """The field's name, or empty where the problem concerns the whole reply."""
    message: str
    """One sentence for the user: what is accepted, with an example."""


class Correction(BaseModel):
    """A value of an earlier section that a reply changes: offered as going back there, never taken by itself."""

    model_config = ConfigDict(extra="forbid")

    node: str
    field: str
    value: Any
    """Canonical, as the earlier section's field holds it."""


class Interpretation(BaseModel):
    """A reply, understood.

    An `answer` may carry a `question` beside its fields, and `owner_step` where that question belongs to another step.
    """

    model_config = ConfigDict(extra="forbid")

    kind: InterpretationKind
    fields: dict[str, Any] = Field(default_factory=dict)
    """Canonical values by field name; None leaves a field open on purpose."""
    problems: list[Problem] = Field(default_factory=list)
    accept_rest: bool = False
    """Whatever the reply does not set is taken as recommended, without another confirmation."""
    unknown: list[str] = Field(default_factory=list)
    """Fields answered with "I don't know"."""
    command: str | None = None
    argument: str = ""
    question: str | None = None
    notes: list[str] = Field(default_factory=list)
    """What was assumed or left aside, one sentence each."""
    findings: dict[str, str] = Field(default_factory=dict)
    """Settlements of findings, by id."""
    unsure: bool = False
    """Read between the lines by a model: it is shown and confirmed before it settles anything."""
    corrections: list[Correction] = Field(default_factory=list)
    """Values of earlier sections that the reply changes."""
    owner_step: int | None = None
    """The step that owns what is out of scope here."""
    lines: list[int] | None = None
    """Accepted lines of a list of changes, counted from 1."""
