"""Showing a question's fields and what has been set so far."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..facilitation.parsing import format_value
from ..fields import Field
from ..interrupts import Question
from ..texts import render, text


def form(question_fields: Sequence[Field], recommended: Mapping[str, Any]) -> str:
    """The fields as a numbered list: recommendation, range, reason, sources."""
    rows = []
    for field in question_fields:
        advice = recommended.get(field.name)
        rows.append(
            {
                "field": field,
                "value": format_value(field, advice.value) if advice else "",
                "advice": advice,
                "low": format_value(field, advice.low) if advice and advice.low is not None else "",
                "high": format_value(field, advice.high) if advice and advice.high is not None else "",
            }
        )
    return render("form.md.j2", rows=rows)


def shown(fields: Sequence[Field], values: Mapping[str, Any]) -> str:
    """What has been set, one line a field."""
    lines = [
        f"- {field.label}: **{format_value(field, values[field.name])}**"
        for field in fields
        if values.get(field.name) is not None
    ]
    return "\n".join(lines)


def question_again(question: Question) -> str:
    """The question itself without its reasons, as it is put again after anything that isn't an answer."""
    if question.kind in ("confirm", "menu"):
        return text("questions", question.question_key.split(".")[0])
    asked = text("questions", question.question_key.split(".")[0])
    return f"{form(question.fields, question.recommended)}\n\n{asked}"
