"""The accepted lines become decisions; the flow then runs forward and asks only where something is left to settle."""

from collections.abc import Mapping
from typing import Any

from ..dialogue.briefing import brief, in_order
from ..dialogue.draft import answered, drafted
from ..dialogue.tools import Tools
from ..nodes import AsyncMenuNode
from ..sections.registry import section_of
from ..state import MenuState


def apply_changes(tools: Tools) -> AsyncMenuNode:
    """The node that writes the accepted lines into their sections' records."""

    async def take_over(state: MenuState) -> dict[str, Any]:
        records = {node: dict(record) for node, record in state["sections"].items()}
        for row in state["changes"]:
            records[row["node"]] = with_line(records[row["node"]], row)
        changed = with_priority(records, state["constraints"].get("priority"))
        for node in in_order({name: records[name] for name in state["reworked"]}):
            records[node] = settled_again(state, records, node, tools)
        touched = in_order({node: records[node] for node in {*state["reworked"], *changed}})
        return {"sections": dict(touched), "goto": next(iter(touched)), "revisit": ""}

    return take_over


def with_line(record: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    """The record with one accepted line."""
    name = row["field"]
    still_open = {"open": [each for each in record["open"] if each != name]} if "open" in record else {}
    return {
        **record,
        **still_open,
        "fields": {**record["fields"], name: row["new"]},
        "origins": {**record["origins"], name: row["origin"]},
        "reasons": {**record.get("reasons", {}), name: row["why"]},
        "evidence": {**record.get("evidence", {}), name: row["evidence"]},
    }


def with_priority(records: dict[str, dict[str, Any]], priority: str | None) -> list[str]:
    """Keep what the user puts first, quality or speed, as the menu's own record; returns what was changed."""
    if not priority:
        return []
    fields = {**records.get("present_menu", {}).get("fields", {}), "priority": priority}
    records["present_menu"] = {"fields": fields, "origins": {"priority": "user"}, "confirmed": True}
    return ["present_menu"]


def settled_again(state: MenuState, records: dict[str, dict[str, Any]], node: str, tools: Tools) -> dict[str, Any]:
    """The record with what it depends on now, and what later sections need of the values that were taken."""
    seen: MenuState = {**state, "sections": records}
    briefing = brief(seen, tools.catalogue, node)
    section, record = section_of(node), records[node]
    decided = section.advise(answered(briefing, node, drafted(record)))
    return {**record, "extra": {**record.get("extra", {}), **decided.extra}, "inputs": section.inputs(briefing)}
