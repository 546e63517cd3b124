"""Descriptions without their labels: the use case as a sentence, the domain as a word of its own."""

from ...fields import Field
from ...project.extraction.purpose import is_domain, task_named
from .coercion import coerce_noted
from .errors import FieldError
from .gathered import Answers
from .text import normalise, words_of
from .vocabulary import vocabulary

_FEWEST_WORDS = 3
_MOST_WORDS = 30


def take_description(text: str, answers: Answers) -> bool:
    """Take a text for the description that it can only be, where that is lacking; whether it was one.

    It is shown and confirmed with the rest before it counts.
    """
    plain = text.strip(" .!")
    if is_domain(plain) and (domain := _lacking("domain", answers)):
        return _taken(domain, plain, answers)
    words, known = normalise(text).split(), vocabulary()
    if not _FEWEST_WORDS <= len(words) <= _MOST_WORDS or known.negations & set(words) or not task_named(text):
        return False
    use_case = _lacking("use_case", answers)
    return use_case is not None and _taken(use_case, _itself(text), answers)


def _lacking(name: str, answers: Answers) -> Field | None:
    known = {*answers.recommended, *answers.result.fields}
    return next((field for field in answers.fields if field.name == name and name not in known), None)


def _taken(field: Field, text: str, answers: Answers) -> bool:
    try:
        value, note = coerce_noted(field, text)
    except FieldError:
        return False
    answers.set(field, value, note)
    return True


def _itself(text: str) -> str:
    """The use case without the words that lead to it: "summarize contracts" of "we want to summarize contracts"."""
    words = words_of(text)
    texts, start = [word.text for word in words], 0
    while found := vocabulary().before_use_case.at(texts, start):
        start += found[0]
    return text[words[start].start :].strip(" .!") if start < len(words) else text
