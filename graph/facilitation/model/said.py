"""Whether a user has said a value: what they have not said is asked back, however sure the model is."""

import re
from decimal import Decimal
from typing import Any

from ...fields import Field
from ..parsing.choices import mentions
from ..parsing.coercion import polarity_of
from ..parsing.text import normalise, words_of
from ..parsing.vocabulary import vocabulary
from .numbers import spoken_values

_GIGA = Decimal(10**9)
_PARTS = {"half": Decimal("0.5"), "third": Decimal(1) / 3, "quarter": Decimal("0.25"), "twice": Decimal(2)}
_NONE = frozenset({"no", "none", "nothing", "without", "zero", "not"})
_MOST_NUMBERS = 8


def was_said(field: Field, value: Any, reply: str) -> bool:
    """Whether a reply holds a value of a field, in whatever words.

    A number has to be there in digits or words, a text or list has to share its words with the reply. An option, a yes
    or no, and a section to go to are the model's reading of the words themselves, so nothing can be compared.

    Args:
        field: What the value belongs to.
        value: Its canonical form.
        reply: What the user typed.
    """
    if isinstance(value, bool) or field.type == "choice" or field.name == "node":
        return True
    if value == 0 and _NONE & set(normalise(reply).split()):
        return True
    if isinstance(value, int | float):
        return bool(_forms(field, Decimal(repr(value))) & spoken_values(reply))
    said = set(normalise(reply).split())
    return any(_shares(text, reply, said) for text in _texts(value))


def is_literal(field: Field, value: Any, reply: str) -> bool:
    """Whether the reply says a value in so many words, an option by one of its names, a yes or no by one of theirs."""
    if isinstance(value, bool):
        return polarity_of(reply) is value
    if field.type == "choice":
        affirmed, negated, _ = mentions(field, [word.text for word in words_of(reply)])
        return affirmed == [value] and not negated
    return was_said(field, value, reply)


def agrees(reply: str) -> bool:
    """Whether the reply says anywhere that the rest, or all, is taken as recommended."""
    return vocabulary().acceptance.anywhere([word.text for word in words_of(reply)])


def was_worked_out(field: Field, value: Any, reply: str) -> bool:
    """Whether a count follows from what the reply says: a sum, a difference, or a half, a third, a quarter of it."""
    if field.quantity != "count" or isinstance(value, bool) or not isinstance(value, int | float):
        return False
    numbers = sorted(spoken_values(reply), reverse=True)[:_MOST_NUMBERS]
    wanted = Decimal(repr(value))
    pairs = [(one, other) for one in numbers for other in numbers if one > other]
    if any(wanted in (one + other, one - other) for one, other in pairs):
        return True
    parts = [part for word, part in _PARTS.items() if word in normalise(reply).split()]
    return any(abs(number * part - wanted) < 1 for number in numbers for part in parts)


def _forms(field: Field, value: Decimal) -> set[Decimal]:
    forms = {value}
    if field.quantity == "billions":
        forms |= {value * _GIGA, value * 1000, value * 10**6}
    if field.quantity == "ratio":
        forms.add(value * 100)
    if not value:
        forms.add(Decimal(0))
    return {form.normalize() for form in forms}


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for part in value.values() for text in _texts(part)]
    if isinstance(value, list | tuple):
        return [text for part in value for text in _texts(part)]
    return [str(value)]


def _shares(text: str, reply: str, said: set[str]) -> bool:
    if text.casefold() in reply.casefold():
        return True
    words = set(normalise(text).split())
    pieces = set(re.findall(r"[a-z]{3,}|\d+", normalise(text)))
    return bool(words & said) or any(piece in reply.casefold() for piece in pieces)
