"""Changes in proportion to what stands: "double the rank", "halve the learning rate", "more epochs"."""

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from ...fields import Field
from ...interrupts import Recommendation
from ...texts import text as say
from .coercion import coerce_noted
from .errors import FieldError
from .formatting import format_value
from .gathered import Answers
from .labels import label_phrases
from .text import normalise
from .vocabulary import vocabulary

_LONGEST = 100


class RelativeChange(NamedTuple):
    """A number that is to grow or shrink."""

    field: Field
    factor: float | None
    """None where the reply does not say by how much."""


def relative_change(text: str, fields: tuple[Field, ...]) -> RelativeChange | None:
    """The change that a part of a reply asks for and nothing else; None where it is none.

    Args:
        text: The part, without a label and its value.
        fields: The question's fields.
    """
    known = vocabulary()
    words = [word for word in normalise(text[:_LONGEST]).split() if word not in known.relative_fillers]
    labels = label_phrases(fields)
    for index in range(len(words)):
        found = labels.at(words, index)
        if found is None or found[1].type not in ("integer", "number"):
            continue
        around = [*words[:index], *words[index + found[0] :]]
        factor = known.proportions.whole(around)
        if factor is not None:
            return RelativeChange(found[1], factor)
        if around and all(word in known.directions for word in around):
            return RelativeChange(found[1], None)
    return None


def proportion_of(text: str) -> float | None:
    """The factor that a value behind its label names: "rank doubled"."""
    words = [word for word in normalise(text[:_LONGEST]).split() if word not in vocabulary().relative_fillers]
    return vocabulary().proportions.whole(words)


def standing_number(field: Field, recommended: Mapping[str, Recommendation]) -> float | None:
    """The number that stands for a field, which a factor is applied to."""
    advice = recommended.get(field.name)
    value = advice.value if advice else None
    return None if isinstance(value, bool) or not isinstance(value, int | float) else value


def take_relative(text: str, answers: Answers) -> bool:
    """Take a change in proportion to what stands, or ask by how much; whether the text is one."""
    change = relative_change(text, answers.fields)
    if change is not None:
        apply_factor(change.field, change.factor, answers)
    return change is not None


def apply_factor(field: Field, factor: float | None, answers: Answers) -> None:
    """Take a multiple of what stands for a field; ask for the value where nothing stands or no factor is said."""
    standing = standing_number(field, answers.recommended)
    shown = {"label": field.label, "called": field.called, "example": field.example}
    if standing is None:
        answers.problem(field.name, say("dialogue", "relative_to_nothing", **shown))
        return
    known = format_value(field, standing)
    if factor is None:
        answers.problem(field.name, say("dialogue", "relative_amount", standing=known, **shown))
        return
    product = float(Decimal(repr(standing)) * Decimal(repr(factor)))
    try:
        value, _ = coerce_noted(field, int(product) if product.is_integer() else product)
    except FieldError as error:
        answers.problem(error.field, error.message)
        return
    answers.set(field, value, say("dialogue", "relative_to", factor=f"{factor:g}", standing=known))
