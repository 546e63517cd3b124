"""Settle: the confirmed draft becomes the section's record."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..findings import Finding
from ..interrupts import Recommendation
from ..nodes import AsyncSectionNode
from ..sections.section import Advice, Briefing, Section
from ..state import SectionState
from ..texts import render
from .briefing import brief
from .draft import answered, left_open, origins_of
from .findings import answer_findings, raise_findings, settled_by_answer
from .tools import Tools

WITHDRAWN: Mapping[str, Any] = {"fields": {}, "origins": {}, "confirmed": False}
"""The record of a section that is no longer on the way; a removed one would come back from the step's own state."""


def settle(section: Section, tools: Tools) -> AsyncSectionNode:
    """The node that records what the user confirmed, with its origins and what it depended on."""

    async def record_decision(state: SectionState) -> dict[str, Any]:
        briefing = brief(state, tools.catalogue, section.node)
        fields = section.fields(answered(briefing, section.node, state["draft"]))
        names = [field.name for field in fields]
        settled = {name: state["draft"][name] for name in names if name in state["draft"]}
        decided = answered(briefing, section.node, settled)
        draft = {name: settled.get(name) for name in names}
        advice = section.advise(decided)
        found = findings_of(section, state, briefing, draft, advice)
        update: dict[str, Any] = {
            "sections": {section.node: record_of(section, state, briefing, draft, advice)},
            "findings": {key: item.model_dump() for key, item in found.items()},
            "announcement": announced(list(found.values())),
            "outcome": "settled",
            "goto": "",
        }
        if state.get("revisit") == section.node:
            update["revisit"] = ""
        consequences = section.consequences(briefing, draft)
        others = {node: record or WITHDRAWN for node, record in consequences.pop("sections", {}).items()}
        sections = {**update["sections"], **others}
        return update | consequences | {"sections": sections}

    return record_decision


def record_of(
    section: Section, state: SectionState, briefing: Briefing, draft: Mapping[str, Any], advice: Advice
) -> dict[str, Any]:
    """What later sections, the files and another visit need of the decision."""
    recommended = {name: Recommendation.model_validate(item) for name, item in state.get("recommended", {}).items()}
    taken = {name: item for name, item in recommended.items() if draft.get(name) == item.value}
    by_user = [name for name in state.get("by_user", []) if name in draft]
    defaulted = [name for name in state.get("defaulted", []) if name in draft]
    open_names = [name for name in left_open(state["draft"]) if name in draft]
    return {
        "fields": dict(draft),
        "origins": origins_of(draft, by_user, recommended, defaulted),
        "reasons": {name: item.why for name, item in taken.items()},
        "evidence": {name: item.evidence for name, item in taken.items() if item.evidence},
        "inputs": section.inputs(briefing),
        "extra": dict(advice.extra),
        "confirmed": True,
        "without_evidence": bool(state.get("without_evidence")),
        **({"open": open_names} if open_names else {}),
    }


def findings_of(
    section: Section, state: SectionState, briefing: Briefing, draft: Mapping[str, Any], advice: Advice
) -> dict[str, Finding]:
    """What the answers settle, and what they bring up."""
    told = {name: draft[name] for name in state.get("by_user", []) if draft.get(name) is not None}
    found = settled_by_answer(briefing, told)
    seen = replace(briefing, findings={**briefing.findings, **found})
    found |= answer_findings(section, seen, told, draft)
    seen = replace(briefing, findings={**briefing.findings, **found})
    return found | raise_findings(section, seen, Advice(risks=advice.risks))


def announced(findings: list[Finding]) -> str:
    """What the next question begins with, so that no finding is raised behind the user's back."""
    return render("noted.md.j2", findings=findings) if findings else ""
