"""Where documents say different things about the same fact; harmless differences in wording and rounding are none."""

import re
from collections.abc import Callable, Mapping
from itertools import combinations
from typing import Any, cast, get_args

from .facts import Fact, FactName

_ROUNDED = re.compile(
    r"~|≈|\b(?:about|around|approx\w*|roughly|circa|ca\.|some|nearly|almost|thousand|million)\b|\d\s?[kKmM]\b",
    re.IGNORECASE,
)
_AT_LEAST = re.compile(
    r"\b(?:over|more than|at least|upwards of|exceeds?)\s+\d|\d[\d,.]*\s?k?\+|>\s?\d|≥", re.IGNORECASE
)
_PERIODS = {
    "month": re.compile(r"(?:/|per|a|each|every)\s?(?:calendar\s)?mo(?:nth)?\b|\bmonthly\b", re.IGNORECASE),
    "year": re.compile(r"(?:/|per|a|each)\s?(?:yr|year)\b|\b(?:annual(?:ly)?|yearly)\b", re.IGNORECASE),
    "week": re.compile(r"(?:/|per|a|each)\s?(?:wk|week)\b|\bweekly\b", re.IGNORECASE),
    "day": re.compile(r"(?:/|per|a|each)\s?day\b|\bdaily\b", re.IGNORECASE),
    "quarter": re.compile(r"(?:/|per|a|each)\s?quarter\b|\bquarterly\b", re.IGNORECASE),
    "run": re.compile(r"(?:/|per|a|each)\s?(?:training\s)?(?:run|experiment)\b", re.IGNORECASE),
    "total": re.compile(r"\b(?:total|overall|one-off|one-time|in all|altogether|all in)\b", re.IGNORECASE),
}  # fmt: skip
_EXACT_COUNT = 0.02
_ROUGH_COUNT = 0.15
_SAME_SIZE = 1.2
_SAME_BUDGET = 0.05
_COMMERCIAL = {
    "Apache-2.0",
    "MIT",
    "BSD",
    "CC-BY-4.0",
    "llama-community",
    "gemma-terms",
    "permissive",
    "commercial-use",
    "open-source",
    "open-weights",
}
_GENERAL_TERMS = {
    "permissive": {"Apache-2.0", "MIT", "BSD", "CC-BY-4.0"}, "commercial-use": _COMMERCIAL,
    "open-source": {"Apache-2.0", "MIT", "BSD", "permissive"},
    "open-weights": _COMMERCIAL | {"non-commercial"}, "non-commercial": {"non-commercial", "open-weights"},
}  # fmt: skip
_SAME_CARD = ({"A10", "A10G"},)


def contradictions(facts: Mapping[str, list[Fact]]) -> list[tuple[FactName, list[Fact]]]:
    """The facts of which two statements cannot both hold, each with the statements that disagree.

    Compared are counts, hardware, licence, size, budget, tools and platform. What a document gives as a choice in one
    sentence ("an A10G or an L4") is one statement. Free text (use case, objectives, privacy, …) is left to the reader.

    Args:
        facts: The facts of all documents, by name.
    """
    found: list[tuple[FactName, list[Fact]]] = []
    for name in get_args(FactName):
        agree = _COMPARED.get(name)
        stated = facts.get(name, [])
        if agree is None or len(stated) < 2:
            continue
        if name == "vram_gb" and any(other == "gpu_type" for other, _ in found):
            continue
        if disagreeing := _disagreeing(stated, agree):
            found.append((cast("FactName", name), disagreeing))
    return found


def _disagreeing(stated: list[Fact], agree: Callable[[Fact, Fact], bool]) -> list[Fact]:
    """One fact for each place and value that has part in a disagreement, in the order of the documents."""
    statements: dict[tuple[str, int], list[Fact]] = {}
    for fact in stated:
        statements.setdefault((fact.source, fact.line), []).append(fact)
    conflicting: dict[tuple[str, str], Fact] = {}
    for one, other in combinations(statements.values(), 2):
        if any(agree(left, right) for left in one for right in other):
            continue
        for fact in (*one, *other):
            conflicting.setdefault((fact.source, str(fact.value)), fact)
    return sorted(conflicting.values(), key=stated.index)


def _same_count(one: Fact, other: Fact) -> bool:
    """Equal, or as close as the way in which they are written allows: "5k" holds for 5,200, and "5,000" does not."""
    low, high = sorted((_number(one.value), _number(other.value)))
    if high == low:
        return True
    if not low:
        return False
    if (high - low) / high <= _EXACT_COUNT:
        return True
    if any(_ROUNDED.search(fact.passage) for fact in (one, other)) and (high - low) / high <= _ROUGH_COUNT:
        return True
    smaller = one if _number(one.value) == low else other
    return bool(_AT_LEAST.search(smaller.passage)) and high <= 1.5 * low


def _same_license(one: Fact, other: Fact) -> bool:
    return any(_compatible(left, right) for left in _licenses(one) for right in _licenses(other))


def _licenses(fact: Fact) -> list[str]:
    return str(fact.value).split(" or ")


def _compatible(one: str, other: str) -> bool:
    return one == other or other in _GENERAL_TERMS.get(one, set()) or one in _GENERAL_TERMS.get(other, set())


def _same_size(one: Fact, other: Fact) -> bool:
    """Within a class: a limit of 8B and a wish for 7B go together."""
    low, high = sorted((_number(one.value), _number(other.value)))
    return low > 0 and high / low <= _SAME_SIZE


def _same_budget(one: Fact, other: Fact) -> bool:
    """Equal, or not comparable: for another period, in another currency, or for a period that one leaves open."""
    periods = [_period(fact.passage) for fact in (one, other)]
    if periods[0] != periods[1] or isinstance(one.value, str) != isinstance(other.value, str):
        return True
    if isinstance(one.value, str):
        (left, unit), (right, other_unit) = (str(fact.value).rsplit(" ", 1) for fact in (one, other))
        if unit != other_unit:
            return True
        low, high = sorted((_number(left), _number(right)))
    else:
        low, high = sorted((_number(one.value), _number(other.value)))
    return high == low or (high - low) / high <= _SAME_BUDGET


def _period(passage: str) -> str:
    return next((name for name, words in _PERIODS.items() if words.search(passage)), "")


def _same_card(one: Fact, other: Fact) -> bool:
    return _same_text(one, other) or any({one.value, other.value} <= cards for cards in _SAME_CARD)


def _same_number(one: Fact, other: Fact) -> bool:
    return _number(one.value) == _number(other.value)


def _same_text(one: Fact, other: Fact) -> bool:
    return _normal(one.value) == _normal(other.value)


def _same_model(one: Fact, other: Fact) -> bool:
    """Names of models are the same with and without their organisation ("BAAI/bge-m3", "bge-m3")."""
    left, right = (_normal(str(fact.value).rsplit("/", 1)[-1]) for fact in (one, other))
    return left in right or right in left


def _normal(value: Any) -> str:
    return re.sub(r"[\W_]+", "", str(value)).casefold()


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return 0.0


_COMPARED: Mapping[str, Callable[[Fact, Fact], bool]] = {
    "data_volume": _same_count, "preference_pairs": _same_count, "gpu_type": _same_card, "gpu_count": _same_number,
    "vram_gb": _same_number, "license": _same_license, "size_limit": _same_size, "budget": _same_budget,
    "tracking": _same_text, "platform": _same_text, "embedding_model": _same_model, "vector_database": _same_text,
}  # fmt: skip
