"""Answer: a free question, from the knowledge base, with citations; then the pending question again."""

from typing import Any

from ..knowledge.evidence import Evidence, Query
from ..nodes import AsyncSectionNode
from ..sections.section import Section
from ..state import SectionState
from .ask import pending_question
from .briefing import brief
from .consult import ask_knowledge
from .tools import Tools
from .turns import begin, left_by
from .why import known_reasons
from .wording import put_again

RESULTS = 4


def answer(section: Section, tools: Tools) -> AsyncSectionNode:
    """The node that answers what the user asked."""

    async def answer_question(state: SectionState) -> dict[str, Any]:
        asked = state["user_question"]
        query = Query(tool="search_knowledge", text=asked[:400], limit=RESULTS)
        update = await ask_knowledge(state, section, tools, [query], "answer")
        if update["failure"]:
            return update
        evidence = {label: Evidence.model_validate(item) for label, item in update.get("evidence", {}).items()}
        briefing = brief(state, tools.catalogue, section.node)
        question = pending_question(section, {**state, "notice": ""}, briefing)
        order = update.get("evidence_order", state.get("evidence_order", []))
        turn = begin(section, state, briefing, order)
        known = known_reasons(section, state, briefing, asked)
        said = await tools.facilitator.answer(asked, question, evidence, turn)
        return together(update, left_by(turn, order)) | {
            "outcome": "ask",
            "notice": "\n\n".join(part for part in (known, said, put_again(question, state)) if part),
        }

    return answer_question


def together(update: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """Both updates; what the facilitator asked itself comes behind the mandatory query."""
    merged = {**update, **more}
    if "queries" in update and "queries" in more:
        merged["queries"] = [*update["queries"], *more["queries"]]
        merged["evidence"] = {**update.get("evidence", {}), **more["evidence"]}
    return merged
