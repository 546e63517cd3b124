"""How one server's tool wants to be asked, and what to ask when the first question brings nothing."""

from collections.abc import Iterator, Mapping
from typing import Any

from .cleaning import clean_line
from .errors import CallFailed
from .evidence import Query

QUERY_LIMIT = 1000
"""Characters of one query's text."""
TAG = "fine-tuning"
"""The topic that servers which match tags only know."""

_TEXT_NAMES = ("topic", "query", "text", "question", "search", "q")
_LINKING_WORDS = frozenset({"a", "and", "for", "in", "of", "or", "the", "to", "vs", "with"})


def tool_arguments(query: Query, schema: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a call, under the names and within the bounds of the tool's own input schema.

    Raises:
        CallFailed: The tool takes no text.
    """
    properties = schema.get("properties")
    properties = properties if isinstance(properties, Mapping) else {}
    arguments: dict[str, Any] = {}
    if query.tool != "list_sources":
        required = schema.get("required")
        name = _text_name(query, properties, required if isinstance(required, list) else [])
        arguments[name] = clean_line(query.text, QUERY_LIMIT)
    if "limit" in properties:
        arguments["limit"] = _within(query.limit, properties["limit"])
    return arguments


def _text_name(query: Query, properties: Mapping[str, Any], required: list[Any]) -> str:
    usual = "query" if query.tool == "search_knowledge" else "topic"
    if not properties:
        return usual
    texts = [name for name, definition in properties.items() if "string" in _types(definition)]
    for name in (usual, *_TEXT_NAMES):
        if name in texts:
            return name
    demanded = [name for name in texts if name in required] or texts
    if len(demanded) == 1:
        return demanded[0]
    raise CallFailed(f"its tool {query.tool} takes no topic or query; choose another server", final=True)


def _types(definition: Any) -> set[str]:
    return {kind for part in _alternatives(definition) for kind in _listed(part.get("type"))}


def _alternatives(definition: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(definition, Mapping):
        yield definition
        for key in ("anyOf", "oneOf", "allOf"):
            parts = definition.get(key)
            for part in parts if isinstance(parts, list) else []:
                yield from _alternatives(part)


def _listed(kind: Any) -> list[str]:
    return [item for item in (kind if isinstance(kind, list) else [kind]) if isinstance(item, str)]


def _within(limit: int, definition: Any) -> int:
    for part in _alternatives(definition):
        if isinstance(most := part.get("maximum"), int):
            limit = min(limit, most)
        if isinstance(least := part.get("minimum"), int):
            limit = max(limit, least)
    return limit


def broader_queries(query: Query) -> list[Query]:
    """What to ask, in turn, when a query came back empty: the method's own words, then a single tag.

    Free-text search stops at the method's words; the other tools may match tags only.
    """
    if query.tool == "list_sources":
        return []
    texts = [query.broader or _leading_words(query.text)]
    if query.tool != "search_knowledge":
        texts.append(TAG)
    different = [text for text in dict.fromkeys(texts) if text and text.casefold() != query.text.casefold()]
    return [Query(tool=query.tool, text=text, limit=query.limit) for text in different]


def _leading_words(text: str) -> str:
    words = [word for word in text.split() if word.casefold() not in _LINKING_WORDS]
    return " ".join(words[:2])
