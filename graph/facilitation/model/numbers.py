"""Numbers as people and documents write them, so that the same figure is recognised in any of its forms."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from ..parsing.vocabulary import vocabulary

_POWER = re.compile(r"(\d+(?:\.\d+)?)\s?[×x*]\s?10\s?(?:\^|\*\*)\s?\{?([-−]?\d{1,3})\}?")
_NUMBER = re.compile(
    r"(?<![\w.,/])(?P<digits>\d{1,3}(?:[,'\u202f\u00a0]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)*)(?P<power>[eE][-+−]?\d{1,3})?"
    r"\s?(?P<unit>%|percent\b|k\b|K\b|thousand\b|[mM]illion\b|M\b|[bB]illion\b|bn\b|B\b)?"
)
_RANGE = re.compile(r"(?<![\w.,])(\d+(?:\.\d+)?)(\s?(?:-|–|to)\s?\d+(?:\.\d+)?)(\s?(?:%|[kKB]\b))")
"""A range whose unit stands behind its end alone."""
_SPACED = re.compile(r"(?<!\d)(\d{1,3}) (\d{3})(?!\d)")
_COMMA = re.compile(r"(?<![\d,])(\d+),(\d{1,2})(?!\d)")
"""Decimal commas, as many languages write them."""
_INITIALLED = re.compile(r"\b[a-z](\d{1,6})\b", re.IGNORECASE)
"""Short forms such as `r16 a32`."""
_THOUSANDS = re.compile(r"\d{1,3}(?:\.\d{3})+")
_SCALES = {"k": 3, "thousand": 3, "m": 6, "million": 6, "b": 9, "bn": 9, "billion": 9}
_MEASURE = re.compile(r"(?:GB|GiB|MB|MiB|TB|s|ms|h|x|W|min)\b")
_LONGEST = 40


@dataclass(frozen=True)
class Number:
    """One number in a text: where it stands, and every value that it may stand for."""

    start: int
    end: int
    values: frozenset[Decimal]
    unit: str
    whole: bool
    """Whether it is written in digits alone."""


def unified(text: str) -> str:
    """The text with powers of ten written as `2e-4`; lengths may change."""
    return _POWER.sub(lambda found: f"{found[1]}e{found[2].replace('−', '-')}", text)


def numbers_in(text: str) -> Iterator[Number]:
    """Every number of a text, in order; digits that belong to a word, such as `A10G` or `p95`, are none."""
    for match in _NUMBER.finditer(text):
        if _belongs_to_word(text, match):
            continue
        values = _values(match)
        if values:
            end = match.end() if match["unit"] else match.end() - len(match[0]) + len(match[0].rstrip())
            yield Number(match.start(), end, values, match["unit"] or "", whole=match["digits"].isdigit())


def _belongs_to_word(text: str, match: re.Match[str]) -> bool:
    rest = text[match.end() :]
    attached = not match["unit"] and rest[:1].isalpha() and not match[0][-1].isspace()
    return attached and not _MEASURE.match(rest)


def values_in(text: str) -> set[Decimal]:
    """Every value that a number of the text may stand for."""
    shared = _RANGE.sub(r"\1\3\2\3", unified(text))
    return {value for each in (text, shared) for number in numbers_in(unified(each)) for value in number.values}


def spoken_values(text: str) -> set[Decimal]:
    """As `values_in`, with numbers in words ("forty", "a couple") and in other languages' forms ("5 200", "5,2k")."""
    known = vocabulary()
    values = values_in(text) | values_in(_SPACED.sub(r"\1\2", text)) | values_in(_COMMA.sub(r"\1.\2", text))
    values |= {Decimal(digits) for digits in _INITIALLED.findall(text)}
    current = Decimal(0)
    counting = False
    for word in [*re.findall(r"[a-z]+", text.lower()), ""]:
        if word in known.number_words:
            current += Decimal(str(known.number_words[word]))
            counting = True
            values.add(Decimal(str(known.number_words[word])))
        elif word in known.scale_words and (counting or word in ("hundred", "thousand", "million", "dozen")):
            current = (current or Decimal(1)) * Decimal(str(known.scale_words[word]))
            counting = True
        else:
            if counting:
                values.add(current)
            current, counting = Decimal(0), False
            if word in ("both", "couple", "pair"):
                values.add(Decimal(2))
            elif word in ("single", "one", "once"):
                values.add(Decimal(1))
    return values


def _values(match: re.Match[str]) -> frozenset[Decimal]:
    digits = match["digits"]
    if len(digits) > _LONGEST:
        return frozenset()
    forms = {re.sub(r"[,'\u202f\u00a0]", "", digits)}
    if _THOUSANDS.fullmatch(digits):
        forms.add(digits.replace(".", ""))
    unit = match["unit"] or ""
    values: set[Decimal] = set()
    for form in forms:
        try:
            value = Decimal(form + (match["power"] or "").replace("−", "-"))
        except InvalidOperation:
            continue
        values.add(value.normalize())
        if unit in ("%", "percent"):
            values.add((value / 100).normalize())
        elif unit:
            values.add(value.scaleb(_SCALES[unit.lower()]).normalize())
    return frozenset(values)
