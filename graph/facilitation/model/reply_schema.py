"""The form in which the model says what a reply means: built from the definitions of the section's own fields."""

from collections.abc import Sequence
from typing import Any, Literal, Optional

from pydantic import BaseModel, ConfigDict, create_model
from pydantic import Field as Described

from ...fields import Field
from ..protocol import InterpretationKind

CommandName = Literal["why", "back", "progress", "evidence", "findings", "help", "quit"]


class Strict(BaseModel):
    """The base of every form: nothing but what is defined."""

    model_config = ConfigDict(extra="forbid")


class SettledFinding(Strict):
    """A finding that the reply settles."""

    id: str = Described(description="The finding's id, such as F2.")
    words: str = Described(description="What holds now, in the user's own words.")


class EarlierValue(Strict):
    """A value of an earlier section that the reply changes."""

    section: str = Described(description="The node of the earlier section, as listed under decisions so far.")
    field: str = Described(description="The field of that section.")
    value: str = Described(description="The new value as the user wrote it, with its unit.")


class ReplyReading(Strict):
    """What one reply means. A subclass for each question adds `fields`."""

    kind: InterpretationKind
    fields: Any = None
    accept_rest: bool = Described(
        description="True only where the user says that everything, or the rest, is taken as recommended."
    )
    unknown: list[str] = Described(
        default_factory=list, description="Names of fields for which the user says that they don't know."
    )
    command: Optional[CommandName] = Described(default=None, description="For kind command.")  # noqa: UP045
    question: Optional[str] = Described(  # noqa: UP045
        default=None, description="What the user asks, in their words; also where the reply gives an answer besides."
    )
    owner_step: Optional[Literal[6, 8]] = Described(  # noqa: UP045
        default=None,
        description="6 where retrieval is asked about, 8 where evaluation metrics are, directly or indirectly.",
    )
    corrections: list[EarlierValue] = Described(
        default_factory=list,
        description="Values decided in earlier sections that the user now changes; never the pending question's.",
    )
    findings: list[SettledFinding] = Described(
        default_factory=list, description="Findings that the user settles in this reply."
    )
    clarification: Optional[str] = Described(  # noqa: UP045
        default=None, description="For kind unclear: one short question that would settle what the user means."
    )


def reading_of(question_key: str, fields: Sequence[Field]) -> type[ReplyReading]:
    """The form for one question: its fields typed as they are defined, each of them optional.

    Numbers, texts and lists are taken as the user wrote them, because the same coercion reads them as reads typed
    replies; choices and yes-or-no fields are closed.
    """
    name = "".join(part.capitalize() for part in question_key.replace(".", "_").split("_"))
    definitions: dict[str, Any] = {field.name: (Optional[_type(field)], _described(field)) for field in fields}  # noqa: UP045
    inner = create_model(f"{name}Fields", __base__=Strict, **definitions)
    return create_model(
        f"{name}Reading",
        __base__=ReplyReading,
        fields=(inner, Described(description="Only what the user said; null for everything else.")),
    )


def _type(field: Field) -> Any:
    if field.type == "boolean":
        return bool
    if field.type == "choice":
        return Literal[tuple(choice.value for choice in field.choices)]
    return str


def _described(field: Field) -> Any:
    parts = [field.label]
    if field.type in ("integer", "number"):
        parts.append(f"as the user wrote it, with its unit, for example {field.example}")
    elif field.type == "list":
        parts.append(f"as the user wrote it, for example {field.example}")
    elif field.choices:
        parts += [f"{choice.value}: {choice.label}" for choice in field.choices]
    if field.help:
        parts.append(field.help)
    return Described(default=None, description="; ".join(parts))
