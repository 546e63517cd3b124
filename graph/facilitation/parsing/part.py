"""One part of a reply without labels, as it is read step by step."""

import re
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Any

from ...fields import Field
from ..protocol import Problem
from .coercion import coerce_noted
from .errors import FieldError
from .labels import label_phrases
from .quantities import number_words
from .text import Word, before_instead, words_of
from .vocabulary import Phrases, vocabulary

_CORRECTION = re.compile(r",\s*(?:no|nope|not|sorry|wait|actually|rather|oops)\b", re.IGNORECASE)


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


class PartReader:
    """One part, read step by step; what has been understood is blanked out."""

    def __init__(self, text: str, fields: tuple[Field, ...]) -> None:
        self.original = text
        text = before_instead(text)
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
        """The words that have not been understood yet."""
        return words_of(self.text)

    def blank(self, start: int, end: int) -> None:
        """Mark a place as understood."""
        self.text = self.text[:start] + " " * (end - start) + self.text[end:]

    def set(self, field: Field, raw: Any) -> None:
        """Record a value in its canonical form, or why the field does not accept it."""
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
