"""Consult: a section's queries, all at once; what they bring is kept once and cited by label."""

from collections.abc import Iterable
from typing import Any

from langgraph.config import get_stream_writer

from ..knowledge.errors import KnowledgeUnavailable
from ..knowledge.evidence import Answer, Query
from ..nodes import AsyncSectionNode
from ..sections.section import Section
from ..state import SectionState
from .briefing import brief
from .tools import Tools


def consult(section: Section, tools: Tools) -> AsyncSectionNode:
    """The node that makes the section's queries."""

    async def consult_knowledge(state: SectionState) -> dict[str, Any]:
        briefing = brief(state, tools.catalogue, section.node)
        return await ask_knowledge(state, section, tools, section.queries(briefing), "consult")

    return consult_knowledge


async def ask_knowledge(
    state: SectionState, section: Section, tools: Tools, queries: list[Query], asked_in: str
) -> dict[str, Any]:
    """Make queries and label what they bring; a knowledge base that fails leaves its reason in the state."""
    if not queries:
        return {"failure": ""}
    announce({"event": "consulting", "section": section.number, "queries": [query.model_dump() for query in queries]})
    try:
        answers = await tools.knowledge.consult(queries)
    except KnowledgeUnavailable as error:
        failed = [record(section.node, Answer(query=query), [], "failed") for query in queries]
        return {"failure": str(error), "failed_in": asked_in, "queries": failed}
    announce({"event": "consulted", "results": sum(len(answer.results) for answer in answers)})
    return {"failure": "", **labelled(section.node, answers, state.get("evidence_order", []))}


def labelled(node: str, answers: Iterable[Answer], order: list[str]) -> dict[str, Any]:
    """Give every result its label, the one that it has already where an earlier query brought it."""
    known = list(order)
    evidence: dict[str, Any] = {}
    queries = []
    for answer in answers:
        labels = []
        for result in answer.results:
            if result.id not in known:
                known.append(result.id)
            label = f"K{known.index(result.id) + 1}"
            labels.append(label)
            evidence[label] = result.model_dump(mode="json", exclude_none=True)
        queries.append(record(node, answer, labels, "answered" if labels else "empty"))
    return {"evidence": evidence, "evidence_order": known, "queries": queries}


def record(node: str, answer: Answer, labels: list[str], status: str) -> dict[str, Any]:
    """One query as the run remembers it."""
    return {
        "node": node,
        "tool": answer.query.tool,
        "text": answer.query.text,
        "status": status,
        "evidence": labels,
        "broadened_from": answer.broadened_from.text if answer.broadened_from else "",
    }


def announce(event: dict[str, Any]) -> None:
    """Tell whoever streams the graph what is going on."""
    get_stream_writer()(event)
