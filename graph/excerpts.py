"""Short forms of what a knowledge server sent; pure functions for the templates."""

import re
from collections.abc import Sequence
from typing import Any

LEADS = ("Recommended approach:", "Solution:", "Steps:")
"""The part of a result that says what to do; an excerpt begins there where there is one."""

_QUESTION = re.compile(r"\AQuestion:[^\n]*\n(?=\S)")
_ASKED = re.compile(r"\A\W*(?:Q|Question)\W*[:.]\s*.{1,600}?(?:\s|\*)(?:\*\*)?(?:A|Answer)\W*[:.]\W*(?=\w)", re.DOTALL)
"""A question with its answer behind it: "Q: … A: …"."""

_ASKS = re.compile(r"\A[^.!?:\n]{3,200}\?\s+(?=\S.{10})", re.DOTALL)
"""A first sentence that only asks, before what says something."""

_LABEL = re.compile(r"^(?:Question|Problem|Options|Considerations):\s*", re.MULTILINE)
_FIRST_BULLET = re.compile(r":\s*\n\s*(?:-|\d+\.)\s+")
_BULLET = re.compile(r"\s*\n\s*(?:-|\d+\.)\s+")
_GAP = re.compile(r"\s+")


def excerpt(item: Any, length: int = 240) -> str:
    """What a piece of evidence says, in one line, without its title and any question that it answers.

    Args:
        item: The evidence, with `title` and `text`.
        length: Most characters.
    """
    said = str(item.text)
    for lead in LEADS:
        if lead in said:
            said = said[said.index(lead) + len(lead) :]
            break
    said = _LABEL.sub("", _QUESTION.sub("", _ASKED.sub("", said.strip())))
    title = str(item.title).strip().rstrip(".")
    if title and said.casefold().startswith(title.casefold()):
        said = said[len(title) :].lstrip(" .?:\n")
    said = _ASKS.sub("", said)
    line = _GAP.sub(" ", _BULLET.sub("; ", _FIRST_BULLET.sub(": ", f"\n{said}"))).strip(" ;")
    return shortened(line or title, length)


def untitled(item: Any, length: int = 700) -> str:
    """The text of a piece of evidence as it was sent, without its title, which stands beside it.

    Args:
        item: The evidence, with `title` and `text`.
        length: Most characters.
    """
    title, said = str(item.title).strip().rstrip("."), str(item.text).strip()
    for beginning in (title, f"Question: {title}"):
        if title and said.casefold().startswith(beginning.casefold()):
            said = said[len(beginning) :].lstrip(" .?:\n") or title
    return said if len(said) <= length else f"{said[: length - 1].rpartition(' ')[0].rstrip(' ,;:.')}…"


def shortened(line: str, length: int) -> str:
    """A line cut at a word, with an ellipsis."""
    if len(line) <= length:
        return line
    return f"{line[: length - 1].rpartition(' ')[0].rstrip(' ,;:.')}…"


def uncited(labels: Sequence[str], said: str) -> list[str]:
    """The labels of evidence that a text does not cite itself."""
    return [label for label in labels if not re.search(rf"\b{re.escape(label)}\b", said)]
