"""[Q]: the queries of the sections that a changed constraint touches, and the old design against the new one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..dialogue.briefing import brief, in_order
from ..dialogue.consult import ask_knowledge
from ..dialogue.draft import answered, drafted
from ..dialogue.tools import Tools
from ..facilitation.parsing import format_value
from ..facilitation.parsing.vocabulary import vocabulary
from ..fields import all_fields, fields_of
from ..knowledge.evidence import Query
from ..nodes import AsyncMenuNode
from ..sections.registry import section_of
from ..sections.section import Briefing, Section
from ..state import MenuState
from ..texts import render, text
from ..values import Value, effective_values
from .putting import put_menu, put_other

MENU = "present_menu"

TOUCHED: Mapping[str, tuple[str, ...]] = {
    "sft_examples": ("assess_training_data", "configure_peft", "configure_hyperparameters"),
    "size_limit": ("select_base_model", "configure_peft", "configure_hyperparameters", "choose_infrastructure"),
    "gpu_type": ("configure_peft", "configure_hyperparameters", "choose_infrastructure"),
    "priority": ("configure_peft", "configure_hyperparameters"),
}
"""Which sections a changed value touches."""


CALLED = {"model_size": "size_limit"}
"""A size that the menu changes is the limit and what the user has in mind at once; it is said once."""


def requery(menu: Section, tools: Tools) -> AsyncMenuNode:
    """The node that makes the queries of the touched sections again, with the changed constraints."""

    async def query_again(state: MenuState) -> dict[str, Any]:
        briefing = changed_briefing(brief(state, tools.catalogue, menu.node), state["constraints"])
        asked = {section.node: section.queries(briefing) for section in touched(state)}
        queries = list(dict.fromkeys(query for of_section in asked.values() for query in of_section))
        update = await ask_knowledge(state, menu, tools, queries, "consult")
        return update | {"gathered": {node: brought(update["queries"], own) for node, own in asked.items()}}

    return query_again


def brought(records: Sequence[Mapping[str, Any]], queries: Sequence[Query]) -> list[str]:
    """The labels that a section's own queries brought, in the order of the answers."""
    texts = {query.text for query in queries}
    own = [record for record in records if record["text"] in texts or record["broadened_from"] in texts]
    return list(dict.fromkeys(label for record in own for label in record["evidence"]))


def compare(tools: Tools) -> AsyncMenuNode:
    """The node that holds the new recommendations against what was decided."""

    async def hold_against(state: MenuState) -> dict[str, Any]:
        if state.get("without_evidence"):
            return {"without_evidence": False, "changes": [], **put_menu(text("menu", "nothing_to_compare"))}
        rows, reworked = new_design(state, brief(state, tools.catalogue, MENU))
        constraints = dict(shown_constraint(name, value) for name, value in state["constraints"].items())
        said = render("comparison.md.j2", rows=rows, constraints=constraints)
        if not rows:
            return {"changes": [], **put_menu(said)}
        return {"changes": rows, "reworked": reworked, **put_other("accept", said)}

    return hold_against


def shown_constraint(name: str, value: Any) -> tuple[str, str]:
    """What a changed value is called, and the value as people read it."""
    known = {**vocabulary().constraints, **{field.name: field for fields in all_fields().values() for field in fields}}
    field = known[CALLED.get(name, name)]
    return field.label, format_value(known[name], value)


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
    """Section after section: what the constraints change in the recommendations, each on top of the one before.

    Returns:
        The lines that differ from what was decided, and the records as they would be with all of them accepted.
    """
    constraints = state["constraints"]
    records = dict(briefing.records)
    rows: list[dict[str, Any]] = []
    reworked: dict[str, Any] = {}
    for section in touched(state):
        before = section.advise(at_section(state, briefing, section, briefing.records)).recommended
        current = changed_briefing(at_section(state, briefing, section, records), constraints)
        record = dict(records[section.node])
        advised = section.advise(current).recommended
        proposed = {
            name: item.model_dump()
            for name, item in advised.items()
            if name not in before or item.value != before[name].value
        }
        for name, value in constraints.items():
            if name in record["fields"] and value is not None:
                proposed[name] = {"value": value, "why": "", "origin": "user", "evidence": []}
        changed = lines(section.node, record["fields"], proposed)
        rows += changed
        fields = {**record["fields"], **{row["field"]: row["new"] for row in changed}}
        decided = section.advise(answered(current, section.node, drafted({**record, "fields": fields})))
        records[section.node] = {**record, "fields": fields, "extra": dict(decided.extra)}
        reworked[section.node] = records[section.node]
    return rows, reworked


def at_section(
    state: MenuState, briefing: Briefing, section: Section, records: Mapping[str, Mapping[str, Any]]
) -> Briefing:
    """The briefing as the section would have it, with these records before it and its own evidence."""
    others = {node: record for node, record in records.items() if node != section.node}
    labels = state.get("gathered", {}).get(section.node, [])
    evidence = {label: briefing.evidence[label] for label in labels if label in briefing.evidence}
    values = effective_values(briefing.context, in_order(others))
    return replace(briefing, values=values, records=others, evidence=evidence)


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
                "number": section_of(node).number,
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
