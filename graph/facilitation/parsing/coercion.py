"""One value, of whatever form, to the canonical value of its field; or the reason why not."""

import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ...fields import Field
from ...texts import text as say
from .choices import match_choice, mentions, say_choices
from .constraints import CONSTRAINTS, constraint_fields
from .errors import FieldError
from .formatting import format_value
from .lists import NO_LIMIT, accepted_lines, data_paths, target_modules
from .messages import told
from .quantities import NotANumberError, measure
from .text import normalise, one_line, quote, words_of
from .vocabulary import vocabulary

_NEXT_CONSTRAINT = re.compile(r"[;\n]|,(?=\s*(?:compute|data[ _]volume|priority|model[ _]size)\s*[:=])", re.IGNORECASE)
_LONGEST_TEXT = 4000
_LONGEST_NAME = 200
_NAMES = frozenset({"gpu_type", "license", "base_model", "platform_name"})
_LIMITS = frozenset({"budget", "size_limit"})
_LARGEST = 10**30


def coerce(field: Field, raw: Any) -> Any:
    """Bring a value into its field's canonical form.

    Args:
        field: What is accepted.
        raw: Text as a person types it, or what a program gives.

    Returns:
        Plain JSON: `int` for integers, `float` for numbers, a choice's value, a list or mapping for lists.

    Raises:
        FieldError: The field does not accept it; the message says what it accepts.
    """
    return coerce_noted(field, raw)[0]


def coerce_noted(field: Field, raw: Any) -> tuple[Any, str]:
    """As `coerce`, with what was assumed in reading the value (empty where nothing was)."""
    if field.type in ("integer", "number"):
        return _number(field, raw)
    if field.type == "boolean":
        return _boolean(field, raw), ""
    if field.type == "choice":
        return _choice(field, raw), ""
    return (_list(field, raw) if field.type == "list" else _text(field, raw)), ""


def accepts(field: Field, detail: str = "", raw: Any = None) -> FieldError:
    """The error that says what a field accepts."""
    got = told("got", said=quote(raw)) if raw is not None else ""
    reason = f" ({detail})" if detail else ""
    said = told("accepts", label=field.label, needed=_expectation(field), example=field.example, got=got, reason=reason)
    return FieldError(field.name, said)


def _expectation(field: Field) -> str:
    if field.type == "boolean":
        return told("needs_yes_or_no")
    if field.type == "choice":
        return told("needs_option", options=say_choices(field))
    if field.type == "list":
        return told("needs_list")
    if field.type == "string":
        return told("needs_text")
    kind = told("whole_number" if field.type == "integer" else "any_number")
    if field.minimum is not None and field.maximum is not None:
        low, high = format_value(field, field.minimum), format_value(field, field.maximum)
        return told("needs_number_within", kind=kind, low=low, high=high)
    return told("needs_number", kind=kind)


def _number(field: Field, raw: Any) -> tuple[int | float, str]:
    value, note = _measured(field, raw)
    if field.type == "integer" and value != value.to_integral_value():
        raise accepts(field, told("no_whole_number", number=f"{value.normalize():f}"), raw)
    too_low = field.minimum is not None and value < Decimal(repr(field.minimum))
    too_high = field.maximum is not None and value > Decimal(repr(field.maximum))
    if too_low or too_high or abs(value) >= _LARGEST:
        raise accepts(field, "", raw)
    return (int(value) if field.type == "integer" else float(value)), note


def _measured(field: Field, raw: Any) -> tuple[Decimal, str]:
    if _is_zero(field, raw):
        return Decimal(0), ""
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        raise accepts(field, "", raw)
    if isinstance(raw, float):
        if not math.isfinite(raw):
            raise accepts(field, "", raw)
        return Decimal(repr(raw)), ""
    if isinstance(raw, int):
        if abs(raw) >= _LARGEST:
            raise accepts(field, "", raw)
        return Decimal(raw), ""
    try:
        share = "%" in raw and field.quantity == "plain" and field.maximum is not None and field.maximum <= 1
        nouns = (field.name, field.label, *field.aliases)
        measured = measure(raw, "ratio" if share else field.quantity, nouns, limit=field.name in _LIMITS)
    except NotANumberError as error:
        raise accepts(field, str(error), raw) from error
    return measured.value, measured.note


def _is_zero(field: Field, raw: Any) -> bool:
    """Whether "none" or a no stands for a count of zero."""
    if field.quantity != "count" or field.minimum != 0:
        return False
    return raw is False or (isinstance(raw, str) and bool(vocabulary().zero.whole(normalise(raw[:40]).split())))


def polarity_of(text: str) -> bool | None:
    """Yes or no, also with a few words around it; None where it is neither or both."""
    known = vocabulary()
    words = [word.text for word in words_of(text[:200])]
    while words and words[0] in ("well", "hmm", "um", "oh", "hm"):
        words = words[1:]
    if not words or len(text) > 200:
        return None
    found = known.polarity.at(words, 0)
    if found is None:
        return None
    length, value = found
    rest = words[length:]
    if any(word in known.hedges or word in ("but", "not") for word in rest):
        return None
    others = (known.polarity.at(rest, index) for index in range(len(rest)))
    if any(other is not None and other[1] is not value for other in others):
        return None
    return value


def _boolean(field: Field, raw: Any) -> bool:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, int) and raw in (0, 1):
        return bool(raw)
    if isinstance(raw, str):
        said = polarity_of(raw)
        if said is not None:
            return said
    raise accepts(field, "", raw)


def _choice(field: Field, raw: Any) -> str:
    known = {choice.value for choice in field.choices}
    if raw is False and "none" in known:
        return "none"
    if isinstance(raw, bool) or not isinstance(raw, str | int) or (isinstance(raw, int) and abs(raw) >= _LARGEST):
        raise accepts(field, "", raw)
    text = str(raw)
    found = match_choice(field, text) if len(text) <= _LONGEST_NAME else []
    if len(found) == 1:
        return found[0]
    if len(found) > 1:
        raise FieldError(
            field.name, told("may_mean", label=field.label, said=quote(text), options=say_choices(field, found))
        )
    return _mentioned(field, text)


def _mentioned(field: Field, text: str) -> str:
    words = [word.text for word in words_of(text[:_LONGEST_NAME])]
    affirmed, negated, used = mentions(field, words)
    allowed = vocabulary().fillers | vocabulary().negations
    rest = [word for index, word in enumerate(words) if index not in used and word not in allowed]
    if len(text) > _LONGEST_NAME or rest or set(affirmed) & set(negated):
        raise accepts(field, "", text)
    if len(affirmed) == 1:
        return affirmed[0]
    left = [choice.value for choice in field.choices if choice.value not in negated]
    if negated and not affirmed and len(left) == 1:
        return left[0]
    if negated and not affirmed and left:
        raise FieldError(field.name, told("then_which", label=field.label, options=say_choices(field, left)))
    if affirmed:
        raise FieldError(field.name, told("which_one", label=field.label, options=say_choices(field, affirmed)))
    raise accepts(field, "", text)


def _text(field: Field, raw: Any) -> str:
    if isinstance(raw, list | tuple) and raw and all(isinstance(item, str) for item in raw):
        raw = ", ".join(raw)
    if (
        isinstance(raw, bool)
        or not isinstance(raw, str | int | float)
        or (isinstance(raw, int) and abs(raw) >= _LARGEST)
    ):
        raise accepts(field, "", raw)
    text = one_line(str(raw))
    limit = _LONGEST_NAME if field.name in _NAMES else _LONGEST_TEXT
    if not text:
        raise accepts(field)
    if len(text) > limit:
        raise FieldError(field.name, told("too_long", label=field.label, limit=f"{limit:,}", length=f"{len(text):,}"))
    return _node(field, text) if field.name == "node" else text


def _node(field: Field, text: str) -> str:
    known = vocabulary()
    words = [word for word in normalise(text[:_LONGEST_NAME]).split() if word not in known.section_fillers]
    node = known.section_names.whole(normalise(text[:_LONGEST_NAME]).split()) or known.section_names.whole(words)
    if node is None:
        raise FieldError(field.name, say("dialogue", "which_section", said=quote(text)))
    return node


def _list(field: Field, raw: Any) -> Any:
    if field.name == "data_paths":
        return data_paths(raw)
    if field.name == "target_modules":
        return target_modules(raw)
    if field.name == "constraints":
        return _constraints(field, raw)
    if field.name == "accept":
        return accepted_lines(raw, line_count(field))
    items = [one_line(item) for item in raw.split(",")] if isinstance(raw, str) else raw
    if not isinstance(items, list | tuple) or not all(isinstance(item, str) and one_line(item) for item in items):
        raise accepts(field, "", raw)
    return [one_line(item) for item in items]


def line_count(field: Field) -> int:
    """How many lines there are to accept: the field's options, else its maximum, else any number."""
    return len(field.choices) or int(field.maximum or NO_LIMIT)


def _constraints(field: Field, raw: Any) -> dict[str, Any]:
    known = constraint_fields()
    if isinstance(raw, str):
        raw = [item for item in _NEXT_CONSTRAINT.split(raw) if item.strip()]
    if isinstance(raw, list | tuple):
        pairs = [item.partition(":")[::2] for item in raw if isinstance(item, str) and ":" in item]
        raw = {name.strip(): value.strip() for name, value in pairs} if len(pairs) == len(raw) else None
    if not isinstance(raw, Mapping) or not raw:
        raise accepts(field, told("any_of", names=", ".join(item.called for item in known.values())))
    result: dict[str, Any] = {}
    for name, value in raw.items():
        key = normalise(str(name)).replace(" ", "_")
        if key not in known:
            there_are = ", ".join(item.called for item in known.values())
            raise FieldError(field.name, told("not_one_of", label=field.label, names=there_are, said=quote(name)))
        result[key] = coerce(known[key], value.replace(";", ",") if isinstance(value, str) else value)
    return {name: result[name] for name in CONSTRAINTS if name in result}
