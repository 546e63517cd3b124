"""Answers of any knowledge server made into evidence; lenient towards what is missing, null or unknown."""

import hashlib
import math
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from .cleaning import clean_line, clean_text, shorten
from .evidence import Answer, Evidence, Figure, Query

RESULT_LIMIT = 8
"""Results kept of one answer; servers return up to hundreds."""
TEXT_LIMIT = 2000
_FIGURE_LIMIT = 40
_LIST_LIMIT = 40
_PROVENANCES = ("seen", "quoted", "recalled")
_TITLES = ("title", "question", "name", "source_title")

_KINDS = {
    "get_decisions": "decision",
    "get_patterns": "pattern",
    "get_warnings": "warning",
    "get_methodologies": "methodology",
    "list_sources": "source",
}
_LAYOUTS: dict[str, tuple[tuple[str, str], ...]] = {
    "decision": (
        ("Question", "question"),
        ("Options", "options"),
        ("Considerations", "considerations"),
        ("Recommended approach", "recommended_approach"),
    ),
    "pattern": (
        ("Problem", "problem"),
        ("Solution", "solution"),
        ("Context", "context"),
        ("Trade-offs", "trade_offs"),
        ("Example", "code_example"),
    ),
    "warning": (
        ("", "description"),
        ("Symptoms", "symptoms"),
        ("Consequences", "consequences"),
        ("Prevention", "prevention"),
    ),
    "methodology": (("Prerequisites", "prerequisites"), ("Steps", "steps"), ("Outputs", "outputs")),
    "source": (("Authors", "authors"), ("Type", "type"), ("Holds", "extraction_counts")),
}


def read_results(query: Query, payload: Mapping[str, Any], limit: int = RESULT_LIMIT) -> Answer:
    """Make the JSON object that a tool returned into an answer.

    Args:
        query: What was asked.
        payload: The object with `results` and, perhaps, `metadata`.
        limit: Most results to keep, in the server's order.
    """
    kept: dict[str, Evidence] = {}
    results = payload.get("results") or []
    for result in results:
        if len(kept) == limit:
            break
        evidence = _evidence(query.tool, result)
        if evidence:
            kept.setdefault(evidence.id, evidence)
    return Answer(query=query, results=list(kept.values()), metadata=_metadata(payload.get("metadata"), len(results)))


def _evidence(tool: str, result: Any) -> Evidence | None:
    fields: Mapping[str, Any] = {"content": result} if isinstance(result, str) else result
    if not isinstance(fields, Mapping):
        return None
    kind = _KINDS.get(tool) or clean_line(fields.get("type"), 40) or "extraction"
    text = _text(kind, fields)
    title = next((line for key in _TITLES if (line := clean_line(fields.get(key)))), "")
    if not text and not title:
        return None
    source = fields.get("source")
    source = source if isinstance(source, Mapping) else {"title": source}
    title = title or clean_line(source.get("title")) or shorten(text.partition("\n")[0], 80)
    return Evidence(
        id=clean_line(fields.get("id"), 200) or _content_id(kind, title, text),
        kind=kind,
        title=title,
        text=text or title,
        source_id=clean_line(fields.get("source_id"), 200) or clean_line(source.get("source_id"), 200),
        source_title=clean_line(fields.get("source_title")) or clean_line(source.get("title")),
        locator=_locator(fields, source),
        url=_url(fields.get("url")) or _url(source.get("url")),
        provenance=next((p for p in (fields.get("provenance"), source.get("provenance")) if p in _PROVENANCES), ""),
        score=_number(fields.get("score")),
        figures=read_figures(fields.get("figures")),
    )


def _text(kind: str, fields: Mapping[str, Any]) -> str:
    parts = [
        part
        for label, key in _LAYOUTS.get(kind, ())
        if (part := _part(label, fields.get(key), _numbered if key == "steps" else _bulleted))
    ]
    if not parts:
        parts = [
            text for key in ("content", "description", "text") if (text := clean_text(fields.get(key), TEXT_LIMIT))
        ]
        parts = parts[:1]
    joined = "\n".join(parts)
    if len(joined) > TEXT_LIMIT and len(parts) > 1:
        joined = "\n".join(shorten(part, TEXT_LIMIT // len(parts)) for part in parts)
    return shorten(joined, TEXT_LIMIT)


def _part(label: str, value: Any, listed: Callable[[list[str]], str]) -> str:
    if isinstance(value, Mapping):
        value = [f"{key}: {text}" for key, item in value.items() if (text := clean_line(item))]
    if isinstance(value, list | tuple):
        items = [text for item in value[:_LIST_LIMIT] if (text := _item(item))]
        return f"{label}:\n{listed(items)}" if items else ""
    text = clean_text(value, TEXT_LIMIT)
    if not text or not label:
        return text
    return f"{label}:\n{text}" if "\n" in text else f"{label}: {text}"


def _item(item: Any) -> str:
    if isinstance(item, Mapping):
        return "; ".join(f"{clean_line(key, 60)}: {text}" for key, value in item.items() if (text := clean_line(value)))
    return clean_line(item, TEXT_LIMIT)


def _bulleted(items: list[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _numbered(items: list[str]) -> str:
    return "\n".join(f"{number}. {item}" for number, item in enumerate(items, start=1))


def _locator(fields: Mapping[str, Any], source: Mapping[str, Any]) -> str:
    stated = clean_line(fields.get("locator")) or clean_line(source.get("locator"))
    position = source.get("position") or fields.get("position")
    if stated or not isinstance(position, Mapping):
        return stated
    words = {"chapter": "chapter", "section": "section", "page": "p."}
    return ", ".join(f"{word} {text}" for key, word in words.items() if (text := clean_line(position.get(key), 120)))


def read_figures(values: Any) -> list[Figure]:
    """The well-formed figures of a result: a quantity with a value, a bound or a formula; others are dropped."""
    if not isinstance(values, list):
        return []
    return [figure for value in values[:_FIGURE_LIMIT] if (figure := _figure(value))]


def _figure(value: Any) -> Figure | None:
    if not isinstance(value, Mapping):
        return None
    numbers = {key: value.get(key) for key in ("value", "min", "max")}
    if any(not isinstance(number, str | int | float | None) or isinstance(number, bool) for number in numbers.values()):
        return None
    texts = {
        str(key): text
        for key, item in value.items()
        if key not in numbers and (text := item if isinstance(item, bool) else clean_line(item)) != ""
    }
    if not texts.get("quantity") or (all(number is None for number in numbers.values()) and "formula" not in texts):
        return None
    known = {key: clean_line(item) if isinstance(item, str) else item for key, item in numbers.items()}
    try:
        figure = Figure.model_validate({**texts, **{key: item for key, item in known.items() if item is not None}})
    except ValidationError:
        return None
    return figure if _is_sound(figure) else None


def _is_sound(figure: Figure) -> bool:
    numbers = (figure.value, figure.min, figure.max)
    finite = all(math.isfinite(number) for number in numbers if isinstance(number, float))
    return finite and (figure.min is None or figure.max is None or figure.min <= figure.max)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < 1e300 and math.isfinite(value) else None


def _url(value: Any) -> str:
    text = clean_line(value, 500)
    return text if _scheme(text) in {"http", "https"} and " " not in text else ""


def _scheme(text: str) -> str:
    """The scheme of a URL, or nothing for text that can't be one."""
    try:
        return urlsplit(text).scheme
    except ValueError:
        return ""


def _metadata(value: Any, returned: int) -> dict[str, Any]:
    metadata: dict[str, Any] = {"returned": returned}
    if isinstance(value, Mapping):
        if search_type := clean_line(value.get("search_type"), 60):
            metadata["search_type"] = search_type
        if isinstance(cited := value.get("sources_cited"), list):
            metadata["sources_cited"] = [text for item in cited[:20] if (text := _item(item))]
    return metadata


def _content_id(kind: str, title: str, text: str) -> str:
    return "x" + hashlib.sha256(f"{kind}\0{title}\0{text}".encode()).hexdigest()[:12]
