"""The plainest figures in prose, for servers that send text alone.

A sentence is read on its own, and only forms that can hardly mean anything else are taken: "at least 1,000 examples",
"1,000 to 5,000 examples", "learning rate of 2e-4", "3-10% warmup", "beta 0.1", "rank of 16". What is not plain is left.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from ..knowledge.evidence import Figure

TEXT_LIMIT = 4_000
"""Characters of one result that are read; results are at most half of that."""

_NUMBER = r"(\d[\d,]*(?:\.\d+)?(?:e-?\d+)?\s?[kKmM]?)(?![\w.]*\d)"
_TO = r"\s*(?:-|–|—|to|and)\s*"
_ROWS = (
    r"(?:\s+(?:high-quality|good|quality|curated|labeled|labelled|training|instruction|preference|instruction-response"
    r"|human-written|expert|clean|prompt|demonstration|sft|dpo|data)){0,3}"
    r"\s+(?:examples|samples|pairs|rows|demonstrations|instances|instructions|datapoints|records)\b"
)
_LINK = (
    r"\s*(?:\([^)]{0,12}\)\s*)?(?:=|:|of|is|at|to|between|from|around|about|approximately|typically|usually|\s){0,4}\s*"
)
_AT_LEAST = (
    r"(?:at least|a minimum of|minimum of|no fewer than|not fewer than|no less than|minimum is|minimum:|more than)\s+"
)

_SENTENCES = re.compile(r"(?<=[.!?;])\s+|\n+")
_SIZE = re.compile(r"\b(\d+(?:\.\d+)?)\s?[bB]\b(?!yte)")
_FULL = re.compile(r"full(?:[- ]parameter)?[- ]fine[- ]?tun", re.IGNORECASE)


def _pattern(expression: str) -> re.Pattern[str]:
    return re.compile(expression, re.IGNORECASE)


def _named(name: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Patterns for a range and for a single value after the name of a quantity."""
    return _pattern(rf"{name}{_LINK}{_NUMBER}{_TO}{_NUMBER}"), _pattern(rf"{name}{_LINK}{_NUMBER}")


_MINIMUM = _pattern(rf"{_AT_LEAST}{_NUMBER}{_ROWS}")
_OPEN = _pattern(rf"{_NUMBER}\s?(?:\+|or more){_ROWS}")
_RANGE = _pattern(rf"{_NUMBER}{_TO}{_NUMBER}{_ROWS}")
_PERCENT_WARMUP = _pattern(
    r"(\d+(?:\.\d+)?)\s?%?(?:\s*(?:-|–|to)\s*(\d+(?:\.\d+)?))?\s?%\s+(?:of\s+(?:total\s+|the\s+)?(?:training\s+)?steps\s+)?"
    r"(?:for\s+|as\s+)?(?:linear\s+)?warm-?up"
)
_WARMUP_PERCENT = _pattern(
    r"warm-?up(?:\s+ratio|\s+steps)?[^.%\d]{0,24}(\d+(?:\.\d+)?)\s?%?(?:\s*(?:-|–|to)\s*(\d+(?:\.\d+)?))?\s?%"
)
_EPOCH_RANGE = _pattern(rf"{_NUMBER}{_TO}{_NUMBER}\s+epochs\b")
_NAMED = {
    "learning_rate": _named(r"\b(?:learning[- ]rate|lr)s?"),
    "dpo_beta": _named(r"\b(?:dpo[- ])?(?:beta|β)"),
    "lora_rank": _named(r"\b(?:lora[- ])?(?:rank|(?<![\w-])r(?==|\s=))"),
    "lora_alpha": _named(r"\b(?:lora[- _])?alpha"),
    "weight_decay": _named(r"\bweight[- ]decay"),
    "lora_dropout": _named(r"\b(?:lora[- ])?dropout"),
    "batch_size": _named(r"\beffective batch(?: size)?"),
}


@lru_cache(maxsize=512)
def figures_in_prose(text: str) -> tuple[Figure, ...]:
    """The figures that a text states plainly.

    Args:
        text: A result's text. It is data: matched, never obeyed.

    Returns:
        Figures with the method and model size that the same sentence names, where it names exactly one.
    """
    found: list[Figure] = []
    for sentence in _SENTENCES.split(text[:TEXT_LIMIT]):
        size, method = _size_in(sentence), _method_in(sentence)
        for reader in _READERS:
            found.extend(
                Figure(
                    quantity=quantity, min=low, max=high, method=method, model_size=size, note=sentence.strip()[:200]
                )
                for quantity, low, high in reader(sentence)
            )
    return tuple(found)


Reading = tuple[str, float | None, float | None]


def _example_counts(sentence: str) -> Iterator[Reading]:
    for match in _MINIMUM.finditer(sentence):
        yield "min_examples", _value(match[1]), None
    for match in _OPEN.finditer(sentence):
        yield "recommended_examples", _value(match[1]), None
    for match in _RANGE.finditer(sentence):
        yield "recommended_examples", _value(match[1]), _value(match[2])


def _warmup(sentence: str) -> Iterator[Reading]:
    for pattern in (_PERCENT_WARMUP, _WARMUP_PERCENT):
        match = pattern.search(sentence)
        if match:
            low = float(match[1]) / 100
            yield "warmup_ratio", low, float(match[2]) / 100 if match[2] else low
            return


def _epochs(sentence: str) -> Iterator[Reading]:
    match = _EPOCH_RANGE.search(sentence)
    if match:
        yield "epochs", _value(match[1]), _value(match[2])


def _named_values(sentence: str) -> Iterator[Reading]:
    for quantity, (span, single) in _NAMED.items():
        match = span.search(sentence)
        if match:
            yield quantity, _value(match[1]), _value(match[2])
            continue
        match = single.search(sentence)
        if match:
            yield quantity, _value(match[1]), _value(match[1])


_READERS: tuple[Callable[[str], Iterator[Reading]], ...] = (_example_counts, _warmup, _epochs, _named_values)


def _value(text: str) -> float:
    """The number of a match: "1,000", "5k", "2e-4"."""
    plain = text.replace(",", "").strip()
    factor = {"k": 1e3, "m": 1e6}.get(plain[-1:].lower(), 1.0)
    return float(plain.rstrip("kKmM ").rstrip(".")) * factor


def _size_in(sentence: str) -> str:
    sizes = set(_SIZE.findall(sentence))
    return f"{sizes.pop()}B" if len(sizes) == 1 else ""


def _method_in(sentence: str) -> str:
    lowered = sentence.lower()
    if "dpo" in lowered or "preference" in lowered:
        return "dpo"
    methods = [name for name in ("qlora", "lora") if re.search(rf"\b{name}\b", lowered)]
    if _FULL.search(sentence):
        methods.append("full")
    return methods[0] if len(methods) == 1 else ""
