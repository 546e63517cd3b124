"""Settle: the confirmed draft becomes the section's record."""

from dataclasses import replace
from typing import Any

from ..findings import Finding
from ..interrupts import Recommendation
from ..nodes import AsyncSectionNode
from ..sections.section import Advice, Section
from ..state import SectionState
from .briefing import brief
from .draft import origins_of
from .findings import answer_findings, raise_findings
from .tools import Tools


def settle(section: Section, tools: Tools) -> AsyncSectionNode:
    """The node that records what the user confirmed, with its origins and what it depended on."""

    async def record_decision(state: SectionState) -> dict[str, Any]:
        briefing = brief(state, tools.catalogue, section.node)
        fields = section.fields(briefing.with_answers(section.node, state["draft"]))
        names = [field.name for field in fields]
        draft = {name: state["draft"].get(name) for name in names}
        recommended = {name: Recommendation.model_validate(item) for name, item in state.get("recommended", {}).items()}
        by_user = [name for name in state.get("by_user", []) if name in names]
        defaulted = [name for name in state.get("defaulted", []) if name in names]
        raised = answer_findings(section, briefing, {name: draft[name] for name in by_user})
        decided = briefing.with_answers(section.node, draft)
        advice = section.advise(decided)
        seen = replace(briefing, findings={**briefing.findings, **raised})
        raised |= raise_findings(section, seen, Advice(risks=advice.risks))
        record = {
            "fields": draft,
            "origins": origins_of(draft, by_user, recommended, defaulted),
            "reasons": {name: item.why for name, item in recommended.items() if draft.get(name) == item.value},
            "evidence": {name: item.evidence for name, item in recommended.items() if item.evidence},
            "inputs": section.inputs(briefing),
            "extra": dict(advice.extra),
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
