"""Where the model's words recommend something else than the calculation: shown beside it, never instead of it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...fields import Field
from ...interrupts import Recommendation
from ...texts import text
from ..parsing import FieldError, coerce, format_value
from ..parsing.text import one_line
from .numbers import numbers_in

_DECLARED = re.compile(r"^\W*DIFFERS\s+([\w ]{1,40}?)\s*=\s*([^:\n]{1,80}?)\s*(?::\s*(.*))?$", re.MULTILINE)
_SENTENCE = re.compile(r"[^.!?\n]*(?:[.!?](?=\d)[^.!?\n]*)*(?:[.!?]|\n|$)")
_ADVISES = re.compile(
    r"\b(?:i(?:'d| would)? (?:recommend|suggest|propose|advise|take|use|set|go|start|choose|pick)|should be|"
    r"(?:we|you) should (?:use|take|set|choose)|(?:my )?recommendation is|better (?:use|take))\b",
    re.IGNORECASE,
)
_BETWEEN = r"\W{1,3}(?:\w+\W+){0,2}?"


@dataclass(frozen=True)
class Difference:
    """One field for which the model would take another value."""

    field: Field
    theirs: Any
    ours: Any
    reason: str = ""


def without_declared(
    said: str, fields: Sequence[Field], recommended: Mapping[str, Recommendation]
) -> tuple[str, list[Difference]]:
    """The text without its DIFFERS lines, and the differences that they and its sentences hold."""
    differences: dict[str, Difference] = {}
    by_name = {
        name.casefold(): field for field in fields for name in (field.name, field.label, field.name.replace("_", " "))
    }
    for match in _DECLARED.finditer(said):
        field = by_name.get(match[1].strip(" `*").casefold())
        found = (
            _difference(field, match[2].strip(" `*"), recommended, one_line(match[3] or "")[:300]) if field else None
        )
        if found:
            differences[found.field.name] = found
    plain = _DECLARED.sub("", said).strip()
    for found in _in_sentences(plain, fields, recommended):
        differences.setdefault(found.field.name, found)
    return plain, list(differences.values())


def worded(differences: Sequence[Difference]) -> str:
    """The differences as the user reads them."""
    if not differences:
        return ""
    lines = [
        text(
            "model",
            "differs",
            label=each.field.label,
            theirs=format_value(each.field, each.theirs),
            ours=format_value(each.field, each.ours),
            reason=each.reason,
        )
        for each in differences
    ]
    return "\n\n".join([text("model", "differs_title"), *(f"- {line}" for line in lines)])


def _difference(
    field: Field, raw: str, recommended: Mapping[str, Recommendation], reason: str = ""
) -> Difference | None:
    advice = recommended.get(field.name)
    if advice is None:
        return None
    try:
        theirs = coerce(field, raw)
    except FieldError:
        return None
    return Difference(field, theirs, advice.value, reason) if theirs != advice.value else None


def _in_sentences(said: str, fields: Sequence[Field], recommended: Mapping[str, Recommendation]) -> list[Difference]:
    """Sentences that recommend a number for a field which lies outside what is recommended for it."""
    found = []
    for sentence in (match[0] for match in _SENTENCE.finditer(said)):
        if not _ADVISES.search(sentence):
            continue
        for field in fields:
            advice = recommended.get(field.name)
            if advice is None or field.type not in ("integer", "number"):
                continue
            names = "|".join(
                re.escape(name) for name in (field.label, field.name.replace("_", " "), *field.aliases) if len(name) > 1
            )
            named = re.search(rf"\b(?:{names})\b{_BETWEEN}(?=\d)", sentence, re.IGNORECASE)
            number = next(iter(numbers_in(sentence[named.end() :])), None) if named else None
            if number is None or number.start or named is None:
                continue
            raw = sentence[named.end() + number.start : named.end() + number.end]
            difference = _difference(field, raw, recommended)
            if difference and not _within(difference.theirs, advice):
                found.append(difference)
    return found


def _within(value: Any, advice: Recommendation) -> bool:
    if advice.low is None or advice.high is None or not isinstance(value, int | float):
        return False
    return advice.low <= value <= advice.high
