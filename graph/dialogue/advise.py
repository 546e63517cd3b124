"""Advise: reasons first, then the recommendation; findings are raised where they matter."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..findings import Finding
from ..nodes import AsyncSectionNode
from ..sections.section import Advice, Briefing, Section
from ..state import SectionState
from .ask import with_draft
from .briefing import brief
from .consult import announce
from .draft import answered, drafted
from .findings import numbered, raise_findings
from .tools import Tools
from .turns import begin, left_by, tell


def advise(section: Section, tools: Tools) -> AsyncSectionNode:
    """The node that works out the section's advice and words it."""

    async def give_advice(state: SectionState) -> dict[str, Any]:
        briefing = brief(state, tools.catalogue, section.node)
        draft = earlier_draft(state, section)
        origins = state.get("sections", {}).get(section.node, {}).get("origins", {})
        by_user = [name for name in draft if origins.get(name) == "user"]
        advice = advice_beside(section, briefing, {name: draft[name] for name in by_user})
        raised = raise_findings(section, briefing, advice)
        seen = replace(briefing, findings={**briefing.findings, **raised})
        turn = begin(section, state, seen)
        if section.asks:
            read = await tools.facilitator.read_critically(section, seen, advice, turn)
            raised |= numbered(read, seen.findings)
        findings = {**briefing.findings, **raised}
        turn.briefing = replace(briefing, findings=findings)
        inputs = section.inputs(briefing)
        changed = changed_inputs(state, section, inputs)
        fields = section.fields(answered(briefing, section.node, draft))
        standing = with_draft(advice.recommended, draft, fields, by_user=by_user)
        shown = replace(advice, recommended={**advice.recommended, **standing})
        message = await tools.facilitator.advise(section, briefing, shown, shown_in(section, findings), changed, turn)
        tell(turn)
        message = "\n\n".join(part for part in (state.get("announcement", ""), message) if part)
        update: dict[str, Any] = {
            "advice": message,
            "recommended": {name: item.model_dump() for name, item in advice.recommended.items()},
            "findings": {key: item.model_dump() for key, item in raised.items()},
            "announcement": "",
            "draft": draft,
            "by_user": by_user,
            **left_by(turn, state.get("evidence_order", [])),
        }
        if not section.asks:
            announce({"event": "message", "text": message})
            update |= {"announcement": message, "sections": {section.node: silent_record(inputs, advice)}}
        return update

    return give_advice


def advice_beside(section: Section, briefing: Briefing, told: Mapping[str, Any]) -> Advice:
    """The advice of a section that asks again: what is recommended beside the user's own values follows them."""
    advice = section.advise(briefing)
    if not told:
        return advice
    following = section.advise(answered(briefing, section.node, told))
    own = {name: item for name, item in advice.recommended.items() if name in told}
    return replace(following, recommended={**following.recommended, **own})


def silent_record(inputs: dict[str, Any], advice: Advice) -> dict[str, Any]:
    """The record of a section that asks nothing."""
    return {"fields": {}, "origins": {}, "inputs": inputs, "extra": dict(advice.extra), "confirmed": True}


def shown_in(section: Section, findings: dict[str, Finding]) -> list[Finding]:
    """The findings that the section shows: those raised in it and still open."""
    return [item for item in findings.values() if item.node == section.node and item.status == "open"]


def changed_inputs(state: SectionState, section: Section, inputs: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What has changed since the section was confirmed: old and new value by name."""
    earlier = state.get("sections", {}).get(section.node, {}).get("inputs", {})
    if not earlier:
        return {}
    return {name: (earlier.get(name), value) for name, value in inputs.items() if earlier.get(name) != value}


def earlier_draft(state: SectionState, section: Section) -> dict[str, Any]:
    """What the user decided before is what a visit that they asked for starts from.

    A section that is asked again because its inputs have changed, or that was left before it was confirmed, keeps only
    what they had said themselves.
    """
    record = state.get("sections", {}).get(section.node, {})
    if record.get("confirmed") and state.get("revisit") == section.node:
        return drafted(record)
    origins = record.get("origins", {})
    return {name: value for name, value in drafted(record).items() if origins.get(name) == "user"}
