"""From the model's reading of a reply to an interpretation; every value passes through the coercion of typed ones."""

from collections.abc import Mapping
from typing import Any

from ...fields import Field, fields_of
from ...interrupts import Question
from ...texts import text
from ..parsing import FieldError, coerce, format_value
from ..parsing.text import normalise, one_line
from ..protocol import Correction, Interpretation, Problem
from .reply_schema import EarlierValue, ReplyReading
from .said import agrees, is_literal, was_said, was_worked_out

_LONGEST = 400


def interpretation_of(
    read: ReplyReading, reply: str, question: Question, records: Mapping[str, Mapping[str, Any]]
) -> Interpretation:
    """What follows from the model's reading.

    Args:
        read: The model's reading.
        reply: What the user typed; a value that is not in it is asked back.
        question: What was asked.
        records: What earlier sections decided, for corrections of them.
    """
    if read.kind == "command" and read.command:
        return Interpretation(kind="command", command=read.command)
    result = Interpretation(kind="answer")
    for field in question.fields:
        raw = getattr(read.fields, field.name, None)
        if raw is not None and raw != "":
            _take(field, raw, reply, result)
    _name_lines(result, question)
    result.accept_rest = read.accept_rest
    literal = all(
        is_literal(field, result.fields[field.name], reply) for field in question.fields if field.name in result.fields
    )
    result.unsure = not literal or (read.accept_rest and not agrees(reply))
    known = {field.name for field in question.fields}
    result.unknown = [name for name in read.unknown if name in known and name not in result.fields]
    result.findings = {item.id.strip().upper(): one_line(item.words)[:_LONGEST] for item in read.findings if item.words}
    result.corrections = [found for item in read.corrections if (found := _correction(item, reply, records, result))]
    if question.kind == "menu":
        _revisit(result, question)
    asked = one_line(read.question)[:_LONGEST] if read.question else None
    if read.kind == "out_of_scope" and not _gives(result):
        return Interpretation(
            kind="out_of_scope", owner_step=read.owner_step, question=asked or one_line(reply)[:_LONGEST]
        )
    if _gives(result):
        result.question = asked
        result.owner_step = read.owner_step if asked else None
        return result
    if asked and read.kind in ("question", "answer"):
        if read.owner_step:
            return Interpretation(kind="out_of_scope", owner_step=read.owner_step, question=asked)
        return Interpretation(kind="question", question=asked, problems=result.problems)
    return _unclear(read, result)


def _take(field: Field, raw: Any, reply: str, result: Interpretation) -> None:
    try:
        value = coerce(field, raw)
    except FieldError as error:
        result.problems.append(Problem(field=error.field, message=error.message))
        return
    if was_said(field, value, reply):
        result.fields[field.name] = value
    elif was_worked_out(field, value, reply):
        result.fields[field.name] = value
        result.notes.append(text("model", "worked_out", label=field.label, value=format_value(field, value)))
    else:
        shown = format_value(field, value)
        message = text("model", "not_said", label=field.label, value=shown, name=field.name)
        result.problems.append(Problem(field=field.name, message=message))


def _name_lines(result: Interpretation, question: Question) -> None:
    """The lines of a list of changes are what the menu acts on."""
    if question.kind == "menu" and "accept" in result.fields:
        result.lines = result.fields["accept"]


def _revisit(result: Interpretation, question: Question) -> None:
    """From the menu, an earlier section is changed by going back to it."""
    names = {field.name for field in question.fields}
    if result.corrections and not result.fields and {"choice", "node"} <= names:
        result.fields = {"choice": "A", "node": result.corrections[0].node}
    result.corrections = []


def _correction(
    item: EarlierValue, reply: str, records: Mapping[str, Mapping[str, Any]], result: Interpretation
) -> Correction | None:
    """A change of an earlier section's value, where that section and field exist and the user said the value."""
    record = records.get(item.section, {})
    field = next((field for field in fields_of(item.section) if field.name == item.field), None)
    if field is None or not record.get("confirmed"):
        return None
    try:
        value = coerce(field, _as_typed(field, item.value))
    except FieldError as error:
        result.problems.append(Problem(field="", message=error.message))
        return None
    if value == record.get("fields", {}).get(field.name) or not was_said(field, value, reply):
        return None
    return Correction(node=item.section, field=field.name, value=value)


def _as_typed(field: Field, value: str) -> Any:
    return {"true": True, "false": False}.get(normalise(value), value) if field.type == "boolean" else value


def _gives(result: Interpretation) -> bool:
    return bool(result.fields or result.unknown or result.findings or result.accept_rest or result.corrections)


def _unclear(read: ReplyReading, result: Interpretation) -> Interpretation:
    problems = list(result.problems)
    if read.clarification and not problems:
        problems.append(Problem(field="", message=one_line(read.clarification)[:_LONGEST]))
    return Interpretation(kind="unclear", problems=problems)
