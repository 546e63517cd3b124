"""Which numbers of a document count training data, of what kind, and whether what they count exists."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from .candidates import MENTIONED, OUTRIGHT, STATED
from .meaning import clause
from .numbers import Number, counts
from .statements import Statement
from .vocabulary import cue, vocabulary

Kind = Literal["data_volume", "preference_pairs"]
Thing = Literal["examples", "records", "other", ""]

LABELS = frozenset({"data_volume", "preference_pairs"})

_SMALLEST_BARE = 10
"""Below it a number without a unit is a step, a version or a priority."""
_YEARS = range(1990, 2101)
_NOUN_WORDS = 6
_WORD = re.compile(r"(?:[^\W\d]|[&/'(-])[\w&/'()-]{0,40}")
_BREAK = re.compile(r"[.;:,|\d]")
_OF_THOSE = re.compile(r"^\s?(?:out )?of (?:the |our )?~?\d[\d,.]{0,12}k?(?=\s)")
_AT_START = re.compile(
    r"^[\s~≈>≥+(]{0,4}(?:(?:about|around|approx\.?|approximately|roughly|circa|ca\.|some|over|nearly|almost|more than"
    r"|at least|currently|total:?)\s+){0,2}[~≈]?$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Count:
    """A number of things that are training data, and what kind."""

    kind: Kind
    value: int
    strength: int
    whole: bool = False
    """Whether it is said to be the total, or what is left after cleaning."""


def data_counts(statement: Statement) -> Iterator[Count]:
    """The numbers in a statement that count training data which exists."""
    for number in counts(statement.text):
        count = _count(statement, number)
        if count is not None:
            yield count


def about_training(statement: Statement) -> bool:
    """Whether a statement, or what stands above it, speaks of data to train on."""
    words = cue("training_data", "preference")
    return words.is_in(statement.text, statement.words) or words.is_in(statement.topic, statement.topic_words)


def names_examples(statement: Statement) -> bool:
    """Whether a statement names examples or a dataset."""
    return bool(statement.words & {"data", "dataset"}) or "examples" in vocabulary("counted").values_in(
        statement.text, statement.words
    )


def _count(statement: Statement, number: Number) -> Count | None:
    offset, around = clause(statement, number.start, number.end)
    thing, unit = _unit(statement.text[number.end : number.end + 80])
    labelled = bool(statement.subjects & LABELS) and bool(_AT_START.match(statement.text[: number.start]))
    trained_on = about_training(statement)
    if thing == "other" or (thing == "" and not labelled) or (thing == "records" and not labelled and not trained_on):
        return None
    if _about_retrieval(thing, unit, around, labelled) or not _exists(statement, number, offset, around):
        return None
    kind = _kind(statement, unit, around)
    if _too_small(number, thing, kind):
        return None
    whole = cue("whole", "cleaned").is_in(around) or cue("whole").is_in(statement.label)
    strength = OUTRIGHT if labelled or (thing == "examples" and trained_on) else STATED if unit else MENTIONED
    return Count(kind, int(number.value), strength + (1 if whole else 0), whole)


def _about_retrieval(thing: Thing, unit: str, around: str, labelled: bool) -> bool:
    """Whether the number belongs to the documents that are searched and not to those that are learnt."""
    words = cue("retrieval")
    return words.is_in(unit) or (thing != "examples" and not labelled and words.is_in(around))


def _too_small(number: Number, thing: Thing, kind: Kind) -> bool:
    """Whether the number is a step, a version or a year; "0 preference pairs" is a count."""
    if number.value == 0:
        return kind != "preference_pairs"
    return number.bare and (number.value < _SMALLEST_BARE or (thing == "" and number.value in _YEARS))


def _unit(after: str) -> tuple[Thing, str]:
    """What is counted: the first noun after the number that names examples or records, with the words before it."""
    if after.lstrip()[:1] in {"%", "°", "$", "€", "/"}:
        return "other", ""
    after = _OF_THOSE.sub("", after)
    rest = after.lstrip(" )+~-")
    if not rest or rest[0] in ".,;:|(":
        return "", ""
    named: list[str] = []
    end = 0
    for found in _WORD.finditer(after):
        if _BREAK.search(after[end : found.start()]):
            break
        word, end = found.group().lower().strip("()'"), found.end()
        named.append(word)
        counted = _counted(word)
        if counted in {"examples", "records"}:
            thing: Thing = "examples" if counted == "examples" else "records"
            return thing, " ".join(named) + _aside(after[end : end + 24])
        if counted == "ends" or len(named) > _NOUN_WORDS:
            return "", ""
        if counted == "other":
            return "other", ""
    return "", ""


def _counted(word: str) -> str:
    """What kind of noun a word is; of a compound such as "question/answer-pairs" the last part decides."""
    words = vocabulary("counted")
    for part in (word, re.split(r"[-/]", word)[-1]):
        found = words.find(part)
        if found and (found[0].start, found[0].end) == (0, len(part)):
            return found[0].value
    return ""


def _aside(tail: str) -> str:
    """What tells the kind right after the noun: "pairs (chosen/rejected)"."""
    return f" {tail}" if tail.lstrip().startswith(("(", "pairs", "chosen")) else ""


def _kind(statement: Statement, unit: str, around: str) -> Kind:
    """Preference pairs or examples: the noun decides, then the clause, the label, the row and the headings."""
    preference, instruction = cue("preference"), cue("instruction")
    if preference.is_in(unit):
        return "preference_pairs"
    if instruction.is_in(unit):
        return "data_volume"
    clause_of_pairs = around if "pair" in unit else ""
    for text in (clause_of_pairs, statement.label, statement.row, *reversed(statement.headings)):
        preferred, instructed = preference.is_in(text), instruction.is_in(text)
        if preferred or instructed:
            return "preference_pairs" if preferred and not instructed else "data_volume"
    return "preference_pairs" if "preference_pairs" in statement.subjects else "data_volume"


def _exists(statement: Statement, number: Number, offset: int, around: str) -> bool:
    """Whether the counted things are there: not needed, planned, discarded, for evaluation, or so many a day."""
    at = number.start - offset
    evaluation, training = cue("evaluation"), cue("training_data")
    if cue("rate").is_in(around[at:][:70]) or (evaluation.is_in(around) and not training.is_in(around)):
        return False
    if cue("discarded").is_in(around) and not cue("cleaned").is_in(around):
        return False
    existence = cue("needed", "existing")
    if matches := existence.find(around) or existence.find(statement.text[: number.start]):
        before = [match for match in matches if match.end <= at]
        nearest = max(before, key=lambda match: match.end) if before else matches[0]
        return nearest.value == "existing"
    for above in _above(statement):
        if evaluation.is_in(above) and not training.is_in(above):
            return False
        if found := existence.find(above):
            return found[-1].value == "existing" or (above in statement.headings and _has_an_origin(statement))
    return True


def _has_an_origin(statement: Statement) -> bool:
    """Whether a statement says where its data come from, and so, even under "Data requirements", that they exist."""
    return statement.kind != "cell" and vocabulary("data_sources").is_in(statement.text, statement.words)


def _above(statement: Statement) -> Iterator[str]:
    """What a number's label, column, row and headings say about it, the nearest first."""
    yield statement.label
    if statement.kind == "cell" and statement.headings:
        yield statement.headings[-1]
    yield statement.row
    for heading in reversed(statement.headings):
        if cue("training_data", "preference", "evaluation").is_in(heading) or "data" in heading.split():
            yield heading
