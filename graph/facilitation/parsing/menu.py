"""Replies at the menu: a letter with what belongs to it, and the lines of a list of changes to accept."""

from typing import Any

from ...fields import Field
from ...interrupts import Question
from ..protocol import Interpretation, Problem
from .answers import read_answers
from .coercion import coerce
from .constraints import constraint_fields
from .errors import FieldError
from .messages import told
from .questions import command_in
from .text import words_of
from .vocabulary import vocabulary

_LETTERS = "aqpc"
_LONGEST = 600


def read_menu(text: str, question: Question) -> Interpretation | None:
    """A choice from the menu; None where the reply is none."""
    fields = {field.name: field for field in question.fields}
    if question.kind != "menu" or len(text) > _LONGEST or text.rstrip().endswith("?"):
        return None
    if "choice" not in fields:
        return _follow_up(text, question) if "constraints" in fields else None
    said = [word.text for word in words_of(text)]
    letter = vocabulary().menu_names.whole(_without_trimmings(said)) or _letter(said)
    if letter:
        return _chosen(letter)
    if said and said[0] in _LETTERS:
        return _with_rest(said[0].upper(), text[words_of(text)[0].end :], fields)
    found = vocabulary().menu_names.at(said, 0) if said else None
    if found and found[1] in "AQ":
        return _with_rest(found[1], text[words_of(text)[found[0] - 1].end :], fields)
    return None


def _without_trimmings(said: list[str]) -> list[str]:
    known = vocabulary()
    while said and (known.politeness.whole(said[:1]) or said[0] in ("ok", "option", "yes")):
        said = said[1:]
    while said and known.politeness.whole(said[-1:]):
        said = said[:-1]
    return said


def _letter(said: list[str]) -> str | None:
    words = _without_trimmings(said)
    return words[0].upper() if len(words) == 1 and words[0] in _LETTERS else None


def _chosen(letter: str, **more: Any) -> Interpretation:
    return Interpretation(kind="answer", fields={"choice": letter, **more})


def _with_rest(letter: str, rest: str, fields: dict[str, Field]) -> Interpretation | None:
    rest = rest.strip(" :,.-–—)]\n")
    words = [word.text for word in words_of(rest)]
    known = vocabulary()
    if all(word in known.section_fillers or known.politeness.whole([word]) for word in words):
        return _chosen(letter)
    if letter == "A" and "node" in fields:
        try:
            return _chosen("A", node=coerce(fields["node"], rest))
        except FieldError as error:
            return Interpretation(kind="unclear", problems=[Problem(field="node", message=error.message)])
    if letter == "Q" and "constraints" in fields:
        return _with_constraints(rest, choice="Q")
    if letter == "C" and known.menu_names.whole(["continue", *words]) == "C":
        return _chosen("C")
    return None


def _follow_up(text: str, question: Question) -> Interpretation | None:
    command = command_in(text, question.fields)
    if command is not None:
        return command
    result = _with_constraints(text)
    return result if result.fields or result.problems[0].field != "constraints" else None


def _with_constraints(text: str, **more: Any) -> Interpretation:
    """What is to change; whatever was not understood of it is asked for again."""
    read = read_answers(text, tuple(constraint_fields().values()), {})
    if not read.fields:
        names = ", ".join(field.called for field in constraint_fields().values())
        problems = read.problems or [Problem(field="constraints", message=told("what_changes", names=names))]
        return Interpretation(kind="unclear", problems=problems)
    order = [name for name in constraint_fields() if name in read.fields]
    return Interpretation(
        kind="answer",
        fields={**more, "constraints": {name: read.fields[name] for name in order}},
        problems=read.problems,
        notes=read.notes,
    )


def read_lines(text: str, question: Question) -> Interpretation | None:
    """Which lines of a list of changes to accept; None where there is no such list or the reply asks something."""
    field = next((field for field in question.fields if field.name == "accept"), None)
    if field is None or len(text) > _LONGEST or text.rstrip().endswith("?"):
        return None
    command = command_in(text, question.fields)
    if command is not None:
        return command
    try:
        lines = coerce(field, text)
    except FieldError as error:
        if any(map(str.isdigit, text)):
            return Interpretation(kind="unclear", problems=[Problem(field="accept", message=error.message)])
        return None
    return Interpretation(kind="answer", fields={"accept": lines}, lines=lines)
