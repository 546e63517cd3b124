"""The six tools: what each is called, takes and answers. Nothing here knows of MCP."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import results
from .knowledge_base import Base, Match
from .terms import clean_text

_ECHOED_CHARACTERS = 500


class InvalidArgumentError(ValueError):
    """A tool was called with an argument that it does not take."""


@dataclass(frozen=True)
class ToolDefinition:
    """One tool of the contract."""

    name: str
    description: str
    text: str
    """The name of its text argument; empty where it has none."""
    limit: int
    maximum: int
    kind: str = ""
    text_required: bool = False
    render: Callable[[Match, Base], dict[str, Any]] = results.found

    @property
    def input_schema(self) -> dict[str, Any]:
        """JSON schema of the arguments."""
        limit = {"type": "integer", "minimum": 1, "maximum": self.maximum, "default": self.limit}
        properties: dict[str, Any] = {"limit": {**limit, "description": "At most so many results."}}
        if self.text:
            described: dict[str, Any] = {"type": "string", "description": _TEXT_DESCRIPTION}
            if not self.text_required:
                described["default"] = ""
            properties = {self.text: described, **properties}
        required = [self.text] if self.text_required else []
        return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


_TEXT_DESCRIPTION = (
    "Free text, as specific as you like: task, method, model size, amount of data, hardware. "
    "Words match independently; the best match comes first."
)
_FIGURES = "Each result carries `figures`: numbers with what they hold for, and where the source states them."

TOOLS: dict[str, ToolDefinition] = {
    tool.name: tool
    for tool in (
        ToolDefinition(
            "search_knowledge",
            f"Search everything that the base holds on fine-tuning language models. {_FIGURES}",
            text="query",
            text_required=True,
            limit=10,
            maximum=100,
        ),
        ToolDefinition(
            "get_decisions",
            f"Decisions with options and recommended approach, disagreements of sources, base models. {_FIGURES}",
            text="topic",
            limit=100,
            maximum=500,
            kind="decision",
            render=results.decision,
        ),
        ToolDefinition(
            "get_patterns",
            f"Proven recipes and configurations: problem, solution, context and trade-offs. {_FIGURES}",
            text="topic",
            limit=100,
            maximum=500,
            kind="pattern",
            render=results.pattern,
        ),
        ToolDefinition(
            "get_warnings",
            f"What goes wrong: symptoms, consequences and prevention. {_FIGURES}",
            text="topic",
            limit=100,
            maximum=500,
            kind="warning",
            render=results.warning,
        ),
        ToolDefinition(
            "get_methodologies",
            f"Procedures with steps, prerequisites and outputs. {_FIGURES}",
            text="topic",
            limit=100,
            maximum=500,
            kind="methodology",
            render=results.methodology,
        ),
        ToolDefinition(
            "list_sources",
            "The bibliography, with how many entries of each kind cite a source.",
            text="",
            limit=100,
            maximum=500,
        ),
    )
}


def call(base: Base, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Answer one call.

    Args:
        base: What is searched.
        name: One of `TOOLS`.
        arguments: As the tool's input schema says.

    Returns:
        `{"results": [...], "metadata": {...}}`, plain JSON.

    Raises:
        InvalidArgumentError: Unknown tool, unknown, missing or out-of-range argument; the message says what is taken.
    """
    started = time.perf_counter()
    tool = TOOLS.get(name)
    if tool is None:
        raise InvalidArgumentError(f"there is no tool '{clean_text(name)[:80]}'; there are {', '.join(TOOLS)}")
    text, limit = _checked(tool, arguments)
    if not tool.text:
        answered = [results.source(item, base) for item in list(base.sources.values())[:limit]]
        cited = [item["title"] for item in answered]
    else:
        matches = base.search(text, kinds=[tool.kind] if tool.kind else (), limit=limit)
        answered = [tool.render(match, base) for match in matches]
        cited = results.titles(answered)
    return {
        "results": answered,
        "metadata": {
            "query": clean_text(text[:_ECHOED_CHARACTERS]),
            "sources_cited": cited,
            "result_count": len(answered),
            "search_type": "bm25" if text.strip() else "list",
            "latency_ms": round((time.perf_counter() - started) * 1000, 2),
        },
    }


def _checked(tool: ToolDefinition, arguments: dict[str, Any]) -> tuple[str, int]:
    taken = [name for name in (tool.text, "limit") if name]
    if unknown := [name for name in arguments if name not in taken]:
        names = ", ".join(f"'{clean_text(name)[:80]}'" for name in unknown[:5])
        raise InvalidArgumentError(f"{tool.name} does not take {names}; it takes {' and '.join(taken)}")
    given = {name: value for name, value in arguments.items() if value is not None}
    limit = given.get("limit", tool.limit)
    if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= tool.maximum:
        raise InvalidArgumentError(f"limit must be a whole number from 1 to {tool.maximum}")
    text = given.get(tool.text, "") if tool.text else ""
    if not isinstance(text, str):
        raise InvalidArgumentError(f"{tool.text} must be text")
    if tool.text_required and not text.strip():
        raise InvalidArgumentError(f"{tool.text} is required: say what to search for")
    return text, limit
