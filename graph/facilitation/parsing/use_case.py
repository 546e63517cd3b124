"""The use case in the user's own words: "classify support emails into 12 categories"."""

from ...project.extraction.purpose import task_named
from .coercion import coerce_noted
from .errors import FieldError
from .gathered import Answers
from .text import normalise, words_of
from .vocabulary import vocabulary

_FEWEST_WORDS = 3
_MOST_WORDS = 30


def take_use_case(text: str, answers: Answers) -> bool:
    """Take a sentence that names one task for the use case, where none is known; whether it was one.

    It is shown and confirmed with the rest before it counts.
    """
    field = next((field for field in answers.fields if field.name == "use_case"), None)
    if field is None or field.name in answers.recommended or field.name in answers.result.fields:
        return False
    words, known = normalise(text).split(), vocabulary()
    if not _FEWEST_WORDS <= len(words) <= _MOST_WORDS or known.negations & set(words) or not task_named(text):
        return False
    try:
        value, note = coerce_noted(field, _itself(text))
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
