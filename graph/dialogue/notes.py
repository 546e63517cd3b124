"""What is said beside a question: which fields are still needed, and what was taken for those the user doesn't know."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..facilitation.parsing import format_value
from ..fields import Field
from ..interrupts import Question
from ..texts import text


def needs(lacking: Sequence[Field]) -> str:
    """Which fields are still needed, with an example of the first two."""
    names = ", ".join(field.label for field in lacking)
    example = ", ".join(f"{field.called}: {field.example}" for field in lacking[:2])
    return text("dialogue", "needs", names=names, example=example)


def unknown_notes(
    question: Question, draft: Mapping[str, Any], defaulted: Sequence[Field], unknown: Sequence[str]
) -> list[str]:
    """What was taken for the fields that the user doesn't know."""
    notes, taken = [], []
    for field in question.fields:
        if field.name not in unknown:
            continue
        if field in defaulted:
            value = format_value(field, field.default)
            notes.append(text("dialogue", "defaulted", label=field.label, value=value, reason=field.default_reason))
        elif draft.get(field.name) is None and field.required:
            notes.append(text("dialogue", "no_default", label=field.label, example=field.example))
        elif field.name in question.recommended:
            taken.append(field.label)
    if taken:
        notes.append(text("dialogue", "taken_as_recommended", labels=", ".join(taken)))
    return notes
