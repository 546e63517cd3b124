"""The progress view: every section with what was decided in it."""

from collections.abc import Mapping
from typing import Any

from ..facilitation.parsing import format_value
from ..fields import fields_of
from ..sections.registry import SECTIONS

SHOWN_FIELDS = 4


def overview(records: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Number, title, whether it is done, and the first decided values, for every section."""
    rows = []
    for section in SECTIONS:
        record = records.get(section.node, {})
        done = bool(record.get("confirmed"))
        rows.append(
            {
                "node": section.node,
                "number": section.number,
                "title": section.title,
                "done": done,
                "summary": summary(section.node, record) if done else "",
            }
        )
    return rows


def summary(node: str, record: Mapping[str, Any]) -> str:
    """The decided values of a section in one line."""
    decided = [field for field in fields_of(node) if record.get("fields", {}).get(field.name) is not None]
    return ", ".join(
        f"{field.label.lower()} {format_value(field, record['fields'][field.name])}" for field in decided[:SHOWN_FIELDS]
    )
