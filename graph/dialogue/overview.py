"""The progress view: every section with what was decided in it."""

from collections.abc import Mapping
from typing import Any

from ..facilitation.parsing import format_value
from ..fields import fields_of
from ..sections.order import NODE_OF_APPROACH, PATH_NODES
from ..sections.registry import SECTIONS

SHOWN_FIELDS = 4


APPROACHES = frozenset(NODE_OF_APPROACH.values())
TRAINING = APPROACHES | {"configure_peft", "configure_hyperparameters", "choose_infrastructure"}
"""Sections that a deferred training leaves out."""


def overview(records: Mapping[str, Mapping[str, Any]], current: str = "") -> list[dict[str, Any]]:
    """Number, title, whether it is done or no longer on the way, and the first decided values, for every section.

    Args:
        records: The sections' records by node.
        current: The section whose question is pending.
    """
    rows = []
    off = left_out(records, current)
    for section in SECTIONS:
        record = records.get(section.node, {})
        done = bool(record.get("confirmed"))
        rows.append(
            {
                "node": section.node,
                "number": section.number,
                "title": section.title,
                "done": done,
                "left_out": section.node in off,
                "summary": summary(section.node, record) if done else "",
            }
        )
    return rows


def left_out(records: Mapping[str, Mapping[str, Any]], current: str) -> set[str]:
    """The sections that the path taken through section 5 does not lead to."""
    passed = {node for node, record in records.items() if record.get("confirmed")} | {current}
    strategy = records.get("resolve_insufficient_data", {}).get("fields", {}).get("strategy")
    if strategy == "rag-first" and "resolve_insufficient_data" in passed - {current}:
        return set(TRAINING - passed)
    return set(PATH_NODES) - passed if passed & APPROACHES else set()


def summary(node: str, record: Mapping[str, Any]) -> str:
    """The decided values of a section in one line."""
    decided = [field for field in fields_of(node) if record.get("fields", {}).get(field.name) is not None]
    return ", ".join(
        f"{field.called} {format_value(field, record['fields'][field.name])}" for field in decided[:SHOWN_FIELDS]
    )
