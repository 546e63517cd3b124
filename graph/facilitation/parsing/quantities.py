"""Numbers as people write them: with units, words, bounds and ranges. Exact throughout: decimals, not floats."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from ...fields import Quantity
from .messages import told
from .text import normalise, words_of
from .vocabulary import vocabulary

NUMBER = r"(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:e[+-]?[0-9]{1,3})?"
SUFFIX = r"(?:(?:k|m|mio|bn?|t|thousand|million|billion|trillion)(?![a-z0-9])|%)"
RANGE = r"(?:-|–|—|to|\.\.\.?|and)"
_LONGEST = 100
_AMOUNT = re.compile(
    rf"(?P<low>-?{NUMBER})\s?(?P<low_suffix>{SUFFIX})?"
    rf"(?:\s*(?P<range>{RANGE})\s*[$]?(?P<high>{NUMBER})\s?(?P<high_suffix>{SUFFIX})?)?"
    r"(?P<unit>(?:[^0-9]|$).*|$)",
    re.DOTALL,
)
_POWER = re.compile(r"([0-9])\s?[x×*·]\s?10\s?\^\s?(-?[0-9]{1,3})(?![0-9])")
_SPACED_EXPONENT = re.compile(r"([0-9])\s?e\s?(-[0-9]{1,3})(?![0-9])")
_FRACTION = re.compile(r"([0-9]{1,6})\s?/\s?([0-9]{1,6})")
_CURRENCY = re.compile(r"(?:us)?\s?[$]\s?|usd\s?(?=[0-9.])")
_FOREIGN_SIGNS = re.compile(r"[0-9%€£¥]")
_DOTTED = re.compile(r"[1-9][0-9]{0,2}[.][0-9]{3}")
_GROUPED = re.compile(
    r"(?<![\w.,$€£-])(?<![0-9][ \u00a0\u202f])[1-9][0-9]{0,2}(?:(?:[ \u00a0\u202f'’][0-9]{3})+|(?:[.][0-9]{3}){2,})"
    r"(?![\w]|[ .,'’]?[0-9]|\s?(?:gi?b|b|x|×)\b)",
    re.IGNORECASE,
)
_GAP = re.compile(r"[ \u00a0\u202f'’.]")
_MULTIPLIERS = {
    "k": 10**3, "thousand": 10**3, "m": 10**6, "mio": 10**6, "million": 10**6, "b": 10**9, "bn": 10**9,
    "billion": 10**9, "t": 10**12, "trillion": 10**12,
}  # fmt: skip
_MEMORY = {"g": 1, "gb": 1, "gib": 1, "gig": 1, "gigs": 1, "gigabyte": 1, "gigabytes": 1, "tb": 1024, "tib": 1024}
_WHOLE = ("count", "tokens", "steps")
_IN_THOUSANDS = (*_WHOLE, "usd")
_BILLION = 10**9
_RAW_PARAMETERS = 10**6
"""A bare figure of this size is a number of parameters and no number of billions."""
_TOKENS_IN_K = 1024
"""Context lengths are given in units of 1,024 tokens: "4k" is 4,096, "128k" 131,072."""


class NotANumberError(ValueError):
    """The text is no number of this quantity; the message says what is wrong where that helps."""


@dataclass(frozen=True)
class Measured:
    """A number in the quantity's own unit, with what was assumed in reading it."""

    value: Decimal
    note: str = ""


def number_words(text: str) -> str:
    """Replace English number words by digits: "four thousand tickets" to "4000 tickets"."""
    known = vocabulary()
    result: list[str] = []
    position = 0
    words = words_of(text)
    index = 0
    while index < len(words):
        length, value = _number_run([word.text for word in words[index : index + 6]])
        alone = length == 1 and value == 1
        if length and not alone and (words[index].text in known.number_words or length > 1):
            result += [text[position : words[index].start], str(value)]
            position = words[index + length - 1].end
        index += max(length, 1)
    return "".join([*result, text[position:]])


def _number_run(words: list[str]) -> tuple[int, int]:
    """How many words from the start are one number, and which."""
    known = vocabulary()
    total = current = length = 0
    for index, word in enumerate(words):
        if word in known.number_words:
            current += known.number_words[word]
        elif word in known.scale_words and (index or word == "dozen"):
            scale = known.scale_words[word]
            current = max(current, 1) * scale
            if scale >= 1000:
                total, current = total + current, 0
        elif word == "a" and not index and len(words) > 1 and words[1] in known.scale_words:
            current = 1
        else:
            break
        length = index + 1
    return length, total + current


def grouped(text: str, alone: frozenset[str] = frozenset()) -> str:
    """Write "5 000" and "1.234.567" as "5,000" and "1,234,567".

    Args:
        text: The text.
        alone: Words after which two figures are two numbers: in "epochs 3 512 tokens", `epochs`.
    """

    def joined(match: re.Match[str]) -> str:
        before = words_of(text[: match.start()])
        separate = bool(before) and before[-1].text in alone
        return match[0] if separate else _GAP.sub(",", match[0])

    return _GROUPED.sub(joined, text)


def measure(text: str, quantity: Quantity, nouns: Iterable[str] = (), *, limit: bool = False) -> Measured:
    """Read one number of a quantity.

    Args:
        text: What was typed, such as `24576 MiB`, `3-10 %`, `$1.5k`, `four thousand`.
        quantity: The result's unit: counts and steps as such, `billions` of parameters, `gib`, `usd`, a `ratio` of one.
        nouns: Words that may follow a plain number: the field's own names.
        limit: Whether the number is an upper limit anyway, so that "up to" before it adds nothing.

    Raises:
        NotANumberError: It is no number of this quantity, or not one number.
    """
    if len(text) > _LONGEST:
        raise NotANumberError(told("number_too_long"))
    plain, notes = _strip(grouped(text) if quantity in _IN_THOUSANDS else text, limit=limit)
    fraction = _FRACTION.fullmatch(plain)
    if fraction and quantity in ("ratio", "plain") and int(fraction[2]):
        return Measured(Decimal(fraction[1]) / Decimal(fraction[2]))
    match = _AMOUNT.fullmatch(plain)
    if match is None or _FOREIGN_SIGNS.search(match["unit"]) or ("$" in text and quantity != "usd"):
        raise NotANumberError
    low_figure = match["low"]
    if quantity in _WHOLE and _DOTTED.fullmatch(low_figure) and not match["low_suffix"]:
        low_figure = low_figure.replace(".", ",")
        notes.append(told("read_as", said=match["low"], number=low_figure))
    low_suffix, high_suffix = match["low_suffix"] or match["high_suffix"] or "", match["high_suffix"] or ""
    unit = [word.text for word in words_of(match["unit"])]
    names = frozenset(word for noun in nouns for word in normalise(noun).split())
    low = _scale(_decimal(low_figure), low_suffix, unit, quantity, names, notes)
    if match["high"] is None:
        return Measured(low, "; ".join(notes))
    if quantity in ("gib", "billions"):
        raise NotANumberError(told("no_range"))
    high = _scale(_decimal(match["high"]), high_suffix or low_suffix, unit, quantity, names, [])
    if low >= high or (match["range"] == "and" and "between" not in text.lower()):
        raise NotANumberError(told("range_backwards"))
    return Measured((low + high) / 2, told("midpoint", range=plain))


def _strip(text: str, *, limit: bool) -> tuple[str, list[str]]:
    """Take away what surrounds a number: currency signs, approximations, bounds."""
    known = vocabulary()
    plain = " ".join(text.lower().replace("−", "-").replace("⁻", "-").split()).rstrip(".!,;:")
    notes: list[str] = []
    prefixes = sorted((*known.approximately, *known.bounds, "every", "each", "between"), key=len, reverse=True)
    stripped = True
    while stripped:
        stripped = False
        for prefix in prefixes:
            if plain.startswith(prefix) and not plain[len(prefix) : len(prefix) + 1].isalpha():
                plain, stripped = plain[len(prefix) :].lstrip(), True
                if prefix in (known.lower_bounds if limit else known.bounds):
                    notes.append(told("left_aside", said=prefix))
    for suffix in known.afterwards:
        if plain.endswith((f" {suffix}", "-ish")):
            plain = plain.removesuffix(suffix).rstrip(" -")
    if plain.endswith("+"):
        plain = plain[:-1]
        notes.append(told("left_aside", said="+"))
    currency = _CURRENCY.match(plain)
    plain = plain[currency.end() :] if currency else plain
    plain = number_words(plain) if not re.search(r"[0-9]", plain) else plain
    plain = _SPACED_EXPONENT.sub(r"\1e\2", _POWER.sub(r"\1e\2", plain))
    return plain, notes


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text.replace(",", ""))
    except InvalidOperation as error:
        raise NotANumberError from error


def _scale(
    number: Decimal, suffix: str, unit: list[str], quantity: Quantity, nouns: frozenset[str], notes: list[str]
) -> Decimal:
    """Bring a number with its suffix and unit into the quantity's own unit."""
    if suffix == "%" and quantity != "ratio":
        raise NotANumberError(told("no_percentage"))
    if quantity == "gib":
        return _memory(number, suffix, unit)
    if quantity == "ratio":
        return _ratio(number, suffix, unit, nouns)
    allowed = vocabulary().units[quantity] | nouns
    if quantity == "count":
        if any(word in vocabulary().foreign_units and word not in nouns for word in unit) or len(unit) > 6:
            raise NotANumberError
    elif any(word not in allowed for word in unit):
        raise NotANumberError
    if quantity == "billions":
        return _billions(number, suffix, notes)
    if quantity == "tokens" and suffix == "k":
        notes.append(told("tokens_in_k", number=number, tokens=f"{number * _TOKENS_IN_K:,}"))
        return number * _TOKENS_IN_K
    if suffix and quantity in ("rate", "plain"):
        raise NotANumberError
    return number * _MULTIPLIERS.get(suffix, 1)


def _memory(number: Decimal, suffix: str, unit: list[str]) -> Decimal:
    """GiB. Cards are sold in "GB" that are GiB; drivers report them as MiB or MB."""
    if suffix:
        raise NotANumberError
    head, rest = (unit[0], unit[1:]) if unit else ("gib", [])
    if any(word not in vocabulary().units["gib"] for word in rest):
        raise NotANumberError
    if head in _MEMORY:
        return number * _MEMORY[head]
    if head in ("mib", "mb", "megabytes"):
        return number / 1024 if head == "mib" or number % 1024 == 0 else number / 1000
    if head in vocabulary().units["gib"]:
        return number
    raise NotANumberError


def _ratio(number: Decimal, suffix: str, unit: list[str], nouns: frozenset[str]) -> Decimal:
    percent = suffix == "%" or (bool(unit) and unit[0] in ("percent", "pct"))
    rest = unit[1:] if unit and unit[0] in ("percent", "pct") else unit
    if (suffix and suffix != "%") or any(word not in vocabulary().units["ratio"] | nouns for word in rest):
        raise NotANumberError
    if rest and not percent and rest != ["of", *rest[1:]] and not set(rest) <= nouns:
        raise NotANumberError
    if not percent and number > 1:
        raise NotANumberError(told("share"))
    return number / 100 if percent else number


def _billions(number: Decimal, suffix: str, notes: list[str]) -> Decimal:
    if suffix:
        return number * _MULTIPLIERS[suffix] / _BILLION
    if number >= _RAW_PARAMETERS:
        notes.append(told("raw_parameters", number=f"{number:,}"))
        return number / _BILLION
    return number
