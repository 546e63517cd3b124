"""Why something was decided as it was, once all is decided: from the records of the sections."""

import re
from collections.abc import Mapping
from typing import Any

from ..dialogue.briefing import in_order
from ..facilitation.parsing import format_value
from ..fields import fields_of
from ..texts import render

_WHY = re.compile(r"why\s+(?:the\s+|this\s+)?([^?]{1,40})\?*", re.IGNORECASE)


def reasons(records: Mapping[str, Mapping[str, Any]], asked: str) -> str:
    """The recorded reasons of a field, or of every field that has one; empty where there is none."""
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
    told = rows if wanted else [row for row in rows if row["why"]]
    return render("reasons.md.j2", rows=told) if told else ""


def why_of(question: str) -> str:
    """The field that a question such as "why rank?" asks about; empty for another question."""
    found = _WHY.fullmatch(question.strip())
    return found[1].strip() if found else ""
