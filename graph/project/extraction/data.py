"""Training data: how many examples and preference pairs exist, and where they come from."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from .candidates import MENTIONED, OUTRIGHT, STATED, Candidate
from .meaning import clause
from .numbers import Number, counts
from .statements import Statement
from .vocabulary import cue, vocabulary

Kind = Literal["data_volume", "preference_pairs"]

_PHRASE = re.compile(r"(?:[^\W\d]|[&/'(-])[\w&/'()-]{0,40}")
_EXAMPLES = {
    "example", "examples", "sample", "samples", "pair", "pairs", "demonstration", "demonstrations", "instructions", "datapoints", "exemplars",
    "instruction-response", "q&a", "qa", "q/a", "triples", "instances", "shots",
}  # fmt: skip
_RECORDS = {
    "tickets", "conversations", "dialogues", "dialogs", "records", "rows", "entries", "items", "transcripts", "chats", "emails", "functions",
    "snippets", "summaries", "completions", "prompts", "questions", "answers", "threads", "notes", "reports", "letters", "sentences", "cases",
    "interactions", "exchanges", "responses", "commits", "queries", "segments", "clauses", "reviews", "calls", "messages", "lines",
}  # fmt: skip
_BREAK = {
    "and", "or", "for", "in", "with", "per", "to", "from", "on", "at", "of", "that", "which", "is", "are", "was", "were", "users", "tokens",
    "documents", "docs", "chunks", "pages", "articles", "pdfs", "passages", "vectors", "dimensions", "characters", "words", "gpus", "gpu", "ms",
    "seconds", "minutes", "hours", "days", "weeks", "months", "years", "steps", "epochs", "customers", "employees", "requests", "products",
    "seats", "agents", "usd", "eur", "dollars", "gb", "mb", "tb", "percent", "parameters", "vocabulary", "queries/day", "annotators", "experts",
    "files", "sessions", "by", "as", "than", "the", "times", "people", "concurrent", "active", "daily", "tps", "rps", "qps",
}  # fmt: skip
_NO_DATA = re.compile(
    r"\b(?:no|zero|without(?:\s+any)?|(?:don't|do not|doesn't|does not)\s+(?:yet\s+)?have(?:\s+any)?|lack(?:s|ing)?(?:\s+any)?|not\s+any|there\s+(?:is|are)\s+no)\s+"
    r"(?:\w+\s+){0,2}?(?P<what>preference|preferences|pairwise|chosen|dpo|rlhf|comparison|training|sft|instruction|labell?ed|fine-?tuning|supervised)"
    r"(?:[\s/-]+\w+){0,2}?[\s/-]+(?:data|dataset|pairs?|examples?|rejected|samples|labels|judge?ments|rankings)\b(?P<rest>.{0,40})",
    re.IGNORECASE,
)
_NO_LONGER_DATA = re.compile(
    r"\b(?P<what>preference|pairwise|chosen/rejected|dpo|rlhf|comparison)\s+(?:data|pairs|dataset|examples|judge?ments)\b[^.;]{0,24}?"
    r"\b(?:does not|do not|doesn't|don't|are not|is not|isn't|aren't|was not|were not|has not|have not|not|never|none|unavailable|missing)\b",
    re.IGNORECASE,
)
_RULE = re.compile(
    r"\b(?:may|must|should|will|can|leaves?|sent|stored|allowed|shared|retention|loss|leak)\b", re.IGNORECASE
)
_AT_START = re.compile(
    r"^[\s~≈>≥+(]{0,4}(?:(?:about|around|approx\.?|approximately|roughly|circa|ca\.|some|over|nearly|almost|more than|at least|currently|total:?)\s+){0,2}$",
    re.IGNORECASE,
)
_OF_THOSE = re.compile(r"^\s?(?:out )?of (?:the |our )?~?\d[\d,.]{0,12}k?(?=\s)")
_SPLIT = re.compile(r"\b(?:train(?:ing)?|validation|val|test|dev|eval)\b", re.IGNORECASE)


@dataclass(frozen=True)
class _Count:
    """A number of things that are training data, and what kind."""

    kind: Kind
    value: int
    start: int
    end: int
    strength: int
    whole: bool = False


def data_candidates(statements: Sequence[Statement]) -> Iterator[Candidate]:
    """What a document says about the amount of training data that exists."""
    columns: dict[tuple[tuple[str, ...], str], list[Candidate]] = {}
    for statement in statements:
        if statement.kind == "heading" or statement.weak:
            continue
        for candidate in _in_statement(statement):
            if (
                statement.kind == "cell"
                and statement.label != (statement.headings or ("",))[-1]
                and candidate.strength < OUTRIGHT + 1
            ):
                columns.setdefault((statement.headings[:-1], statement.label), []).append(candidate)
            else:
                yield candidate
    for found in columns.values():
        yield from _column(found)


def _column(found: list[Candidate]) -> Iterator[Candidate]:
    """One column of a table of sources: its total row, else the sum of its rows."""
    for kind in ("data_volume", "preference_pairs"):
        rows = [candidate for candidate in found if candidate.name == kind and candidate.value]
        totals = [row for row in rows if cue("whole").is_in(row.statement.row)]
        if totals or len({row.statement.line for row in rows}) < 2:
            yield from totals or rows
            continue
        first = rows[0].statement
        passage = " / ".join(row.statement.passage for row in rows)
        merged = Statement(first.text, first.label, first.headings, first.line, passage[:300], first.kind, first.row)
        yield Candidate(rows[0].name, sum(row.value for row in rows), merged, max(row.strength for row in rows))
    yield from (candidate for candidate in found if not candidate.value)


def _in_statement(statement: Statement) -> Iterator[Candidate]:
    yield from _absence(statement)
    if not any(character.isdigit() for character in statement.text) and not statement.words & {
        "hundred",
        "thousand",
        "million",
    }:
        return
    if cue("retrieval").is_in(statement.topic, statement.topic_words) and not _about_training(statement):
        return
    found = [count for number in counts(statement.text) if (count := _count(statement, number)) is not None]
    for kind in ("data_volume", "preference_pairs"):
        yield from (
            Candidate(count.kind, count.value, statement, count.strength)
            for count in _whole([c for c in found if c.kind == kind], statement)
        )


def _whole(found: list[_Count], statement: Statement) -> list[_Count]:
    """Of several counts in one sentence the one that holds the others."""
    if len(found) < 2:
        return found
    marked = [count for count in found if count.whole]
    if marked:
        return marked[-1:]
    total = sum(count.value for count in found)
    for count in found:
        if count.value * 2 == total:
            return [count]
    if len({match.lower()[:3] for match in _SPLIT.findall(statement.text)}) > 1 and all(count.value for count in found):
        first = found[0]
        return [_Count(first.kind, total, first.start, first.end, first.strength)]
    return found[:1]


def _absence(statement: Statement) -> Iterator[Candidate]:
    """ "No preference data", "Preference pairs: none"."""
    found = _NO_DATA.search(statement.text) or _NO_LONGER_DATA.search(statement.text)
    if found and not _RULE.search(found.groupdict().get("rest") or ""):
        preference = cue("preference").is_in(found["what"])
        yield Candidate(
            "preference_pairs" if preference else "data_volume", 0, statement, OUTRIGHT if preference else STATED
        )
    elif "preference_pairs" in statement.subjects and statement.kind != "sentence":
        absent = cue("absent").find(statement.text, statement.words)
        if absent and absent[0].start <= 2:
            yield Candidate("preference_pairs", 0, statement, OUTRIGHT)


def _count(statement: Statement, number: Number) -> _Count | None:
    """The number as a count of training data; None where it counts something else, or something that does not exist yet."""
    offset, around = clause(statement, number.start, number.end)
    thing, unit = _unit(statement.text[number.end : number.end + 80])
    labelled = statement.subjects & {"data_volume", "preference_pairs"} and _AT_START.match(
        statement.text[: number.start]
    )
    if thing == "other" or (not thing and not labelled):
        return None
    if (
        (number.bare and number.value < 10)
        or number.value < 1
        or (not thing and number.bare and _is_year(number.value))
    ):
        return None
    context = statement.text if not thing else around
    if not _exists(statement, number, offset, around):
        return None
    kind = _kind(statement, unit, around)
    if thing != "examples" and not labelled and not _about_training(statement):
        return None
    if cue("retrieval").is_in(unit) or (thing != "examples" and not labelled and cue("retrieval").is_in(context)):
        return None
    whole = cue("whole", "cleaned").is_in(around) or cue("whole").is_in(statement.label)
    strength = (
        OUTRIGHT
        if labelled or (thing == "examples" and _about_training(statement))
        else STATED
        if thing == "examples"
        else MENTIONED
    )
    return _Count(kind, int(number.value), number.start, number.end, strength + (1 if whole else 0), whole)


def _is_year(value: float) -> bool:
    return 1990 <= value <= 2100


def _unit(after: str) -> tuple[Literal["examples", "records", "other", ""], str]:
    """What is counted: the first noun after the number that names examples or records, with the words before it."""
    words: list[str] = []
    if after[:1] in {"%", "°"} or after.lstrip()[:1] in {"%", "$", "€", "/"}:
        return "other", ""
    after = _OF_THOSE.sub("", after)
    rest = after.lstrip(" )+~-")
    if not rest or rest[0] in ".,;:|":
        return "", ""
    for found in _PHRASE.finditer(after):
        if re.search(r"[.;:,|\d]", after[(words and _offset(words, after)) or 0 : found.start()]):
            break
        word = found.group().lower().strip("()'")
        words.append(word)
        last = re.split(r"[-/]", word)[-1]
        if word in _BREAK or len(words) > 6:
            return (
                "other"
                if len(words) == 1
                and word
                not in {"and", "or", "for", "in", "from", "at", "to", "with", "by", "as", "on", "is", "are", "that"}
                else ""
            ), ""
        if word in _EXAMPLES or last in _EXAMPLES:
            tail = after[found.end() : found.end() + 24]
            return "examples", " ".join(words) + " " + (
                tail if tail.lstrip().startswith(("(", "pairs", "chosen")) else ""
            )
        if word in _RECORDS or last in _RECORDS:
            return "records", " ".join(words)
    return ("other" if words else ""), ""


def _offset(words: list[str], text: str) -> int:
    return text.lower().find(words[-1]) + len(words[-1])


def _kind(statement: Statement, unit: str, around: str) -> Kind:
    preference, instruction = cue("preference"), cue("instruction")
    for text in (unit, around if "pair" in unit else "", statement.label, statement.row, *reversed(statement.headings)):
        if text and (preference.is_in(text) or instruction.is_in(text)):
            return (
                "preference_pairs"
                if preference.is_in(text) and not (instruction.is_in(text) and text != unit)
                else "data_volume"
            )
    return "preference_pairs" if "preference_pairs" in statement.subjects else "data_volume"


def _about_training(statement: Statement) -> bool:
    return bool(
        cue("training_data", "preference").is_in(statement.text, statement.words)
        or cue("training_data", "preference").is_in(statement.topic, statement.topic_words)
    )


def _exists(statement: Statement, number: Number, offset: int, around: str) -> bool:
    """Whether the counted things are there: not needed, planned, discarded, for evaluation, or so many a day."""
    at = number.start - offset
    if cue("rate").is_in(around[at:][:70]) or (
        cue("evaluation").is_in(around) and not cue("training_data").is_in(around)
    ):
        return False
    if cue("discarded").is_in(around) and not cue("cleaned").is_in(around):
        return False
    matches = cue("needed", "existing").find(around) or cue("needed", "existing").find(statement.text[: number.start])
    if matches:
        before = [match for match in matches if match.end <= at] if around else []
        nearest = max(before, key=lambda match: match.end) if before else matches[0]
        return nearest.value == "existing"
    for above in (statement.label, statement.row, *reversed(statement.headings)):
        if cue("evaluation").is_in(above) and not cue("training_data").is_in(above):
            return False
        if found := cue("needed", "existing").find(above):
            return found[-1].value == "existing"
    return True


def source_candidates(statements: Sequence[Statement]) -> Iterator[Candidate]:
    """How the training data came about."""
    for statement in statements:
        if statement.kind == "heading" or statement.weak:
            continue
        outright = "data_source" in statement.subjects and _about_training(statement)
        sentence = _about_training(statement) and bool(
            statement.words & _EXAMPLES | statement.words & {"data", "dataset"}
        )
        if not outright and not sentence:
            continue
        if cue("retrieval").is_in(statement.topic, statement.topic_words) and not cue("training_data").is_in(
            statement.topic
        ):
            continue
        matches = vocabulary("data_sources").values_in(statement.text, statement.words)
        if cue("needed", "evaluation").is_in(statement.text, statement.words) and not outright:
            continue
        for value in matches[:2]:
            yield Candidate("data_source", value, statement, OUTRIGHT if outright else STATED)
        if not matches and statement.label in {"data source", "training data source", "source of training data"}:
            yield Candidate("data_source", statement.text[:120], statement, OUTRIGHT)
