"""How a thing is meant in its sentence: taken or turned down, for training or for serving."""

import re
from typing import Literal

from .statements import Statement
from .vocabulary import Match, cue

Stance = Literal["chosen", "neutral", "uncertain", "rejected"]
Role = Literal["training", "serving", "embedding", ""]

_BEFORE = 90
_AFTER = 48
_NEGATION_REACH = 6
_CLAUSE_END = re.compile(r"[;!?]|\.\s|\bbut\b|\bhowever\b|\bso\b|\bbecause\b|\bthen\b", re.IGNORECASE)
_NEXT_CLAUSE = re.compile(r"[;!?,|(]|\.\s|\bbut\b|\band\b|\bso\b|\bfor\b", re.IGNORECASE)
_COMMA = re.compile(r"[;!?,()|]|\.\s|\band\b|\bbut\b|\bwhile\b|\bwhereas\b", re.IGNORECASE)
_COMMA_OUTSIDE_BRACKETS = re.compile(r"[;!?,|]|\.\s|\band\b|\bbut\b|\bwhile\b|\bwhereas\b", re.IGNORECASE)
_REPLACED_BY = re.compile(
    r"\b(?:replac|migrat|mov|switch|swap)\w{0,6}\b.{1,60}\b(?:with|by|to|for|onto)\s+(?:\w+\s+){0,1}$", re.IGNORECASE
)


def stance(statement: Statement, start: int, end: int) -> Stance:
    """How the thing named at this place is meant, told by the nearest words around it."""
    text = statement.text
    after = _until(text[end : end + _AFTER], _NEXT_CLAUSE)
    followed = cue("rejected_after", "chosen_after").find(after)
    if followed and followed[0].start <= 24:
        return "rejected" if followed[0].value == "rejected_after" else "chosen"
    before = text[max(0, start - _BEFORE) : start]
    if _REPLACED_BY.search(before):
        return "chosen"
    before = before[_last_end(before, _CLAUSE_END) :]
    matches = cue("chosen_before", "rejected_before", "uncertain_before", "set_aside").find(before)
    matches = [match for match in matches if match.value != "set_aside"]
    if not matches:
        return "neutral"
    nearest = max(matches, key=lambda match: (match.end, match.end - match.start))
    if nearest.value == "chosen_before":
        negations = cue("negation").find(before[: nearest.start])
        negated = bool(negations) and nearest.start - negations[-1].end <= _NEGATION_REACH
        return "rejected" if negated else "chosen"
    return "rejected" if nearest.value == "rejected_before" else "uncertain"


def accepted(statement: Statement, match: Match) -> bool:
    """Whether what is named here is neither turned down nor merely mentioned as a possibility."""
    found = stance(statement, match.start, match.end)
    return found in {"chosen", "neutral"}


def role(statement: Statement, start: int, end: int) -> Role:
    """What the resource named at this place is for: the nearest word in its clause, sentence, label or heading."""
    text = statement.text
    left = _last_end(text[:start], _COMMA)
    right = end + len(_until(text[end:], _COMMA_OUTSIDE_BRACKETS))
    for low, high in ((left, right), (0, start), (end, len(text))):
        found = _nearest(text[low:high], start - low, end - low)
        if found:
            return found
    for above in (statement.label, statement.row, *reversed(statement.headings)):
        if above and (found := _nearest(above, len(above), len(above))):
            return found
    return ""


def _nearest(text: str, start: int, end: int) -> Role:
    matches = cue("training", "serving", "embedding").find(text)
    if not matches:
        return ""
    roles: dict[str, Role] = {"training": "training", "serving": "serving", "embedding": "embedding"}
    return roles[min(matches, key=lambda match: max(match.start - end, start - match.end)).value]


def clause(statement: Statement, start: int, end: int) -> tuple[int, str]:
    """The clause around a place, with its offset: from the comma, bracket or conjunction before to the one after."""
    text = statement.text
    left = _last_end(text[:start], _COMMA)
    return left, text[left : end + len(_until(text[end:], _COMMA))]


def _last_end(text: str, boundary: re.Pattern[str]) -> int:
    last = 0
    for found in boundary.finditer(text):
        last = found.end()
    return last


def _until(text: str, boundary: re.Pattern[str]) -> str:
    found = boundary.search(text)
    return text if found is None else text[: found.start()]
