"""What the design has to respect besides size and licence: privacy, latency, languages."""

import re
from collections.abc import Iterator, Sequence

from .candidates import OUTRIGHT, STATED, Candidate
from .meaning import clause, stance
from .statements import Statement
from .vocabulary import cue, vocabulary

_DURATION = re.compile(r"\d{1,6}(?:[.,]\d{1,3})?\s?(?:ms|msec|milliseconds?|s|sec|secs|seconds?)\b", re.IGNORECASE)
_LATENCY = re.compile(
    r"\blatenc|\bp(?:50|90|95|99)\b|\bresponse times?\b|\brespond\w*\b|\banswers? (?:with)?in\b"
    r"|\btime to first token\b|\bttft\b",
    re.IGNORECASE,
)
_BATCH = re.compile(r"\b(?:embedding|retrieval|index|search|query latency of the vector)\b", re.IGNORECASE)
_LANGUAGE_CONTEXT = re.compile(
    r"\blanguages?\b|\bmultilingual\b|\bbilingual\b|\bspeak|\btickets\b|\bin (?:english|german|french|spanish"
    r"|italian|dutch|polish|japanese|chinese)\b|\bcustomers?\b|\bsupports?\b|-only\b|\brepl(?:y|ies)\b|\bresponses?\b",
    re.IGNORECASE,
)
_MERE_WORD = 2
_SHORT = 80
_TEXT_LIMIT = 200


def limit_candidates(statements: Sequence[Statement]) -> Iterator[Candidate]:
    """Privacy, latency and languages, each in the words of the document."""
    for statement in statements:
        if statement.kind == "heading":
            continue
        yield from _privacy(statement)
        yield from _latency(statement)
        yield from _languages(statement)


def _privacy(statement: Statement) -> Iterator[Candidate]:
    labelled = "privacy" in statement.subjects and not statement.weak and statement.kind != "sentence"
    says_something = cue("private").is_in(statement.text) or len(statement.text.split()) > _MERE_WORD
    if labelled and says_something and not cue("undecided").is_in(statement.text[:24]):
        yield Candidate("privacy", statement.text[:_TEXT_LIMIT], statement, STATED)
        return
    found = cue("private").find(statement.text, statement.words)
    if found and (
        len({match.start for match in found}) > 1
        or statement.words
        & {"data", "must", "may", "never", "cannot", "compliance", "compliant", "records", "gdpr", "hipaa", "no"}
    ):
        yield Candidate("privacy", statement.text[:_TEXT_LIMIT], statement, STATED)


def _latency(statement: Statement) -> Iterator[Candidate]:
    labelled = "latency" in statement.subjects
    if not labelled and not _LATENCY.search(statement.text):
        return
    if not _DURATION.search(statement.text) or _BATCH.search(statement.text) or _BATCH.search(statement.label):
        return
    name = statement.label if labelled and statement.label else ""
    text = f"{name}: {statement.text}" if name else _part_about_latency(statement)
    yield Candidate("latency", text[:_TEXT_LIMIT], statement, OUTRIGHT if labelled else STATED)


def _part_about_latency(statement: Statement) -> str:
    """Of a long sentence the clause that holds the figure, where that says what the figure is."""
    found = _DURATION.search(statement.text)
    if found is None or len(statement.text) <= _SHORT:
        return statement.text
    part = clause(statement, found.start(), found.end())[1].strip(" .")
    return part if _LATENCY.search(part) else statement.text


def _languages(statement: Statement) -> Iterator[Candidate]:
    labelled = "languages" in statement.subjects and not statement.weak
    found = _named(statement, "natural")
    if labelled:
        found = found or _named(statement, "programming") or _named(statement, "codes")
        if found:
            yield Candidate("languages", ", ".join(found), statement, OUTRIGHT)
    elif found and not statement.weak and _LANGUAGE_CONTEXT.search(statement.text):
        yield Candidate("languages", ", ".join(found), statement, STATED)


def _named(statement: Statement, part: str) -> list[str]:
    matches = vocabulary("languages", part).find(statement.text, statement.words)
    kept = [match for match in matches if stance(statement, match.start, match.end) not in {"rejected", "uncertain"}]
    proper = [
        match.value
        for match in kept
        if part != "natural" or statement.text[match.start].isupper() or len(statement.text) < 40
    ]
    return list(dict.fromkeys(proper))
