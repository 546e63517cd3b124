"""Findings that the user settles in passing, in words or by a program."""

from collections.abc import Mapping
from typing import Any

from ..findings import Finding
from ..texts import text


def settled_findings(known: Mapping[str, Finding], settlements: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """The findings as they are now, and what is said about each."""
    updates: dict[str, Any] = {}
    notices = []
    for key, settlement in settlements.items():
        finding = known.get(key.upper())
        if finding is None:
            notices.append(text("dialogue", "unknown_finding", id=key))
            continue
        updates[finding.id] = finding.model_copy(update={"status": "settled", "settlement": settlement}).model_dump()
        notices.append(text("dialogue", "settled_finding", id=finding.id, settlement=settlement))
    return updates, notices
