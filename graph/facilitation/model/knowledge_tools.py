"""The knowledge base as tools that the model may call when a question needs more."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, get_args

from langchain_core.messages import ToolCall, ToolMessage

from ...knowledge.errors import KnowledgeUnavailable
from ...knowledge.evidence import Answer, Query, Tool
from ..parsing.text import one_line
from ..turn import Turn
from .material import evidence_block

MOST_QUERIES = 4
"""Queries that the model may make for one question."""

_RESULTS = 4
_TEXT_LIMIT = 300
_ABOUT: Mapping[str, str] = {
    "search_knowledge": "Search the knowledge base for anything about fine-tuning.",
    "get_decisions": "Decisions and their trade-offs on a topic.",
    "get_patterns": "Configuration patterns on a topic.",
    "get_warnings": "Warnings and pitfalls on a topic.",
    "get_methodologies": "Methodologies on a topic.",
}


class KnowledgeBase(Protocol):
    """Anything that answers knowledge queries."""

    async def consult(self, queries: Sequence[Query]) -> list[Answer]:
        """Answer all queries, or raise `KnowledgeUnavailable`."""
        ...


def definitions() -> list[dict[str, Any]]:
    """The tools as models are told of them."""
    return [
        {
            "type": "function",
            "function": {
                "name": name,
                "description": about,
                "parameters": {
                    "type": "object",
                    "properties": {"text": {"type": "string", "description": "A few technical words."}},
                    "required": ["text"],
                },
            },
        }
        for name, about in _ABOUT.items()
    ]


async def carry_out(call: ToolCall, turn: Turn, knowledge: KnowledgeBase) -> ToolMessage:
    """Make the query that the model asks for; what it brings is recorded with the turn and labelled as ever."""
    content, failed = await _result(call, turn, knowledge)
    return ToolMessage(content, tool_call_id=call["id"] or "", status="error" if failed else "success")


async def _result(call: ToolCall, turn: Turn, knowledge: KnowledgeBase) -> tuple[str, bool]:
    said = call["args"].get("text") if isinstance(call["args"], dict) else None
    if (
        call["name"] not in _ABOUT
        or call["name"] not in get_args(Tool)
        or not isinstance(said, str)
        or not said.strip()
    ):
        return "There is no such tool, or its text is missing.", True
    if len(turn.answers) >= MOST_QUERIES:
        return f"No more than {MOST_QUERIES} queries; answer from what you have.", True
    query = Query(tool=call["name"], text=one_line(said)[:_TEXT_LIMIT], limit=_RESULTS)
    turn.emit({"event": "consulting", "section": turn.section.number, "queries": [query.model_dump()]})
    try:
        answers = await knowledge.consult([query])
    except KnowledgeUnavailable:
        return "The knowledge base is not available now.", True
    turn.answers += answers
    turn.emit({"event": "consulted", "results": sum(len(answer.results) for answer in answers)})
    blocks = [evidence_block(turn.label(item.id), item) for answer in answers for item in answer.results]
    shown = "\n\n".join(f"<<<{block.mark} {block.title}\n{block.text}\n{block.mark}>>>" for block in blocks)
    return shown or "Nothing found.", False
