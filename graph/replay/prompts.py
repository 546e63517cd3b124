"""What a chat model is asked, as a journal keeps it: paragraph by paragraph, each once."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import BaseMessage

from .entries import Entry, Json, canonical

BREAK = "\n\n"


def digest(text: str) -> str:
    """By which a paragraph is named."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def taken_apart(messages: Sequence[BaseMessage]) -> tuple[Json, dict[str, str]]:
    """The messages with their paragraphs replaced by digests, and the paragraphs.

    The documents and the persona stand in every prompt of a run: kept whole, they would be most of its journal.
    """
    paragraphs: dict[str, str] = {}
    taken = []
    for message in messages:
        names = []
        for paragraph in _text(message).split(BREAK):
            name = digest(paragraph)
            paragraphs[name] = paragraph
            names.append(name)
        taken.append([message.type, names])
    return taken, paragraphs


def put_together(taken: Json, paragraphs: Mapping[str, str]) -> str:
    """The messages as one readable text."""
    shown = [f"## {kind}\n\n{BREAK.join(paragraphs.get(name, '…') for name in names)}" for kind, names in taken]
    return BREAK.join(shown)


def paragraphs_of(entries: Sequence[Entry]) -> dict[str, str]:
    """Every paragraph that a journal holds, by its digest."""
    return {digest(entry.payload["text"]): entry.payload["text"] for entry in entries if entry.kind == "text"}


def _text(message: BaseMessage) -> str:
    said = message.content if isinstance(message.content, str) else canonical(message.content)
    calls: list[Any] = list(getattr(message, "tool_calls", None) or [])
    return said + (canonical([[call["name"], call["args"]] for call in calls]) if calls else "")
