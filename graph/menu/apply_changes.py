"""The accepted lines become decisions; the flow then runs forward and asks only where something is left to settle."""

from typing import Any

from ..dialogue.briefing import brief, in_order
from ..dialogue.tools import Tools
from ..nodes import AsyncMenuNode
from ..sections.registry import section_of
from ..state import MenuState


def apply_changes(tools: Tools) -> AsyncMenuNode:
    """The node that writes the accepted lines into their sections' records."""

    async def take_over(state: MenuState) -> dict[str, Any]:
        records = {node: dict(record) for node, record in state["sections"].items()}
        for row in state["changes"]:
            record = records[row["node"]]
            record["fields"] = {**record["fields"], row["field"]: row["new"]}
            record["origins"] = {**record["origins"], row["field"]: row["origin"]}
            record["reasons"] = {**record.get("reasons", {}), row["field"]: row["why"]}
            record["evidence"] = {**record.get("evidence", {}), row["field"]: row["evidence"]}
            record["extra"] = state["reworked"][row["node"]].get("extra", record.get("extra", {}))
        priority = state["constraints"].get("priority")
        if priority:
            fields = {**records.get("present_menu", {}).get("fields", {}), "priority": priority}
            records["present_menu"] = {"fields": fields, "origins": {"priority": "user"}, "confirmed": True}
        reviewed = in_order({node: records[node] for node in state["reworked"]})
        for node in reviewed:
            seen: MenuState = {**state, "sections": records}
            inputs = section_of(node).inputs(brief(seen, tools.catalogue, node))
            records[node] = {**records[node], "inputs": inputs}
        first = next(iter(reviewed))
        changed = [*reviewed, *(["present_menu"] if priority else [])]
        return {"sections": {node: records[node] for node in changed}, "goto": first, "revisit": ""}

    return take_over
