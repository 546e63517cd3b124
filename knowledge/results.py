"""Entries as the results of the six tools: the contract's fields, and beside them figures, url, locator, provenance."""

import re
from collections.abc import Iterable
from typing import Any

from .entries import Entry, Figure, Source
from .knowledge_base import Base, Match

_CHAPTER = re.compile(r"\b(?:ch\.|chapter)\s*(\d+)", re.IGNORECASE)
_SECTION = re.compile(r"\bsections?\s+(\"[^\"]+\"|[\d.]*\d)", re.IGNORECASE)
_PAGE = re.compile(r"\bpp?\.\s*(\d+(?:[-–]\d+)?)")
_BOOKS = {"book": "book", "paper": "paper"}


def found(match: Match, base: Base) -> dict[str, Any]:
    """A result of `search_knowledge`."""
    entry, source = match.entry, base.sources[match.entry.sources[0]]
    return {
        "id": entry.id,
        "score": match.score,
        "type": "chunk" if entry.kind == "fact" else "extraction",
        "kind": entry.kind,
        "title": entry.title,
        "content": _content(entry),
        "source": {
            "source_id": source.id,
            "chunk_id": entry.id,
            "title": source.title,
            "authors": source.author_list,
            "position": _position(entry.locator),
        },
        **_common(entry, base),
    }


def decision(match: Match, base: Base) -> dict[str, Any]:
    """A result of `get_decisions`."""
    entry = match.entry
    return {
        "id": entry.id,
        "question": entry.question,
        "content": _told(entry),
        "options": entry.options,
        "considerations": [*entry.considerations, *([f"Caveat: {caveat}"] if (caveat := _caveat(entry)) else [])],
        "recommended_approach": entry.recommended_approach,
        **_extracted(match, base),
    }


def pattern(match: Match, base: Base) -> dict[str, Any]:
    """A result of `get_patterns`."""
    entry = match.entry
    return {
        "id": entry.id,
        "name": entry.title,
        "problem": entry.problem,
        "solution": _told(entry),
        "code_example": entry.code_example,
        "context": entry.context,
        "trade_offs": entry.trade_offs,
        **_extracted(match, base),
    }


def warning(match: Match, base: Base) -> dict[str, Any]:
    """A result of `get_warnings`."""
    entry = match.entry
    return {
        "id": entry.id,
        "title": entry.title,
        "description": _told(entry),
        "symptoms": entry.symptoms,
        "consequences": entry.consequences,
        "prevention": entry.prevention,
        **_extracted(match, base),
    }


def methodology(match: Match, base: Base) -> dict[str, Any]:
    """A result of `get_methodologies`."""
    entry = match.entry
    return {
        "id": entry.id,
        "name": entry.title,
        "content": _told(entry),
        "steps": entry.steps,
        "prerequisites": entry.prerequisites,
        "outputs": entry.outputs,
        **_extracted(match, base),
    }


def source(item: Source, base: Base) -> dict[str, Any]:
    """A result of `list_sources`."""
    entries = base.of_source(item.id)
    counts = {f"{kind}s": 0 for kind in ("decision", "pattern", "warning", "fact")} | {"methodologies": 0}
    for entry in entries:
        for kind in entry.kinds:
            counts["methodologies" if kind == "methodology" else f"{kind}s"] += 1
    return {
        "id": item.id,
        "title": item.title,
        "authors": item.author_list,
        "type": _BOOKS.get(item.kind, "case_study"),
        "extraction_counts": counts,
        "kind": item.kind,
        "year": item.year,
        "url": item.address,
        "license": item.license,
        "pinned": item.pinned,
        "note": item.note,
        "provenance": item.provenance,
    }


def titles(results: Iterable[dict[str, Any]]) -> list[str]:
    """The titles of every source that the results cite, each once."""
    return list(dict.fromkeys(cited["title"] for result in results for cited in result.get("sources", [])))


def _extracted(match: Match, base: Base) -> dict[str, Any]:
    entry, first = match.entry, base.sources[match.entry.sources[0]]
    return {
        "topics": entry.tags,
        "source_title": first.title,
        "source_id": first.id,
        "chunk_id": entry.id,
        "title": entry.title,
        "score": match.score,
        **_common(entry, base),
    }


def _common(entry: Entry, base: Base) -> dict[str, Any]:
    cited = [base.sources[name] for name in entry.sources]
    optional = {"caveat": entry.caveat, "as_of": entry.as_of, "also": entry.also, "related": entry.related}
    return {
        "figures": [_figure(figure, entry, base) for figure in entry.figures],
        "url": cited[0].address,
        "locator": entry.locator,
        "provenance": entry.provenance,
        "partly_recalled": entry.partly_recalled,
        "sources": [{"source_id": s.id, "title": s.title, "authors": s.author_list, "url": s.address} for s in cited],
        **{key: value for key, value in optional.items() if value},
    }


def _figure(figure: Figure, entry: Entry, base: Base) -> dict[str, Any]:
    stated = figure.model_dump(exclude_defaults=True)
    cited = base.sources[stated.pop("source", "") or entry.sources[0]]
    stated.setdefault("locator", entry.locator)
    if figure.values and not {"value", "min", "max"} & stated.keys():
        numbers = [item for item in figure.values if not isinstance(item, str)]
        if len(numbers) == len(figure.values):
            stated |= {"min": min(numbers), "max": max(numbers)}
        else:
            stated["value"] = ", ".join(str(item) for item in figure.values)
    return {**stated, "source_id": cited.id, "source_title": cited.title}


def _content(entry: Entry) -> str:
    stop = "" if entry.title.endswith(("?", ".", "!")) else "."
    parts = [f"{entry.title}{stop} {entry.body}"]
    if entry.recommended_approach:
        parts.append(f"Recommended: {entry.recommended_approach}")
    if entry.steps:
        parts.append("Steps: " + "; ".join(entry.steps) + ".")
    if entry.prevention:
        parts.append(f"Prevention: {entry.prevention}")
    if caveat := _caveat(entry):
        parts.append(f"Caveat: {caveat}")
    return "\n".join(parts)


def _told(entry: Entry) -> str:
    return f"{entry.body} Caveat: {caveat}" if (caveat := _caveat(entry)) else entry.body


def _caveat(entry: Entry) -> str:
    return entry.caveat or ("Part of this is recalled and was not re-read." if entry.partly_recalled else "")


def _position(locator: str) -> dict[str, str | None]:
    found_at = {"chapter": _CHAPTER.search(locator), "section": _SECTION.search(locator), "page": _PAGE.search(locator)}
    return {name: hit[1].strip('"') if hit else None for name, hit in found_at.items()}
