"""Why something was decided as it was, once all is decided: from the records of the sections."""

from collections.abc import Mapping
from typing import Any

from ..dialogue.briefing import in_order
from ..facilitation.parsing import format_value
from ..fields import fields_of
from ..texts import render


def reasons(records: Mapping[str, Mapping[str, Any]], asked: str) -> str:
    """The recorded reasons of a field, or of every field that has one."""
    wanted = asked.strip().casefold()
    rows = [
        {
            "label": field.label,
            "value": format_value(field, record["fields"][field.name]),
            "why": record.get("reasons", {}).get(field.name, ""),
            "evidence": record.get("evidence", {}).get(field.name, []),
        }
        for node, record in in_order(records).items()
        if record.get("confirmed")
        for field in fields_of(node)
        if record["fields"].get(field.name) is not None
        and (not wanted or wanted in (field.name.casefold(), field.label.casefold(), *field.aliases))
    ]
    return render("reasons.md.j2", rows=rows if wanted else [row for row in rows if row["why"]], asked=asked.strip())
