"""Settle: the confirmed draft becomes the section's record."""

from typing import Any

from ..findings import Finding
from ..interrupts import Recommendation
from ..sections.section import Section
from ..state import SectionState
from .briefing import brief
from .consult import Node
from .draft import origins_of
from .findings import answer_findings
from .tools import Tools


def settle(section: Section, tools: Tools) -> Node:
    """The node that records what the user confirmed, with its origins and what it depended on."""

    async def record_decision(state: SectionState) -> dict[str, Any]:
        briefing = brief(state, tools.catalogue)
        own_excluded = brief(state, tools.catalogue, revisited=section.node)
        fields = section.fields(briefing.with_answers(section.node, state["draft"]))
        names = [field.name for field in fields]
        draft = {name: state["draft"].get(name) for name in names}
        recommended = {
            name: Recommendation.model_validate(item) for name, item in state.get("recommended", {}).items()
        }
        by_user = [name for name in state.get("by_user", []) if name in names]
        defaulted = [name for name in state.get("defaulted", []) if name in names]
        told = {name: draft[name] for name in by_user}
        raised = answer_findings(section, briefing, told)
        record = {
            "fields": draft,
            "origins": origins_of(draft, by_user, recommended, defaulted),
            "reasons": {name: item.why for name, item in recommended.items() if draft.get(name) == item.value},
            "evidence": {name: item.evidence for name, item in recommended.items() if item.evidence},
            "inputs": section.inputs(own_excluded),
            "extra": state.get("extra", {}),
            "confirmed": True,
            "without_evidence": bool(state.get("without_evidence")),
        }
        update: dict[str, Any] = {
            "sections": {section.node: record},
            "findings": dumped(raised),
            "outcome": "settled",
            "goto": "",
        }
        if state.get("revisit") == section.node:
            update["revisit"] = ""
        consequences = section.consequences(briefing, draft)
        sections = {**update["sections"], **consequences.pop("sections", {})}
        return update | consequences | {"sections": sections}

    return record_decision


def dumped(findings: dict[str, Finding]) -> dict[str, Any]:
    """Findings as plain JSON, by id."""
    return {key: item.model_dump() for key, item in findings.items()}

