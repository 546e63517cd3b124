"""What a program fills in: values by field name."""

import re
from collections.abc import Mapping
from typing import Any

from ...fields import Field
from ...interrupts import Question
from ..protocol import Interpretation, Problem
from .coercion import coerce_noted
from .errors import FieldError
from .labels import label_phrases
from .messages import told
from .names import meant_by, owner_of_field
from .text import normalise, one_line, quote
from .vocabulary import vocabulary

_FINDING_ID = re.compile(r"[Ff]([0-9]{1,3})")


def interpret_fields(
    fields: Mapping[str, Any],
    question: Question,
    accept_recommended: bool = False,
    findings: Mapping[str, str] | None = None,
    *,
    aliases: bool = False,
) -> Interpretation:
    """Interpret values that a program gives by field name.

    Args:
        fields: Values by name: canonical ones, or text as a person would type it; null leaves a field open. A mapping
            under `findings` settles findings.
        question: What was asked.
        accept_recommended: Whether the rest is taken as recommended.
        findings: Settlements of findings by id.
        aliases: Whether a field's other names count too, as in an object that a person typed.

    Returns:
        An answer with what is valid and a problem for each other value; `unclear` where nothing is valid.
    """
    result = Interpretation(kind="answer", accept_rest=accept_recommended)
    known = {field.name: field for field in question.fields}
    labels = label_phrases(question.fields) if aliases else None
    settlements: dict[str, Any] = dict(findings or {})
    for name, raw in fields.items():
        if name == "findings" and name not in known:
            _settlements(raw, settlements, result)
            continue
        field = known.get(name) or (labels.whole(normalise(name).split()) if labels else None)
        if field is None:
            result.problems.append(Problem(field=str(name)[:80], message=_unknown_name(str(name), question.fields)))
        elif raw is not None:
            _take(field, raw, result)
    _settle(settlements, result)
    given = result.fields or result.unknown or result.findings or result.accept_rest
    if result.problems and not given:
        result.kind = "unclear"
    if "accept" in result.fields:
        result.lines = result.fields["accept"]
    return result


def missing(question: Question, fields: Mapping[str, Any]) -> list[str]:
    """The required fields of a question that are not among these, in the order in which they are asked for."""
    return [
        field.name
        for field in question.fields
        if field.required and fields.get(field.name) is None and not (field.open_as and field.name in fields)
    ]


def _take(field: Field, raw: Any, result: Interpretation) -> None:
    is_text = isinstance(raw, str) and field.type != "string"
    if is_text and vocabulary().ignorance.whole(normalise(raw[:200]).split()):
        result.unknown.append(field.name)
        return
    if (
        field.type == "string"
        and isinstance(raw, str)
        and normalise(raw[:40]) in ("i dont know", "dont know", "not sure")
    ):
        result.unknown.append(field.name)
        return
    if field.open_as and isinstance(raw, str):
        said = vocabulary().labelled.whole(normalise(raw[:200]).split()) or {}
        if said.get(field.name, "") is None:
            result.fields[field.name] = None
            return
    try:
        value, note = coerce_noted(field, raw)
    except FieldError as error:
        result.problems.append(Problem(field=error.field, message=error.message))
        return
    result.fields[field.name] = value
    if note:
        result.notes.append(f"{field.label}: {note}.")


def _unknown_name(name: str, fields: tuple[Field, ...]) -> str:
    """Which fields there are, which one may have been meant, or where it belongs: by the names that files use."""
    there_are = ", ".join(field.name for field in fields)
    meant, owner = meant_by(name, fields), owner_of_field(name)
    if meant:
        return told("misspelt_name", name=quote(name), meant=meant.name, names=there_are)
    if owner:
        return told("name_elsewhere", name=quote(name), node=owner[0], names=there_are)
    return told("unknown_name", name=quote(name), names=there_are)


def _settlements(raw: Any, settlements: dict[str, Any], result: Interpretation) -> None:
    if isinstance(raw, Mapping):
        settlements.update((str(name), value) for name, value in raw.items())
    else:
        message = told("findings_mapping", said=quote(raw))
        result.problems.append(Problem(field="findings", message=message))


def _settle(settlements: Mapping[str, Any], result: Interpretation) -> None:
    for name, raw in settlements.items():
        identity = _FINDING_ID.fullmatch(name.strip())
        text = one_line(raw) if isinstance(raw, str) else ""
        if identity and text:
            result.findings[f"F{int(identity[1])}"] = text
        else:
            message = told("finding", name=quote(name), said=quote(raw))
            result.problems.append(Problem(field="findings", message=message))
