"""Values behind their labels: "rank: 32", "weight decay none"."""

from typing import Any

from ...fields import Field
from .agreement import agreement
from .choices import mentions
from .coercion import accepts, coerce_noted, polarity_of
from .elsewhere import take_platform
from .errors import FieldError
from .figures import leading_figure
from .gathered import Answers
from .hardware import find_gpus
from .labels import Labelled, Pair, Part, value_text
from .messages import told
from .prose import PROSE_LIMIT
from .relative import apply_factor, proportion_of
from .text import before_instead, normalise, quote, words_of
from .vocabulary import vocabulary

_LONG_VALUE = 3


def take_pair(pair: Pair, text: str, answers: Answers, labelled: Labelled) -> None:
    """Take the value behind a label; what is no value after all becomes a part of its own in `labelled`."""
    field = pair.field
    raw = value_text(text[pair.start : pair.end])
    if field.type not in ("string", "list"):
        raw = before_instead(raw)
    words = normalise(raw[:PROSE_LIMIT]).split()
    said = vocabulary().labelled.whole(words) or {}
    if field.name in said and field.type != "boolean":
        answers.set(field, said[field.name])
        return
    if words and vocabulary().ignorance.whole(words) and not _is_option(field, raw):
        answers.doubt([field])
        return
    if words and agreement(raw) == "all":
        advice = answers.recommended.get(field.name)
        answers.set(field, advice.value) if advice else answers.doubt([field])
        return
    if field.type != "boolean" and vocabulary().wrong.whole(words):
        answers.doubtful.append(field)
        return
    if field.name == "gpu_type" and len(gpus := find_gpus(raw)) == 1 and (gpus[0].count or gpus[0].memory):
        labelled.parts.append(Part(raw, pair.start, pair.end))
        return
    if field.name == "platform" and take_platform(words, answers):
        return
    try:
        value, note = _value(pair, raw)
    except FieldError as error:
        factor = proportion_of(raw) if field.type in ("integer", "number") else None
        if factor is not None:
            apply_factor(field, factor, answers)
            return
        if not pair.explicit and len(raw.split()) > _LONG_VALUE and not raw[:1].isdigit():
            labelled.parts.append(Part(f"{pair.label} {raw}", pair.start, pair.end))
        else:
            answers.problem(error.field, error.message)
        return
    answers.set(field, value, note)


def _is_option(field: Field, raw: str) -> bool:
    return field.type == "choice" and normalise(raw) in {choice.value for choice in field.choices}


def _value(pair: Pair, raw: str) -> tuple[Any, str]:
    field = pair.field
    if field.type == "boolean":
        return _labelled_boolean(pair, raw), ""
    try:
        return coerce_noted(field, raw)
    except FieldError:
        if field.type == "choice":
            affirmed, negated, _ = mentions(field, [word.text for word in words_of(raw[:PROSE_LIMIT])])
            hedged = vocabulary().hedges & set(normalise(raw[:PROSE_LIMIT]).split())
            if len(affirmed) == 1 and not negated and not hedged:
                return affirmed[0], told("taken_of", said=quote(raw), value=affirmed[0])
        figure = leading_figure(raw) if field.type in ("integer", "number") else None
        if figure is None:
            raise
        value, note = coerce_noted(field, figure)
        return value, "; ".join(filter(None, (note, told("taken_of", said=quote(raw), value=figure.strip()))))


def _labelled_boolean(pair: Pair, raw: str) -> bool:
    """Yes or no; behind a label that names the opposite, or that can be read both ways, with care."""
    known, field = vocabulary(), pair.field
    said = normalise(raw)
    if said in known.free_of.get(field.name, ()):
        return True
    value = polarity_of(raw)
    if value is None:
        raise accepts(field, "", raw)
    if pair.label in map(normalise, known.two_way_labels.get(field.name, ())):
        raise FieldError(field.name, told("both_ways", said=f"{pair.label}: {said}", called=field.called))
    return not value if pair.label in known.inverse_labels.get(field.name, ()) else value
