"""Training data: how many examples and preference pairs exist, and where they come from."""

import re
from collections.abc import Iterator, Sequence

from .candidates import OUTRIGHT, STATED, Candidate
from .counting import Count, about_training, data_counts, names_examples
from .statements import PASSAGE_LIMIT, Statement
from .vocabulary import cue, vocabulary

_NO_DATA = re.compile(
    r"\b(?:no|zero|without(?:\s+any)?|(?:don't|do not|doesn't|does not)\s+(?:yet\s+)?have(?:\s+any)?"
    r"|lack(?:s|ing)?(?:\s+any)?|not\s+any|there\s+(?:is|are)\s+no)\s+(?:\w+\s+){0,2}?"
    r"(?P<what>preference|preferences|pairwise|chosen|dpo|rlhf|comparison|training|sft|instruction|labell?ed"
    r"|fine-?tuning"
    r"|supervised)(?:[\s/-]+\w+){0,2}?[\s/-]+"
    r"(?:data|dataset|pairs?|examples?|rejected|samples|labels|judge?ments|rankings)\b(?P<rest>.{0,40})",
    re.IGNORECASE,
)
_NO_SUCH_DATA = re.compile(
    r"\b(?P<what>preference|pairwise|chosen/rejected|dpo|rlhf|comparison)\s+(?:data|pairs|dataset|examples"
    r"|judge?ments)\b"
    r"[^.;]{0,24}?\b(?:does not|do not|doesn't|don't|are not|is not|isn't|aren't|was not|were not|has not|have not|not"
    r"|never|none|unavailable|missing)\b",
    re.IGNORECASE,
)
_RULE = re.compile(
    r"\b(?:may|must|should|will|can|leaves?|sent|stored|allowed|shared|retention|loss|leak)\b", re.IGNORECASE
)
_SPLIT = re.compile(r"\b(?:train(?:ing)?|validation|val|test|dev|eval)\b", re.IGNORECASE)
_SCALE_WORDS = frozenset({"hundred", "thousand", "million"})
_SOURCE_LABELS = frozenset({"data source", "training data source", "source of training data"})


def data_candidates(statements: Sequence[Statement]) -> Iterator[Candidate]:
    """What a document says about the amount of training data that exists."""
    columns: dict[tuple[tuple[str, ...], str], list[Candidate]] = {}
    for statement in statements:
        if statement.kind == "heading" or statement.weak:
            continue
        for candidate in _in_statement(statement):
            if statement.kind == "cell" and candidate.strength <= OUTRIGHT:
                columns.setdefault((statement.headings[:-1], statement.label), []).append(candidate)
            else:
                yield candidate
    for found in columns.values():
        yield from _column(found)


def _column(found: list[Candidate]) -> Iterator[Candidate]:
    """One column of a table of sources: its total row, else the sum of its rows."""
    yield from (candidate for candidate in found if not candidate.value)
    for kind in ("data_volume", "preference_pairs"):
        rows = [candidate for candidate in found if candidate.name == kind and candidate.value]
        totals = [row for row in rows if cue("whole").is_in(row.statement.row)]
        if totals or len({row.statement.line for row in rows}) < 2:
            yield from totals or rows
            continue
        first = rows[0].statement
        passage = " / ".join(row.statement.passage for row in rows)[:PASSAGE_LIMIT]
        merged = Statement(first.text, first.label, first.headings, first.line, passage, first.kind, first.row)
        yield Candidate(rows[0].name, sum(row.value for row in rows), merged, max(row.strength for row in rows))


def _in_statement(statement: Statement) -> Iterator[Candidate]:
    absent = list(_absence(statement))
    yield from absent
    if not any(character.isdigit() for character in statement.text) and statement.words.isdisjoint(_SCALE_WORDS):
        return
    if cue("retrieval").is_in(statement.topic, statement.topic_words) and not about_training(statement):
        return
    found = list(data_counts(statement))
    for kind in ("data_volume", "preference_pairs"):
        if absent and absent[0].name == kind:
            continue
        for count in _whole([item for item in found if item.kind == kind], statement):
            yield Candidate(count.kind, count.value, statement, count.strength)


def _whole(found: list[Count], statement: Statement) -> list[Count]:
    """Of several counts in one sentence the one that holds the others."""
    if len(found) < 2:
        return found
    if marked := [count for count in found if count.whole]:
        return marked[-1:]
    total = sum(count.value for count in found)
    if holding := [count for count in found if count.value * 2 == total]:
        return holding[:1]
    if len({part.lower()[:3] for part in _SPLIT.findall(statement.text)}) > 1:
        return [Count(found[0].kind, total, found[0].strength)]
    return found[:1]


def _absence(statement: Statement) -> Iterator[Candidate]:
    """That there is none: a sentence such as "No preference data", a label such as "Preference pairs: none"."""
    found = _NO_DATA.search(statement.text) or _NO_SUCH_DATA.search(statement.text)
    if found and not _RULE.search(found.groupdict().get("rest") or ""):
        if cue("preference").is_in(found["what"]):
            yield Candidate("preference_pairs", 0, statement, OUTRIGHT)
        else:
            yield Candidate("data_volume", 0, statement, STATED)
    elif "preference_pairs" in statement.subjects and statement.kind != "sentence":
        absent = cue("absent").find(statement.text, statement.words)
        if absent and absent[0].start <= 2:
            yield Candidate("preference_pairs", 0, statement, OUTRIGHT)


def source_candidates(statements: Sequence[Statement]) -> Iterator[Candidate]:
    """How the training data came about."""
    for statement in statements:
        if statement.kind == "heading" or statement.weak or not about_training(statement):
            continue
        labelled = "data_source" in statement.subjects
        if not labelled and not names_examples(statement):
            continue
        if cue("retrieval").is_in(statement.topic, statement.topic_words) and not cue("training_data").is_in(
            statement.topic
        ):
            continue
        if not labelled and cue("needed", "evaluation").is_in(statement.text, statement.words):
            continue
        named = vocabulary("data_sources").values_in(statement.text, statement.words)[:2]
        if not named and statement.label in _SOURCE_LABELS:
            named = [statement.text[:120]]
        yield from (Candidate("data_source", value, statement, OUTRIGHT if labelled else STATED) for value in named)
