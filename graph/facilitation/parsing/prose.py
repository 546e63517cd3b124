"""Values without labels: taken only where one field alone can be meant, else asked about."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Any

from ...fields import Field
from ..protocol import Problem
from .choices import match_choice, mentions, say_choices
from .coercion import coerce_noted
from .errors import FieldError
from .hardware import Span, find_data_files, find_gpus, find_models
from .labels import label_phrases
from .quantities import NUMBER, SUFFIX, number_words
from .text import Word, quote, words_of
from .vocabulary import Phrases, vocabulary

PROSE_LIMIT = 300
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
_CORRECTION = re.compile(r",\s*(?:no|nope|not|sorry|wait|actually|rather|oops)\b", re.IGNORECASE)
_MULTIPLE = re.compile(r"(?<![\w.-])([0-9]{1,4})\s?[x×](?=\s?[0-9]{1,4}\s?gi?b|\s*$)", re.IGNORECASE)
_BILLIONS = re.compile(r"\s?(?:b|bn|billion)$", re.IGNORECASE)
_MILLIONS = re.compile(r"\s?(?:m|million)$", re.IGNORECASE)


@dataclass
class Prose:
    """What a part of a reply gave."""

    values: list[tuple[str, Any]] = attribute(default_factory=list)
    excluded: list[tuple[str, str]] = attribute(default_factory=list)
    """Options that were ruled out, by field."""
    problems: list[Problem] = attribute(default_factory=list)
    notes: list[str] = attribute(default_factory=list)
    rest: str = ""
    """The part as typed, where something in it was not understood."""


def leading_figure(text: str) -> str | None:
    """The figure at the beginning of a value that goes on in words; None where a second figure or a doubt follows."""
    figure = _FIGURE.match(text)
    if figure is None or len(text) > PROSE_LIMIT:
        return None
    rest = {word.text for word in words_of(text[figure.end() :])}
    known = vocabulary()
    doubtful = rest & (known.conditions | known.negations | known.foreign_units | {"or", "than"})
    return None if doubtful or _FOREIGN.search(text, figure.end()) else figure[0]


class _Reader:
    """One part, read step by step; what has been understood is blanked out."""

    def __init__(self, text: str, fields: tuple[Field, ...]) -> None:
        self.original = text
        self.text = number_words(text)
        self.fields = {field.name: field for field in fields}
        self.labels: Phrases[Field] = label_phrases(fields)
        self.found = Prose()
        known = vocabulary()
        words = {word.text for word in words_of(text)}
        self.hedged = bool(words & known.hedges)
        self.conditional = bool(words & known.conditions) or _CORRECTION.search(text) is not None
        self.intended = bool(words & known.intentions)

    def words(self) -> list[Word]:
        return words_of(self.text)

    def blank(self, start: int, end: int) -> None:
        self.text = self.text[:start] + " " * (end - start) + self.text[end:]

    def set(self, field: Field, raw: Any) -> None:
        try:
            value, note = coerce_noted(field, raw)
        except FieldError as error:
            self.found.problems.append(Problem(field=error.field, message=error.message))
            return
        self.found.values.append((field.name, value))
        if note:
            self.found.notes.append(f"{field.label}: {note}.")

    def qualified(self, position: int) -> int:
        """Where the bound or approximation before a figure begins, such as "no more than"."""
        before = self.text[:position].lower().rstrip()
        for phrase in sorted((*vocabulary().bounds, *vocabulary().approximately), key=len, reverse=True):
            if before.endswith(phrase) and not before[: -len(phrase)][-1:].isalnum():
                return len(before) - len(phrase)
        return position

    def negated(self, position: int) -> bool:
        """Whether one of the three words before denies what stands at a place."""
        before = [word.text for word in words_of(self.text[:position])][-3:]
        return any(word in vocabulary().negations for word in before)


def read_prose(text: str, fields: tuple[Field, ...]) -> Prose:
    """Read one part of a reply that has no label.

    Args:
        text: The part, at most `PROSE_LIMIT` characters; of a longer one nothing is taken.
        fields: The question's fields.
    """
    if len(text) > PROSE_LIMIT:
        return Prose(rest=text)
    reader = _Reader(text, fields)
    _read_files(reader)
    _read_modules(reader)
    _read_statements(reader)
    _read_models(reader)
    _read_gpus(reader)
    _read_labelled_figures(reader)
    _read_figures(reader)
    _read_options(reader)
    meaningless = vocabulary().fillers | (vocabulary().negations if reader.found.excluded else frozenset())
    left = [word.text for word in reader.words() if word.text not in meaningless]
    if left or not (reader.found.values or reader.found.excluded or reader.found.problems):
        reader.found.rest = text
    return reader.found


def _read_files(reader: _Reader) -> None:
    field = reader.fields.get("data_paths")
    files = find_data_files(reader.text) if field and not reader.hedged else []
    if field and files:
        reader.set(field, [file.text for file in files])
        _blank_all(reader, files)


def _read_modules(reader: _Reader) -> None:
    """Target modules, where a part consists of nothing else: `q_proj`, `attention and mlp`."""
    field = reader.fields.get("target_modules")
    items = [item for item in re.split(r"[\s,;+&]+", reader.text.lower()) if item]
    known = vocabulary()
    names = [
        item for item in items if item in known.module_words or item.endswith("_proj") or item.startswith("all-lin")
    ]
    if field and names and all(item in names or item in known.module_fillers | known.fillers for item in items):
        reader.set(field, " ".join(names))
        reader.blank(0, len(reader.text))


def _read_labelled_figures(reader: _Reader) -> None:
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


def _blank_all(reader: _Reader, spans: Iterable[Span]) -> None:
    for span in spans:
        reader.blank(span.start, span.end)


def _read_statements(reader: _Reader) -> None:
    """Phrases that give a field a value by themselves, such as "no PII"."""
    known = vocabulary()
    phrases = Phrases(
        (phrase, (name, statement.value))
        for name, statements in known.statements.items()
        if name in reader.fields
        for statement in statements
        for phrase in statement.phrases
    )
    words = reader.words()
    texts = [word.text for word in words]
    index = 0
    while index < len(words) and not reader.hedged:
        found = phrases.at(texts, index)
        if found is None:
            index += 1
            continue
        length, (name, value) = found
        if not any(word in known.negations for word in texts[max(0, index - 3) : index]):
            reader.found.values.append((name, value))
            reader.blank(words[index].start, words[index + length - 1].end)
        index += length


def _read_models(reader: _Reader) -> None:
    """A model's name; where it can't be the answer, its size is at least not taken for another figure."""
    field = reader.fields.get("base_model")
    models = find_models(reader.text)
    rest = list(reader.text)
    for model in models:
        rest[model.start : model.end] = " " * (model.end - model.start)
    others = [word.text for word in words_of("".join(rest)) if word.text not in vocabulary().fillers]
    if field and len(models) == 1 and not others and not reader.hedged and not reader.negated(models[0].start):
        reader.set(field, models[0].text)
        _blank_all(reader, models)
    elif models:
        for model in models:
            size = len(model.text)
            reader.text = reader.text[: model.start] + "_" * (size - 1) + "?" + reader.text[model.end :]
        reader.found.rest = reader.original


def _read_gpus(reader: _Reader) -> None:
    gpus = find_gpus(reader.text)
    count = reader.fields.get("gpu_count")
    multiple = _MULTIPLE.search(reader.text)
    if count and multiple and not gpus and not reader.hedged:
        reader.set(count, multiple[1])
        reader.blank(multiple.start(), multiple.end())
    if not gpus or reader.hedged:
        return
    for gpu in gpus:
        if reader.negated(gpu.start):
            return
    kind, compute = reader.fields.get("gpu_type"), reader.fields.get("compute")
    if kind and len({gpu.name for gpu in gpus}) > 1:
        message = f"{kind.label}: {' or '.join(dict.fromkeys(gpu.name for gpu in gpus))}, which one?"
        reader.found.problems.append(Problem(field=kind.name, message=message))
    elif kind:
        given = {"gpu_type": gpus[0].name, "gpu_count": gpus[0].count, "vram_gb": gpus[0].memory}
        for name, value in given.items():
            if value is not None and name in reader.fields:
                reader.set(reader.fields[name], value)
    elif compute and len(gpus) == 1:
        reader.set(compute, reader.text[gpus[0].start : gpus[0].end].strip(" ,"))
    else:
        return
    for gpu in gpus:
        reader.blank(gpu.start, gpu.end)


def _read_figures(reader: _Reader) -> None:
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
            names = " or ".join(f"{field.label} (`{field.name}: {text}`)" for field in candidates)
            reader.found.problems.append(Problem(field="", message=f"{quote(text)} may be {names}; which one?"))
        if candidates:
            reader.blank(start, end)


def _counts(candidates: Sequence[Field]) -> bool:
    named = {name for kind in ("examples", "pairs", "either") for name in vocabulary().noun_fields[kind]}
    return any(field.name in named and field.name != "target_examples" for field in candidates)


def _candidates(reader: _Reader, figure: re.Match[str], following: list[Word]) -> tuple[list[Field], int]:
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
    named = _by_noun(reader, following)
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


def _of_quantity(reader: _Reader, quantity: str) -> list[Field]:
    return [field for field in reader.fields.values() if field.quantity == quantity]


def _by_noun(reader: _Reader, following: list[Word]) -> tuple[list[Field], int] | None:
    """By what the figure counts: a label right behind it, or a noun among the next words."""
    texts = [word.text for word in following]
    for index in range(len(following)):
        counted = vocabulary().counted.at(texts, index)
        if counted is not None:
            length, kind = counted
            names = vocabulary().noun_fields[kind]
            return [reader.fields[name] for name in names if name in reader.fields], following[index + length - 1].end
    label = reader.labels.at(texts, 0) if texts else None
    if label is not None and label[1].type in ("integer", "number"):
        return [label[1]], following[label[0] - 1].end
    return None


def _by_elimination(reader: _Reader, figure: re.Match[str]) -> list[Field]:
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


def _read_options(reader: _Reader) -> None:
    """Options by name: where nothing else is said, or where the name means one thing wherever it stands."""
    if reader.hedged:
        return
    known = vocabulary()
    words = reader.words()
    texts = [word.text for word in words]
    mentioned = [
        _Mentioned(field, *mentions(field, texts)) for field in reader.fields.values() if field.type == "choice"
    ]
    for each in mentioned:
        each.labels = _label_beside(reader, texts, each)
    used = {index for each in mentioned for index in (*each.places, *each.labels)}
    others = [
        word for index, word in enumerate(texts) if index not in used and word not in known.fillers | known.negations
    ]
    for each in mentioned:
        said = [texts[index] for index in each.places]
        if not said or (others and not known.distinctive.anywhere(said)):
            continue
        if not each.labels and _means_little(reader, each, said):
            continue
        if not each.labels and any(set(each.places) & set(other.places) for other in mentioned if other is not each):
            message = f"{each.field.label}: does {quote(reader.original)} mean this? Then write `{each.field.name}: …`."
            reader.found.problems.append(Problem(field=each.field.name, message=message))
        elif len(each.affirmed) > 1:
            message = f"{each.field.label}: {say_choices(each.field, each.affirmed)}, which one?"
            reader.found.problems.append(Problem(field=each.field.name, message=message))
        else:
            reader.found.values += [(each.field.name, value) for value in each.affirmed]
            reader.found.excluded += [(each.field.name, value) for value in each.negated]
        for index in (*each.places, *each.labels):
            reader.blank(words[index].start, words[index].end)


@dataclass
class _Mentioned:
    """Which options of a field a part names, and where."""

    field: Field
    affirmed: list[str]
    negated: list[str]
    places: list[int]
    labels: list[int] = attribute(default_factory=list)


def _label_beside(reader: _Reader, texts: list[str], each: _Mentioned) -> list[int]:
    """The places of the field's own name right behind its option: "medium complexity"."""
    if not each.places:
        return []
    start = each.places[-1] + 1
    found = reader.labels.at(texts, start) if start < len(texts) else None
    return list(range(start, start + found[0])) if found and found[1].name == each.field.name else []


def _means_little(reader: _Reader, each: _Mentioned, said: list[str]) -> bool:
    """Whether an option's name is too common, or begins another field's option, to be taken among other fields."""
    choices = [field for field in reader.fields.values() if field.type == "choice"]
    alone = len(choices) == 1 and not any(field.type == "string" for field in reader.fields.values())
    if alone or not each.affirmed:
        return False
    text = " ".join(said)
    shared = sum(1 for field in choices if field is each.field or match_choice(field, text)) > 1
    return bool(vocabulary().vague & set(said)) or (shared and not vocabulary().distinctive.whole(said))
