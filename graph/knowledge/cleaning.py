"""Text from outside made safe to show and to store: what it says stays, what steers a terminal or hides goes."""

import unicodedata

_JOINERS = "\u200c\u200d"
"""Zero-width (non-)joiners, which words of several scripts need."""


def clean_text(value: object, limit: int = 0) -> str:
    """The text of a value without control, formatting and surrogate characters; line breaks stay.

    Args:
        value: Text or a number; anything else counts as no text.
        limit: Most characters, the ellipsis included; 0 for no limit.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    text = str(value).replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ")
    if limit:
        text = text[: limit * 4]
    if not (text.isascii() and text.isprintable()):
        text = "".join(character for character in text if _is_harmless(character))
    return shorten(text.strip(), limit) if limit else text.strip()


def clean_line(value: object, limit: int = 300) -> str:
    """As `clean_text`, on one line."""
    return shorten(" ".join(clean_text(value, limit * 2).split()), limit)


def shorten(text: str, limit: int) -> str:
    """The text, or its beginning up to a word's end and an ellipsis, within `limit` characters."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    cut = head.rfind(" ", limit * 3 // 4)
    return (head[:cut] if cut > 0 else head).rstrip() + "…"


def _is_harmless(character: str) -> bool:
    return character == "\n" or character in _JOINERS or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co"}
