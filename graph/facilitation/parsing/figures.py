"""Figures in a sentence, each for the one field that it can be meant for."""

import re
from collections.abc import Sequence

from ...fields import Field
from ..protocol import Problem
from .choices import match_choice
from .coercion import coerce_noted
from .errors import FieldError
from .messages import either, told
from .part import PartReader
from .quantities import NUMBER, SUFFIX
from .text import Word, quote, words_of
from .vocabulary import vocabulary

_LONGEST = 300
_UNIT = r"gi?b|gigs?|g|mi?b|tb|usd|dollars|bucks|percent|tokens?|steps?"
_FIGURE = re.compile(
    rf"(?<![A-Za-z0-9_./$-])(?<![0-9][\s,])(?P<currency>(?:us)?\$\s?)?(?P<amount>(?P<between>between\s)?{NUMBER}(?:\s?{SUFFIX})?"
    rf"(?:\s?(?:-|–|—|to|(?(between)and|(?!)))\s?{NUMBER}(?:\s?{SUFFIX})?)?)"
    rf"(?:\s?(?P<unit>(?:{_UNIT})(?![\w])|\$))?(?![\w]|,[0-9]|\s[0-9]{{3}}(?![0-9]))",
    re.IGNORECASE,
)
_PER_TIME = re.compile(
    r"\s?(?:/\s?(?:h|d|w|m|y|s|min)|(?:per|an?|each|every)\s(?:hour|day|week|month|year|second|gpu))", re.IGNORECASE
)
_FOREIGN = re.compile(r"[0-9%€£¥/$]")
_ALTERNATIVE = re.compile(r"\s*(?:or|/|vs)\s*[0-9.]", re.IGNORECASE)
_GAP = re.compile(r"\s*[:=]?\s*(?:of\s|is\s)?", re.IGNORECASE)
_BILLIONS = re.compile(r"\s?(?:b|bn|billion)$", re.IGNORECASE)
_MILLIONS = re.compile(r"\s?(?:m|million)$", re.IGNORECASE)


def leading_figure(text: str) -> str | None:
    """The figure at the beginning of a value that goes on in words; None where a second figure or a doubt follows."""
    figure = _FIGURE.match(text)
    if figure is None or len(text) > _LONGEST:
        return None
    rest = {word.text for word in words_of(text[figure.end() :])}
    known = vocabulary()
    doubtful = rest & (known.conditions | known.negations | known.foreign_units | {"or", "than"})
    return None if doubtful or _FOREIGN.search(text, figure.end()) else figure[0]


def read_labelled_figures(reader: PartReader) -> None:
    """A figure right behind a field's name within a sentence: "QLoRA with rank 16 on …"."""
    words = reader.words()
    texts = [word.text for word in words]
    for index in range(len(words)):
        found = reader.labels.at(texts, index)
        if found is None or found[1].type not in ("integer", "number") or len(words[index].text) < 2:
            continue
        if index and words[index - 1].text[:1].isdigit():
            continue  # "2 epochs at 1e-4": the figure before is the label's own
        label = words[index + found[0] - 1]
        gap = _GAP.match(reader.text, label.end)
        figure = _FIGURE.match(reader.text, gap.end()) if gap else None
        if (
            figure
            and not _ALTERNATIVE.match(reader.text, figure.end())
            and not reader.conditional
            and not reader.negated(words[index].start)
        ):
            reader.set(found[1], figure[0])
            reader.blank(words[index].start, figure.end())


def read_figures(reader: PartReader) -> None:
    """Each figure for the field that its unit, its noun or its size allows; where several do, which one is asked."""
    figures = list(_FIGURE.finditer(reader.text))
    for index, figure in enumerate(figures):
        stop = figures[index + 1].start() if index + 1 < len(figures) else len(reader.text)
        following = words_of(reader.text[figure.end() : stop])[:4]
        following = [Word(word.text, word.start + figure.end(), word.end + figure.end()) for word in following]
        start = reader.qualified(figure.start())
        candidates, end = _candidates(reader, figure, following)
        if reader.conditional or reader.negated(start) or _PER_TIME.match(reader.text, end):
            continue
        if reader.intended and _counts(candidates) and start == figure.start():
            continue
        if len(candidates) == 1:
            reader.set(candidates[0], reader.text[start : figure.end()])
        elif candidates:
            text = figure[0].strip()
            names = either(told("as_written", label=each.label, called=each.called, said=text) for each in candidates)
            reader.found.problems.append(Problem(field="", message=told("may_be", said=quote(text), names=names)))
        if candidates:
            reader.blank(start, end)


def _counts(candidates: Sequence[Field]) -> bool:
    named = {name for kind in ("examples", "pairs", "either") for name in vocabulary().noun_fields[kind]}
    return any(field.name in named and field.name != "target_examples" for field in candidates)


def _candidates(reader: PartReader, figure: re.Match[str], following: list[Word]) -> tuple[list[Field], int]:
    """The fields that a figure may be meant for, and where the words end that say so."""
    unit = (figure["unit"] or "").lower()
    amount = figure["amount"].lower()
    if figure["currency"] or unit in ("usd", "dollars", "bucks", "$"):
        return _of_quantity(reader, "usd"), figure.end()
    for units, quantity in (
        (("gb", "gib", "g", "gig", "gigs", "mb", "mib", "tb"), "gib"),
        (("percent",), "ratio"),
        (("token", "tokens"), "tokens"),
        (("step", "steps"), "steps"),
    ):
        if unit in units:
            return _of_quantity(reader, quantity), figure.end()
    named = _by_noun(reader, following, nothing=not amount.strip("0"))
    if named is not None:
        return named
    if amount.endswith("%"):
        return _of_quantity(reader, "ratio"), figure.end()
    if _BILLIONS.search(amount):
        return _of_quantity(reader, "billions"), figure.end()
    if _MILLIONS.search(amount) and following and following[0].text in vocabulary().units["billions"]:
        return _of_quantity(reader, "billions"), following[0].end
    if "e-" in amount:
        return _of_quantity(reader, "rate"), figure.end()
    return _by_elimination(reader, figure), figure.end()


def _of_quantity(reader: PartReader, quantity: str) -> list[Field]:
    return [field for field in reader.fields.values() if field.quantity == quantity]


def _by_noun(reader: PartReader, following: list[Word], *, nothing: bool) -> tuple[list[Field], int] | None:
    """By what the figure counts: a label right behind it, or a noun among the next words."""
    texts = [word.text for word in following]
    for index in range(len(following)):
        counted = vocabulary().counted.at(texts, index)
        if counted is not None:
            length, kind = counted
            # "0 pairs" says what "no pairs" does: preference pairs alone are left unmentioned otherwise.
            names = vocabulary().noun_fields["pairs" if kind == "either" and nothing else kind]
            return [reader.fields[name] for name in names if name in reader.fields], following[index + length - 1].end
    label = reader.labels.at(texts, 0) if texts else None
    if label is not None and label[1].type in ("integer", "number"):
        return [label[1]], following[label[0] - 1].end
    return None


def _by_elimination(reader: PartReader, figure: re.Match[str]) -> list[Field]:
    """A figure that stands alone: every field that would accept it."""
    around = reader.text[: figure.start()] + reader.text[figure.end() :]
    if any(word.text not in vocabulary().fillers for word in words_of(around)):
        return []
    return [field for field in reader.fields.values() if _may_mean(field, figure[0])]


def _may_mean(field: Field, text: str) -> bool:
    """Whether a bare figure may be a field's value, or the number of one of its options."""
    if field.type == "choice":
        return text.isdigit() and len(text) <= 2 and bool(match_choice(field, text))
    return field.type in ("integer", "number") and _accepts(field, text)


def _accepts(field: Field, text: str) -> bool:
    try:
        coerce_noted(field, text)
    except FieldError:
        return False
    return True
