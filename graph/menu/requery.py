"""[Q]: the queries of the sections that a changed constraint touches, and the old design against the new one."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..dialogue.briefing import brief, in_order
from ..dialogue.consult import ask_knowledge
from ..dialogue.tools import Tools
from ..facilitation.parsing import format_value
from ..fields import fields_of
from ..nodes import AsyncMenuNode
from ..sections.registry import section_of
from ..sections.section import Briefing, Section
from ..state import MenuState
from ..texts import render
from ..values import Value, effective_values

MENU = "present_menu"

TOUCHED: Mapping[str, tuple[str, ...]] = {
    "sft_examples": ("assess_training_data", "configure_peft", "configure_hyperparameters"),
    "size_limit": ("select_base_model", "configure_peft", "configure_hyperparameters", "choose_infrastructure"),
    "gpu_type": ("configure_peft", "configure_hyperparameters", "choose_infrastructure"),
    "priority": ("configure_peft", "configure_hyperparameters"),
}
"""Which sections a changed value touches."""


def requery(menu: Section, tools: Tools) -> AsyncMenuNode:
    """The node that makes the queries of the touched sections again, with the changed constraints."""

    async def query_again(state: MenuState) -> dict[str, Any]:
        briefing = changed_briefing(brief(state, tools.catalogue, menu.node), state["constraints"])
        queries = [query for section in touched(state) for query in section.queries(briefing)]
        return await ask_knowledge(state, menu, tools, list(dict.fromkeys(queries)), "consult")

    return query_again


def compare(tools: Tools) -> AsyncMenuNode:
    """The node that holds the new recommendations against what was decided."""

    async def hold_against(state: MenuState) -> dict[str, Any]:
        rows, reworked = new_design(state, brief(state, tools.catalogue, MENU))
        if not rows:
            notice = render("comparison.md.j2", rows=[], constraints=state["constraints"])
            return {"notice": notice, "asking": "choice", "changes": []}
        notice = render("comparison.md.j2", rows=rows, constraints=state["constraints"])
        return {"notice": notice, "asking": "accept", "changes": rows, "reworked": reworked}

    return hold_against


def touched(state: MenuState) -> list[Section]:
    """The sections that the changed constraints touch and that were passed, in order."""
    names = {node for name in state["constraints"] for node in TOUCHED.get(name, ())}
    passed = in_order(state["sections"])
    return [section_of(node) for node, record in passed.items() if node in names and record.get("confirmed")]


def changed_briefing(briefing: Briefing, constraints: Mapping[str, Any]) -> Briefing:
    """The briefing with the changed values in force."""
    changed = {
        name: Value(value=value, origin="user", node="present_menu")
        for name, value in constraints.items()
        if value is not None
    }
    if "sft_examples" in changed:
        changed["examples"] = changed["sft_examples"]
    return replace(briefing, values={**briefing.values, **changed})


def new_design(state: MenuState, briefing: Briefing) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Section after section: what would be recommended now, each on top of the one before.

    Returns:
        The lines that differ from what was decided, and the records as they would be with all of them accepted.
    """
    constraints = state["constraints"]
    records = dict(briefing.records)
    rows: list[dict[str, Any]] = []
    reworked: dict[str, Any] = {}
    for section in touched(state):
        others = {node: record for node, record in records.items() if node != section.node}
        values = effective_values(briefing.context, in_order(others))
        current = changed_briefing(replace(briefing, values=values, records=others), constraints)
        record = dict(records[section.node])
        advice = section.advise(current)
        proposed = {name: item.model_dump() for name, item in advice.recommended.items()}
        for name, value in constraints.items():
            if name in record["fields"] and value is not None:
                proposed[name] = {"value": value, "why": "", "origin": "user", "evidence": []}
        changed = lines(section.node, record["fields"], proposed)
        rows += changed
        fields = {**record["fields"], **{row["field"]: row["new"] for row in changed}}
        decided = section.advise(current.with_answers(section.node, fields))
        records[section.node] = {**record, "fields": fields, "extra": dict(decided.extra)}
        reworked[section.node] = records[section.node]
    return rows, reworked


def lines(node: str, decided: Mapping[str, Any], proposed: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The fields whose new recommendation differs from the decided value."""
    found = []
    for field in fields_of(node):
        item = proposed.get(field.name)
        if item is None or item["value"] == decided.get(field.name):
            continue
        old = decided.get(field.name)
        found.append(
            {
                "node": node,
                "field": field.name,
                "label": field.label,
                "old": old,
                "old_shown": format_value(field, old) if old is not None else "none",
                "new": item["value"],
                "new_shown": format_value(field, item["value"]),
                "why": item["why"],
                "origin": item["origin"],
                "evidence": item["evidence"],
            }
        )
    return found
