"""Agreeing: yes, the recommendation, or the recommendation for the rest."""

import re

from .text import normalise
from .vocabulary import vocabulary

_EXCEPTION = re.compile(r"[\s,]{1,3}(?:except(?: for| that)?|apart from|other than|but)\s+", re.IGNORECASE)


def agreement(text: str) -> str:
    """`yes`, `all` or `rest`: a text only agrees, takes the recommendation, or takes it for the rest; else empty."""
    known = vocabulary()
    words = normalise(text[:200]).split()
    index, said = 0, ""
    while index < len(words):
        accepted = known.acceptance.at(words, index)
        agreed = known.polarity.at(words, index)
        if accepted:
            said = "rest" if "rest" in (said, accepted[1]) else "all"
            index += accepted[0]
        elif agreed and agreed[1]:
            said = said or "yes"
            index += agreed[0]
        elif polite := known.politeness.at(words, index):
            index += polite[0]
        else:
            return ""
    return said if len(text) <= 200 else ""


def set_apart(text: str) -> str:
    """Put a comma for the "except" behind an agreement: "all as recommended except rank 32"."""
    exception = _EXCEPTION.search(text, 0, 200)
    if exception and agreement(text[: exception.start()]):
        return f"{text[: exception.start()]}, {text[exception.end() :]}"
    return text
