"""Showing a question's fields, what has been set so far, and what changed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..excerpts import uncited
from ..facilitation.parsing import format_value
from ..fields import Field, all_fields
from ..interrupts import Question
from ..state import SectionState
from ..texts import render, text

FEW = 6
"""As many options are named beside a value; more are named only where none is set."""


def form(question_fields: Sequence[Field], recommended: Mapping[str, Any], *, reasons: bool = True) -> str:
    """The fields as a numbered list: recommendation, range, options, reason, sources.

    A reason that several fields share is given once; the others refer to the first.

    Args:
        question_fields: What is asked, in order.
        recommended: The recommendations by field.
        reasons: Whether they are given with the values; they have been said already where a question is put again.
    """
    given: dict[str, int] = {}
    short = tuple(text("dialogue", key) for key in ("your_value", "decided_before", "taken_as_default"))
    rows = []
    for number, field in enumerate(question_fields, 1):
        advice = recommended.get(field.name)
        why = advice.why if advice else ""
        told = reasons and why and not why.startswith(short)
        first = given.setdefault(why, number) if told else number
        rows.append(
            {
                "field": field,
                "value": format_value(field, advice.value) if advice else "",
                "range": _range(field, advice),
                "options": options(field, advice.value if advice else None),
                "note": why
                if why.startswith(short)
                else text("dialogue", "as_for", number=first)
                if first != number
                else "",
                "why": why if told and first == number else "",
                "evidence": _uncited(advice),
            }
        )
    return render("form.md.j2", rows=rows)


def options(field: Field, value: Any) -> list[str]:
    """What else the field accepts, where that is a short list."""
    if field.type == "boolean":
        return [] if value is not None else ["yes", "no"]
    others = [choice.value for choice in field.choices if choice.value != value]
    return others if value is None or len(others) <= FEW else []


def _range(field: Field, advice: Any) -> str:
    if advice is None or advice.low is None or advice.high is None or advice.low == advice.high:
        return ""
    return f"{format_value(field, advice.low)} to {format_value(field, advice.high)}"


def _uncited(advice: Any) -> list[str]:
    """The evidence that the reason itself does not cite."""
    return uncited(advice.evidence, advice.why) if advice else []


def shown(fields: Sequence[Field], values: Mapping[str, Any]) -> str:
    """What has been set, one line a field."""
    lines = [
        f"- {field.label}: **{format_value(field, values[field.name])}**"
        for field in fields
        if values.get(field.name) is not None or (field.open_as and field.name in values)
    ]
    return "\n".join(lines)


def changes(changed: Mapping[str, tuple[Any, Any]]) -> list[dict[str, str]]:
    """What a section depends on and how it changed, value by value, as people read it."""
    by_name = {field.name: field for fields in all_fields().values() for field in fields}
    rows = []
    for name, before, now in _single(changed):
        field = by_name.get(name)
        old, new = (_readable(field, value) for value in (before, now))
        rows.append({"label": field.label if field else name.replace("_", " "), "old": old, "new": new})
    return [row for position, row in enumerate(rows) if row not in rows[:position]]


def _single(changed: Mapping[str, tuple[Any, Any]]) -> Iterator[tuple[str, Any, Any]]:
    """The single values that differ; mappings are compared entry by entry."""
    for name, (before, now) in changed.items():
        if isinstance(before, Mapping) or isinstance(now, Mapping):
            old, new = (value if isinstance(value, Mapping) else {} for value in (before, now))
            names = dict.fromkeys([*old, *new])
            yield from _single({key: (old.get(key), new.get(key)) for key in names if old.get(key) != new.get(key)})
        else:
            yield name, before, now


def _readable(field: Field | None, value: Any) -> str:
    if value is None or value == []:
        return text("dialogue", "not_set")
    if field is not None:
        return format_value(field, value)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def put_again(question: Question, state: SectionState) -> str:
    """The question as it is put again after anything that isn't an answer: in its present phase, without reasons."""
    return state.get("put") or question_again(question)


def question_again(question: Question) -> str:
    """The question itself without its reasons."""
    asked = text("questions", question.question_key.split(".")[0])
    if question.kind in ("confirm", "menu"):
        return asked
    return f"{form(question.fields, question.recommended, reasons=False)}\n\n{asked}"
