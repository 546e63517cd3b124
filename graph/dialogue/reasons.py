"""Why something was decided as it was: from the records of the sections."""

from collections.abc import Mapping
from typing import Any

from ..facilitation.parsing import format_value
from ..facilitation.parsing.subjects import subject_of
from ..facilitation.parsing.text import normalise
from ..fields import Field, fields_of
from ..texts import render
from .briefing import in_order

DECISIONS = ("base_model", "approach", "strategy", "method")
"""The fields that stand for the decisions of the step, which a bare "why" is about."""

SHORTEST = 3
"""Characters of a value by which it can be called."""


def reasons(records: Mapping[str, Mapping[str, Any]], asked: str) -> str:
    """The recorded reasons of a field or of a decided value, or of the decisions; empty where none is."""
    wanted = subject_of(asked.strip()).casefold()
    rows = [
        {
            "name": field.name,
            "label": field.label,
            "value": format_value(field, record["fields"][field.name]),
            "why": record.get("reasons", {}).get(field.name, ""),
            "evidence": record.get("evidence", {}).get(field.name, []),
        }
        for node, record in in_order(records).items()
        if record.get("confirmed")
        for field in fields_of(node)
        if record["fields"].get(field.name) is not None
        and (not wanted or _means(wanted, field, record["fields"][field.name]))
    ]
    told = rows if wanted else [row for row in rows if row["name"] in DECISIONS]
    return render("reasons.md.j2", rows=told, all_asked=not wanted) if told else ""


def _means(wanted: str, field: Field, value: Any) -> bool:
    """Whether a field is meant by its name, or by the text that was decided for it: "qwen3" for Qwen3-8B."""
    if wanted in (field.name.casefold(), field.label.casefold(), *field.aliases):
        return True
    if field.type == "choice" and normalise(wanted) in normalise(str(value)).split():
        return True
    said = normalise(wanted).replace(" ", "")
    decided = normalise(str(value)).replace(" ", "") if field.type in ("choice", "string") else ""
    return len(said) >= SHORTEST and decided.startswith(said)
