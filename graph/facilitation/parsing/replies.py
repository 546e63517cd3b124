"""A typed reply, understood without a model: an answer, a question, a command, out of scope, or unclear."""

import json
import re
from typing import Any

from ...fields import Field
from ...interrupts import REPLY_LIMIT, Question
from ...texts import text as say
from ..protocol import Interpretation, Problem
from .agreement import agreement
from .answers import gives_something, read_answers
from .choices import match_choice, option_phrases
from .coercion import coerce_noted, polarity_of
from .errors import FieldError
from .menu import read_lines, read_menu
from .messages import told
from .programs import interpret_fields
from .questions import command_in, discusses, only_polite, owner_of, split_questions
from .text import clean, normalise, one_line, words_of
from .vocabulary import vocabulary

_THUMBS = frozenset("👍👌✅✔")
_VARIANTS = "\ufe0f\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"
_ONLY_WORDS = re.compile(r"[^\W\d_][^\d,;:?!/\n]{2,100}")
_FEW_WORDS = 10
_DESCRIPTIONS = frozenset({"use_case", "domain", "data_source"})
_SHORT = 200
_DEEPEST = 64


def interpret_text(text: str, question: Question) -> Interpretation:
    """Understand what a person typed in reply to a question. Never raises, and never guesses.

    Args:
        text: The reply as typed.
        question: What was asked.

    Returns:
        The interpretation; `unclear`, with what is accepted and an example, where nothing can be said with certainty.
    """
    if len(text) > REPLY_LIMIT:
        return _unclear(told("reply_too_long", limit=f"{REPLY_LIMIT:,}", length=f"{len(text):,}"))
    said = clean(text).strip()
    if not said:
        return Interpretation(kind="answer", accept_rest=True) if not text.strip() else Interpretation(kind="unclear")
    for reader in (_typed_object, read_lines, read_menu, _short):
        result = reader(said, question)
        if result is not None:
            return result
    return _sentences(said, question)


def _unclear(message: str, field: str = "") -> Interpretation:
    return Interpretation(kind="unclear", problems=[Problem(field=field, message=message)])


def _typed_object(text: str, question: Question) -> Interpretation | None:
    """An object in JSON, typed or pasted by a person."""
    if not (text.startswith("{") and text.endswith("}")) or text.count("{") + text.count("[") > _DEEPEST:
        return None
    try:
        value = json.loads(text)
    except ValueError:
        return None
    if not isinstance(value, dict) or not value:
        return None
    accepted = value.get("accept_recommended") is True
    inner: dict[str, Any] = value["fields"] if isinstance(value.get("fields"), dict) else value
    given = {name: item for name, item in inner.items() if name != "accept_recommended"}
    return interpret_fields(given, question, accepted, aliases=True)


def _short(text: str, question: Question) -> Interpretation | None:
    """Replies that mean something as a whole: an option, a command, yes or no, the recommendation, "I don't know"."""
    if len(text) > _SHORT:
        return None
    if not text.strip(_VARIANTS + " ").strip("👍👌✅✔" + _VARIANTS + " ") and _THUMBS & set(text):
        text = "yes"
    words = normalise(text).split()
    option = None if text.endswith("?") else _option(text, words, question)
    if option is not None:
        return option
    command = command_in(text, question.fields)
    if command is not None:
        return command
    if len(words) == 1 and words[0] in vocabulary().model_families and _asks_for_model(question):
        return Interpretation(kind="answer", fields={"base_model": words[0]})
    if words and vocabulary().ignorance.whole(words):
        return Interpretation(kind="answer", unknown=[field.name for field in question.fields])
    if not words or text.endswith("?"):
        return None
    meant = _yes_or_no(text, words, question)
    return _unclear(say("dialogue", "greeted")) if meant is None and only_polite(words) else meant


def _asks_for_model(question: Question) -> bool:
    return any(field.name == "base_model" for field in question.fields)


def _yes_or_no(text: str, words: list[str], question: Question) -> Interpretation | None:
    boolean = _decisive(question)
    whole = vocabulary().polarity.whole(words)
    if boolean is not None:
        value = polarity_of(text) if whole is None else whole
        if value is not None and (whole is not None or len(question.fields) == 1):
            return Interpretation(kind="answer", fields={boolean.name: value})
    agreed = agreement(text)
    if agreed:
        return Interpretation(kind="answer", accept_rest=True)
    if whole is False:
        return _unclear(told("what_differs", example=_example(question)))
    return None


def _decisive(question: Question) -> Field | None:
    """The one field that a bare yes or no answers."""
    booleans = [field for field in question.fields if field.type == "boolean"]
    alone = len(question.fields) == 1 or question.kind == "confirm"
    return booleans[0] if alone and len(booleans) == 1 else None


def _example(question: Question) -> str:
    field = question.fields[0] if question.fields else None
    return f"{field.called}: {field.example}" if field else "yes"


def _option(text: str, words: list[str], question: Question) -> Interpretation | None:
    """An option of the question's only or leading list, by name or number."""
    choices = [field for field in question.fields if field.type == "choice"]
    if len(choices) != 1 or question.fields[0] is not choices[0]:
        return None
    field = choices[0]
    value = option_phrases(field.name, field.choices).whole(words)
    bare = len(words) == 1 and len(words[0]) <= 2 and words[0].isascii() and words[0].isdigit()
    if value is None and (bare or len(question.fields) == 1):
        found = match_choice(field, text)
        value = found[0] if len(found) == 1 else None
        if bare and value is None:
            return _unclear(_refusal(field, text), field.name)
    return None if value is None else Interpretation(kind="answer", fields={field.name: value})


def _refusal(field: Field, text: str) -> str:
    try:
        coerce_noted(field, text)
    except FieldError as error:
        return error.message
    return ""


def _sentences(text: str, question: Question) -> Interpretation:
    """Replies of several words: questions apart, values from the rest."""
    answer, questions = split_questions(text, question.fields)
    asked = one_line(" ".join(questions)) or None
    result = _answer(answer, question) if words_of(answer[:_SHORT]) else Interpretation(kind="unclear")
    if gives_something(result):
        result.kind = "answer"
        result.question = asked
        result.owner_step = owner_of(asked) if asked else None
        return result
    owner = owner_of(text)
    if owner is not None:
        return Interpretation(kind="out_of_scope", owner_step=owner, question=one_line(text))
    if asked is not None:
        return Interpretation(kind="question", question=one_line(text), problems=result.problems)
    if result.problems:
        return result.model_copy(update={"kind": "unclear"})
    return _only_lacking(text, question) or Interpretation(kind="unclear", notes=result.notes)


def _only_lacking(text: str, question: Question) -> Interpretation | None:
    """A few words for the one description that is still lacking: they are shown and confirmed before they count."""
    lacking = [field for field in question.fields if field.required and field.name not in question.recommended]
    words = normalise(text[:_SHORT]).split()
    if len(lacking) != 1 or lacking[0].name not in _DESCRIPTIONS or len(words) > _FEW_WORDS:
        return None
    known = vocabulary()
    says_otherwise = known.polarity.at(words, 0) if words else None
    if says_otherwise or known.negations & set(words) or not _ONLY_WORDS.fullmatch(text):
        return None
    return Interpretation(kind="answer", fields={lacking[0].name: coerce_noted(lacking[0], text)[0]})


def _answer(text: str, question: Question) -> Interpretation:
    boolean = _decisive(question)
    value = polarity_of(text) if boolean is not None and len(question.fields) == 1 else None
    if boolean is not None and value is not None:
        return Interpretation(kind="answer", fields={boolean.name: value})
    result = read_answers(text, question.fields, question.recommended)
    if len(question.fields) != 1 or result.fields or result.unknown or result.findings:
        return result
    return _only_field(text, question.fields[0], result)


def _only_field(text: str, field: Field, result: Interpretation) -> Interpretation:
    """The bare value of the only field."""
    words = normalise(text[:_SHORT]).split()
    talk = owner_of(text) is not None and discusses(text)
    if talk or (words and vocabulary().ignorance.at(words, 0)):
        return result
    try:
        value, note = coerce_noted(field, text)
    except FieldError as error:
        if not result.problems:
            result.problems.append(Problem(field=error.field, message=error.message))
        return result
    notes = [f"{field.label}: {note}."] if note else []
    return Interpretation(kind="answer", fields={field.name: value}, notes=notes)
