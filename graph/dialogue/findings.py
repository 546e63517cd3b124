"""Raising findings without a model: what can be compared is compared."""

import re
from collections.abc import Mapping
from typing import Any

from ..facilitation.parsing import format_value
from ..fields import all_fields
from ..findings import Finding, Ground
from ..planning.gpus import gpu
from ..project.contradictions import contradictions
from ..project.facts import Fact
from ..sections.section import Advice, Briefing, Section
from ..texts import text

ANSWERED_BY: Mapping[str, str] = {
    "data_volume": "sft_examples",
}
"""Facts that a section asks for under another name."""

SAME_FACT: Mapping[str, str] = {"data_volume": "sft_examples", "compute": "gpu_type"}
"""What is asked for roughly in one section and precisely in a later one."""

_BESIDE_THE_NAME = re.compile(r"\b\d+\s*[x×]|\b\d+(?:\.\d+)?\s*gi?b\b", re.IGNORECASE)


def raise_findings(section: Section, briefing: Briefing, advice: Advice) -> dict[str, Finding]:
    """The findings that matter in this section and were not raised before, by id."""
    names = {field.name for field in section.fields(briefing)}
    found: list[Finding] = []
    for name, facts in contradictions(briefing.context.facts):
        if name in names or ANSWERED_BY.get(name) in names:
            grounds = [Ground(source=fact.source, passage=fact.passage) for fact in facts]
            values = "; ".join(f"{fact.source}: {said_as(name, fact.value)}" for fact in facts)
            title = text("findings", "documents_title", name=name.replace("_", " "))
            detail = text("findings", "documents_detail", values=values)
            found.append(_finding(f"contradiction:{name}", "contradiction", section, title, detail, grounds))
    for risk in advice.risks:
        grounds = [Ground(source=label) for label in risk.evidence]
        raised = _finding(f"risk:{risk.key}", risk.kind, section, risk.title, risk.detail, grounds)
        found.append(raised.model_copy(update={"owner": risk.owner}))
    return numbered(found, briefing.findings)


def answer_findings(
    section: Section, briefing: Briefing, told: Mapping[str, Any], decided: Mapping[str, Any]
) -> dict[str, Finding]:
    """The findings that answers bring: where they differ from a document, or from an earlier answer on the same matter.

    Args:
        section: Where the answers were given.
        briefing: What held before.
        told: What the user said themselves.
        decided: Everything that the section settles.
    """
    found = [*different_from_documents(section, briefing, told), *different_from_answers(section, briefing, decided)]
    return numbered(found, briefing.findings)


def different_from_documents(section: Section, briefing: Briefing, told: Mapping[str, Any]) -> list[Finding]:
    """One finding for each answer that no document bears out although one speaks of the matter."""
    found = []
    known = {item.key for item in briefing.findings.values()}
    for name, facts in briefing.context.facts.items():
        value = told.get(ANSWERED_BY.get(name, name), told.get(name))
        different = [fact for fact in facts if value is not None and disagree(fact, value)]
        if not different or (f"contradiction:{name}" in known and len(different) < len(facts)):
            continue
        grounds = [Ground(source=fact.source, passage=fact.passage) for fact in different]
        grounds.append(Ground(source=f"answer:{section.node}", passage=str(value)))
        title = text("findings", "answer_title", name=name.replace("_", " "))
        sources = ", ".join(sorted({f"{fact.source} ({said_as(name, fact.value)})" for fact in different}))
        detail = text("findings", "answer_detail", value=said_as(name, value), sources=sources)
        found.append(_finding(f"answer:{name}:{section.node}", "contradiction", section, title, detail, grounds))
    return found


def different_from_answers(section: Section, briefing: Briefing, decided: Mapping[str, Any]) -> list[Finding]:
    """One finding for each fact that an earlier section holds otherwise; the later and more precise one wins."""
    found = []
    for earlier, later in SAME_FACT.items():
        before, now = briefing.get(earlier), decided.get(later)
        held = briefing.values.get(earlier)
        if before is None or now is None or held is None or held.origin != "user" or _same(earlier, before, now):
            continue
        grounds = [
            Ground(source=f"answer:{held.node}", passage=str(before)),
            Ground(source=f"answer:{section.node}", passage=str(now)),
        ]
        title = text("findings", "earlier_title", name=earlier.replace("_", " "))
        detail = text("findings", "earlier_detail", before=said_as(earlier, before), now=said_as(later, now))
        found.append(_finding(f"earlier:{earlier}", "contradiction", section, title, detail, grounds))
    return found


def _same(name: str, before: Any, now: Any) -> bool:
    """Counts must be equal; a GPU must be named in the line that speaks of the compute."""
    if name == "data_volume":
        return bool(before == now)
    named = gpu(str(before)) or gpu(_BESIDE_THE_NAME.sub(" ", str(before)).strip())
    chosen = gpu(str(now))
    return named is None or chosen is None or named.name == chosen.name


def settled_by_answer(briefing: Briefing, told: Mapping[str, Any]) -> dict[str, Finding]:
    """Contradictions between documents that the user has just decided by naming what holds."""
    settled = {}
    for finding in briefing.findings.values():
        name = finding.key.removeprefix("contradiction:")
        value = told.get(ANSWERED_BY.get(name, name), told.get(name))
        if finding.status != "open" or name == finding.key or value is None:
            continue
        words = text("findings", "settled_by_answer", value=said_as(name, value))
        settled[finding.id] = finding.model_copy(update={"status": "settled", "settlement": words})
    return settled


def said_as(name: str, value: Any) -> str:
    """A value as people read it."""
    field = next((field for fields in all_fields().values() for field in fields if field.name == name), None)
    return format_value(field, value) if field is not None else str(value)


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
