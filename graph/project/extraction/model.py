"""What the base model has to be: its licence and its size."""

import re
from collections.abc import Iterator, Sequence

from .candidates import OUTRIGHT, STATED, Candidate
from .meaning import clause, stance
from .numbers import Number, sizes
from .statements import Statement
from .vocabulary import Match, cue, subjects_of, vocabulary

_TERMS = re.compile(
    r"\blicen[cs]|\bcommercial|\bopen[\s-](?:source|weight)|\bpermissive|\bnon-?commercial", re.IGNORECASE
)
_NAMED = re.compile(r"\bapache[\s-]?(?:license\s|v)?2|\bMIT\b", re.IGNORECASE)
_UNIVERSITY = re.compile(r"\bMIT\b")
_NEGATED_TERMS = re.compile(
    r"\b(?:no|not|never|without|exclud\w+|avoid\w*|reject\w*|forbid\w*|rules? out|ruled out|isn't|aren't)\b",
    re.IGNORECASE,
)
_TOOLS = {"vector_database", "mlops", "tracking"}
_LARGER = re.compile(r"\b(?:larger|bigger|more|greater|beyond|above|over)(?: than)?\s$", re.IGNORECASE)
_RULED_OUT = re.compile(
    r"\b(?:not|no|never|nothing|cannot|can't|won't|out of the question|too (?:big|large|expensive))\b", re.IGNORECASE
)
_BOUGHT = re.compile(r"[$€£]|\b(?:driv|seat|server|subscription|renew)", re.IGNORECASE)
_NO_LIMIT = re.compile(r"^\s?-?(?:tokens?|documents|users|dollars|rows|records|requests|vectors|USD)\b", re.IGNORECASE)
_SPECIFIC = ("Apache-2.0", "MIT", "BSD", "CC-BY-4.0", "llama-community", "gemma-terms")
_GENERAL = ("non-commercial", "permissive", "commercial-use", "open-source", "open-weights")


def license_candidates(statements: Sequence[Statement]) -> Iterator[Candidate]:
    """The licence that the base model has to have."""
    for statement in statements:
        labelled = "license" in statement.subjects
        if statement.kind == "heading" or (statement.weak and not labelled) or _about_a_tool(statement):
            continue
        if not labelled and not (
            (_TERMS.search(statement.text) or _NAMED.search(statement.text)) and _about_models(statement)
        ):
            continue
        value = _requirement(statement)
        if value:
            firm = (
                labelled
                or cue("needed", "limiting").is_in(statement.text, statement.words)
                or "must" in statement.words
            )
            yield Candidate("license", value, statement, OUTRIGHT if firm else STATED)


def _about_models(statement: Statement) -> bool:
    if "licen" in statement.text.lower() and vocabulary("licenses").is_in(statement.text, statement.words):
        return not _BOUGHT.search(statement.text)
    subject = cue("model_subject")
    return (
        subject.is_in(statement.text, statement.words)
        or subject.is_in(statement.topic, statement.topic_words)
        or "commercial use" in statement.text.lower()
    )


def _about_a_tool(statement: Statement) -> bool:
    """Whether the licence is that of a database or another tool."""
    subject = cue("model_subject")
    if any("embedding_model" in subjects_of(name) for name in (*statement.headings[-1:], statement.label)):
        return True
    if subject.is_in(statement.text, statement.words) or subject.is_in(statement.label):
        return False
    if any(subjects_of(heading) & _TOOLS for heading in statement.headings):
        return True
    tools = [vocabulary("stack", part) for part in ("vector_database", "mlops")]
    return any(
        tool.is_in(statement.text, statement.words) or tool.is_in(statement.topic, statement.topic_words)
        for tool in tools
    )


def _requirement(statement: Statement) -> str:
    """The licences that are allowed, joined by "or"; else the kind of use that has to be."""
    found = vocabulary("licenses").find(statement.text, statement.words)
    allowed = [match.value for match in found if _allowed(statement, match)]
    turned_down = {match.value for match in found} - set(allowed)
    specific = [value for value in dict.fromkeys(allowed) if value in _SPECIFIC]
    if specific:
        return " or ".join(specific)
    for value in _GENERAL:
        if value in allowed and not (
            value == "commercial-use" and "non-commercial" in turned_down and len(allowed) == 0
        ):
            return value
    return "commercial-use" if "non-commercial" in turned_down else ""


def _allowed(statement: Statement, match: Match) -> bool:
    text = statement.text
    if match.value == "MIT" and not _UNIVERSITY.match(text[match.start : match.end]):
        return False
    if match.value == "commercial-use" and re.search(r"non-?\s?$", text[: match.start], re.IGNORECASE):
        return False
    if stance(statement, match.start, match.end) in {"rejected", "uncertain"}:
        return False
    _, around = clause(statement, match.start, match.end)
    return not _NEGATED_TERMS.search(around[: max(0, around.find(text[match.start : match.end]))])


def size_candidates(statements: Sequence[Statement]) -> Iterator[Candidate]:
    """The largest model that is allowed, in billions of parameters."""
    for statement in statements:
        if statement.kind == "heading" or (statement.weak and "size_limit" not in statement.subjects):
            continue
        if not any(character.isdigit() for character in statement.text):
            continue
        for size in sizes(statement.text):
            if (strength := _size_strength(statement, size)) > 0:
                value = int(size.value) if size.value.is_integer() else size.value
                yield Candidate("size_limit", value, statement, strength)
                break


def _size_strength(statement: Statement, size: Number) -> int:
    """How firmly this size is the limit of the base model; 0 where it is a model's name or another model's size."""
    text = statement.text
    if _NO_LIMIT.match(text[size.end :]) or (
        stance(statement, size.start, size.end) == "rejected" and not _limited(statement, size)
    ):
        return 0
    _, around = clause(statement, size.start, size.end)
    if cue("embedding").is_in(around):
        return 0
    if cue("serving").is_in(around) and not cue("training").is_in(text) and not _limited(statement, size):
        return 0
    if re.search(r"\b(?:teacher|judge|reward|draft|gpt|api|reranker|larger model)\b", around, re.IGNORECASE):
        return 0
    labelled = "size_limit" in statement.subjects and size.start <= 24
    if labelled:
        return OUTRIGHT
    model = cue("model_subject").is_in(text, statement.words) or cue("model_subject").is_in(
        statement.topic, statement.topic_words
    )
    if _limited(statement, size):
        return OUTRIGHT if model else STATED
    wanted = re.match(
        r"\s?-?(?:class\s|parameter\s|param\s|-?sized?\s)?(?:\w+\s)?models?\b", text[size.end :], re.IGNORECASE
    )
    return STATED - 1 if wanted and cue("needed", "chosen_before", "training").is_in(text, statement.words) else 0


def _limited(statement: Statement, size: Number) -> bool:
    text = statement.text
    before, after = text[max(0, size.start - 40) : size.start], text[size.end : size.end + 40]
    if re.search(r"(?:≤|<=?)\s?$", before) or (_LARGER.search(before) and _RULED_OUT.search(text)):
        return True
    return cue("limiting").is_in(before) or bool(
        re.match(
            r"\s?(?:parameters?|params?|models?)?\s?(?:\(?max|or (?:smaller|less|below|under)|and (?:below|under"
            r"|smaller)|tops|at most|maximum|limit)",
            after,
            re.IGNORECASE,
        )
    )
