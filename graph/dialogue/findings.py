"""Raising findings without a model: what can be compared is compared."""

from collections.abc import Mapping
from typing import Any

from ..findings import Finding, Ground
from ..project.contradictions import contradictions
from ..project.facts import Fact
from ..sections.section import Advice, Briefing, Section
from ..texts import text

ANSWERED_BY: Mapping[str, str] = {
    "data_volume": "sft_examples",
}
"""Facts that a section asks for under another name."""


def raise_findings(section: Section, briefing: Briefing, advice: Advice) -> dict[str, Finding]:
    """The findings that matter in this section and were not raised before, by id."""
    names = {field.name for field in section.fields(briefing)}
    found: list[Finding] = []
    for name, facts in contradictions(briefing.context.facts):
        if name in names or ANSWERED_BY.get(name) in names:
            grounds = [Ground(source=fact.source, passage=fact.passage) for fact in facts]
            values = "; ".join(f"{fact.source}: {fact.value}" for fact in facts)
            title = text("findings", "documents_title", name=name.replace("_", " "))
            detail = text("findings", "documents_detail", values=values)
            found.append(_finding(f"contradiction:{name}", "contradiction", section, title, detail, grounds))
    for risk in advice.risks:
        grounds = [Ground(source=label) for label in risk.evidence]
        found.append(_finding(f"risk:{risk.key}", "risk", section, risk.title, risk.detail, grounds))
    return numbered(found, briefing.findings)


def answer_findings(section: Section, briefing: Briefing, fields: Mapping[str, Any]) -> dict[str, Finding]:
    """The findings that the user's answers bring: where they differ from what a document says."""
    found = []
    for name, facts in briefing.context.facts.items():
        value = fields.get(ANSWERED_BY.get(name, name), fields.get(name))
        different = [fact for fact in facts if value is not None and disagree(fact, value)]
        if different:
            grounds = [Ground(source=fact.source, passage=fact.passage) for fact in different]
            grounds.append(Ground(source=f"answer:{section.node}", passage=str(value)))
            title = text("findings", "answer_title", name=name.replace("_", " "))
            sources = ", ".join(sorted({f"{fact.source} ({fact.value})" for fact in different}))
            detail = text("findings", "answer_detail", value=value, sources=sources)
            found.append(_finding(f"answer:{name}:{section.node}", "contradiction", section, title, detail, grounds))
    return numbered(found, briefing.findings)


def disagree(fact: Fact, value: Any) -> bool:
    """Whether a document's value and an answer cannot both hold."""
    answered = fact.model_copy(update={"value": value, "source": "answer", "passage": str(value), "line": 0})
    return bool(contradictions({fact.name: [fact, answered]}))


def numbered(found: list[Finding], known: Mapping[str, Finding]) -> dict[str, Finding]:
    """Give new findings their ids; one that is known by its key is not raised again."""
    keys = {item.key for item in known.values()}
    fresh: dict[str, Finding] = {}
    for item in found:
        if item.key not in keys:
            keys.add(item.key)
            item.id = f"F{len(known) + len(fresh) + 1}"
            fresh[item.id] = item
    return fresh


def _finding(key: str, kind: Any, section: Section, title: str, detail: str, grounds: list[Ground]) -> Finding:
    return Finding(id="", key=key, kind=kind, node=section.node, title=title, detail=detail, grounds=grounds)
