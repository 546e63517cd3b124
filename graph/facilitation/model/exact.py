"""Replies that need no model: what the rules understand wholly and beyond doubt."""

import re

from ...interrupts import Question
from ..protocol import Interpretation

_LONGEST = 60
_DOUBTS = re.compile(
    r"\b(?:actually|but|not|instead|wait|no,|except|maybe|perhaps|rather|sorry|wrong|earlier|before|if|unless|though|"
    r"hmm|think|about|ish|guess|should|could|would|either|or)\b",
    re.IGNORECASE,
)
_SLASH = re.compile(r"/[\w-]+(?:\s|$)")
_NAMED = re.compile(r"^[\w .\-]{1,40}[:=]")


def is_exact(reply: str, understood: Interpretation, question: Question) -> bool:
    """Whether the rules' reading of a reply can be relied on, so that no model call is spent on it.

    Commands, agreement, letters and options, and short `name: value` lines or values without any doubt in their words.
    """
    said = reply.strip()
    if not said or said.startswith("{") or understood.kind == "command" or _SLASH.match(said):
        return True
    if understood.kind != "answer" or understood.problems or understood.notes or understood.question:
        return False
    if len(said) > _LONGEST or "?" in said:
        return False
    if not _DOUBTS.search(said):
        return True
    plain = question.kind in ("confirm", "failure") or understood.accept_rest or bool(understood.unknown)
    return (plain and len(said) <= _LONGEST // 2 and not re.search(r"\bbut\b|\bif\b", said, re.IGNORECASE)) or bool(
        _NAMED.match(said) and understood.fields and not re.search(r"\bbut\b|\bactually\b", said, re.IGNORECASE)
    )
