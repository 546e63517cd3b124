"""Counts, sizes, memory and money as people write them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

COUNT_LIMIT = 1_000_000_000
"""The largest count that is believed."""
SIZE_LIMIT_BILLIONS = 5_000.0
MEMORY_LIMIT_GIB = 10_000.0
MONEY_LIMIT = 1_000_000_000.0

_FIGURE = r"\d{1,3}(?:[,.' \u00a0]\d{3}){1,4}(?![\d])|\d{1,15}(?:[.,]\d{1,3})?"
_NUMBER = re.compile(
    rf"(?<![\w.,$€£])(?P<figure>{_FIGURE})(?!\d)\+?\s?(?P<scale>k|m|mio|thousand|million|hundred)?(?![^\W_]|[.,]\d)",
    re.IGNORECASE,
)
_SCALES = {"k": 1_000, "m": 1_000_000, "mio": 1_000_000, "thousand": 1_000, "million": 1_000_000, "hundred": 100}
_SMALL = {
    "a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50,
    "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "half a": 0.5,
}  # fmt: skip
_WORDS = re.compile(
    rf"\b(?P<small>{'|'.join(sorted(_SMALL, key=len, reverse=True))})\s(?P<scale>hundred|thousand"
    rf"|million)\b(?!\s(?:and|thousand))",
    re.IGNORECASE,
)
_SIZE = re.compile(
    r"(?<![\w.,$€£/-])(?:(?P<low>\d{1,4}(?:\.\d{1,2})?)\s?[bB]?\s?(?:-|–|to)\s?)?(?P<figure>\d{1,5}(?:\.\d{1,3})?)"
    r"(?P<unit>\s?-?[bB]|\s?(?:bn|billion)|\s?[mM](?=[\s-](?:param|model))|\smillion(?=\sparam))(?![\w])"
)
_MEMORY = re.compile(r"(?<![\w.,])(?P<figure>\d{1,6}(?:\.\d{1,2})?)\s?-?(?:GB|GiB|gb|Gb|gigabytes?|gig|G)\b")
_CURRENCIES = {
    "$": "USD", "us$": "USD", "usd": "USD", "dollars": "USD", "dollar": "USD", "€": "EUR", "eur": "EUR", "euros": "EUR",
    "euro": "EUR", "£": "GBP", "gbp": "GBP", "pounds": "GBP",
}  # fmt: skip
_AMOUNT = r"\d{1,3}(?:[,.' ]\d{3}){1,4}(?:\.\d{2})?(?!\d)|\d{1,12}(?:[.,]\d{1,2})?"
_MONEY = re.compile(
    rf"(?P<before>US\$|\$|€|£|\b(?:USD|EUR|GBP))\s?(?P<first>{_AMOUNT})(?!\d)\s?(?P<scale1>k|m|thousand"
    rf"|million)?(?![^\W_])"
    rf"(?:\s?(?:(?:-|–|to)\s?(?:US\$|\$|€|£)?|and\s(?:US\$|\$|€|£))\s?(?P<second>{_AMOUNT})(?!\d)\s?(?P<scale2>k|m"
    rf"|thousand|million)?(?![^\W_]))?"
    rf"|(?<![\w.,])(?P<amount>{_AMOUNT})(?!\d)\s?(?P<scale3>k|m|thousand|million)?\s?(?P<after>USD|EUR|GBP|\$|€|£"
    rf"|dollars?|euros?|pounds)(?![^\W_])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Number:
    """A figure and where it stands."""

    value: float
    start: int
    end: int
    bare: bool = False
    """Whether it is a small figure without thousands separator or scale, which may be a version, a year or a step."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount with its currency; of a range the upper end."""

    amount: float
    currency: str
    start: int
    end: int


def counts(text: str) -> Iterator[Number]:
    """The whole numbers of a text: "5,200", "5.200", "~5.2k", "5 thousand", "five thousand"; no absurd ones."""
    for found in _NUMBER.finditer(text):
        scale = (found["scale"] or "").lower()
        if found["scale"] and scale == "m" and text[found.end() - 1] == "m" and not found["figure"].isdigit():
            continue
        value = _figure(found["figure"], scale)
        if value is not None and value <= COUNT_LIMIT:
            yield Number(value, found.start(), found.end(), not scale and found["figure"].isdigit())
    for found in _WORDS.finditer(text):
        yield Number(_SMALL[found["small"].lower()] * _SCALES[found["scale"].lower()], found.start(), found.end())


def _figure(figure: str, scale: str) -> float | None:
    """The value of a written number; None for a fraction that nothing scales, which cannot count anything."""
    groups = re.split(r"[,.' \u00a0]", figure)
    grouped = len(groups) > 1 and all(len(group) == 3 for group in groups[1:])
    if grouped and not scale:
        return float("".join(groups))
    if len(groups) > 2:
        return None
    value = float(figure.replace(",", ".").replace(" ", "")) if len(groups) > 1 else float(figure)
    if not scale:
        return value if value.is_integer() and len(groups) == 1 else None
    return float(round(value * _SCALES[scale]))


def sizes(text: str) -> Iterator[Number]:
    """Numbers of parameters in billions: "8B", "7 billion", "500M parameters"; of a range the upper end."""
    for found in _SIZE.finditer(text):
        unit = found["unit"].strip(" -").lower()
        value = float(found["figure"]) / (1_000 if unit in {"m", "million"} else 1)
        if 0 < value <= SIZE_LIMIT_BILLIONS:
            yield Number(value, found.start(), found.end())


def memories(text: str) -> Iterator[Number]:
    """Amounts of memory in GiB."""
    for found in _MEMORY.finditer(text):
        value = float(found["figure"])
        if 0 < value <= MEMORY_LIMIT_GIB:
            yield Number(value, found.start(), found.end())


def amounts(text: str) -> Iterator[Money]:
    """Amounts of money."""
    for found in _MONEY.finditer(text):
        figure = found["second"] or found["first"] or found["amount"]
        scale = (found["scale2"] or (found["scale1"] if not found["second"] else "") or found["scale3"] or "").lower()
        value = _price(figure) * _SCALES.get(scale, 1)
        if value <= MONEY_LIMIT:
            currency = _CURRENCIES[(found["before"] or found["after"]).lower()]
            yield Money(value, currency, found.start(), found.end())


def _price(figure: str) -> float:
    groups = re.split(r"[,.' ]", figure)
    if len(groups) > 1 and len(groups[-1]) == 2:
        return float("".join(groups[:-1]) + "." + groups[-1])
    if len(groups) > 1 and all(len(group) == 3 for group in groups[1:]):
        return float("".join(groups))
    return float(figure.replace(",", "."))
