"""What a reply gives, gathered part by part, with what is wrong or left aside in it."""

import re
from collections.abc import Mapping
from typing import Any

from ...fields import Field
from ...interrupts import Recommendation
from ...texts import text as say
from ..protocol import Interpretation, Problem
from .choices import say_choices
from .labels import label_phrases
from .messages import told
from .names import counted_elsewhere
from .prose import PROSE_LIMIT
from .quantities import number_words
from .text import normalise, quote
from .vocabulary import vocabulary

NAMED = re.compile(r"\s*([A-Za-z][A-Za-z_ -]{1,30}?)\s*[:=]\s*\S")
"""A part that names what it gives: `name: value`."""


class Answers:
    """What a reply gives, gathered part by part; contradictions within it are problems."""

    def __init__(self, fields: tuple[Field, ...], recommended: Mapping[str, Recommendation]) -> None:
        self.fields = fields
        self.recommended = recommended
        self.result = Interpretation(kind="answer")
        self._disputed: set[str] = set()
        self._excluded: dict[str, set[str]] = {}
        self.doubtful: list[Field] = []
        """Fields whose value was called wrong."""

    def set(self, field: Field, value: Any, note: str = "") -> None:
        """Record a value; a second, different one for the same field leaves the field open."""
        known = self.result.fields
        if isinstance(value, list) and isinstance(known.get(field.name), list):
            value = list(dict.fromkeys([*known[field.name], *value]))
        elif field.name in self._disputed or (field.name in known and known[field.name] != value):
            known.pop(field.name, None)
            if field.name not in self._disputed:
                self.problem(field.name, told("given_twice", label=field.label))
            self._disputed.add(field.name)
            return
        known[field.name] = value
        if note:
            self.note(f"{field.label}: {note}.")

    def exclude(self, name: str, value: str) -> None:
        """Record an option that was ruled out."""
        self._excluded.setdefault(name, set()).add(value)

    def settle_exclusions(self) -> None:
        """Take the one option that is left where all others were ruled out; ask where several are."""
        for field in self.fields:
            excluded = self._excluded.get(field.name, set())
            left = [choice.value for choice in field.choices if choice.value not in excluded]
            value = self.result.fields.get(field.name)
            if not excluded or (value is not None and value not in excluded):
                continue
            self.result.fields.pop(field.name, None)
            if len(left) == 1 and value is None:
                self.set(field, left[0], told("what_was_left", value=left[0]))
            elif left:
                self.problem(field.name, told("then_which", label=field.label, options=say_choices(field, left)))

    def settle_doubtful(self) -> None:
        """Ask what holds instead of what was called wrong, unless the reply says so elsewhere."""
        for field in self.doubtful:
            if field.name not in self.result.fields:
                self.problem(field.name, told("what_instead", label=field.label, example=field.example))

    def problem(self, name: str, message: str) -> None:
        """Record why something could not be taken."""
        self.result.problems.append(Problem(field=name, message=message))

    def note(self, sentence: str) -> None:
        """Record what was assumed or left aside."""
        if sentence not in self.result.notes:
            self.result.notes.append(sentence)

    def skip(self, text: str, *, partly: bool = False) -> None:
        """Record a part that was not understood, or not all of it; what can hold no value is merely background."""
        if hint := counted_elsewhere(text, self.fields):
            self.note(hint)
        elif partly or may_give(text, self.fields):
            self.note(told("taken_in_part" if partly else "not_taken", said=quote(text)))
        else:
            self.note(say("dialogue", "background", said=quote(text)))

    def doubt(self, fields: list[Field]) -> None:
        """Record fields answered with "I don't know"."""
        self.result.unknown += [field.name for field in fields if field.name not in self.result.unknown]


def may_give(text: str, fields: tuple[Field, ...]) -> bool:
    """Whether a part that was not understood may hold a value: it has a figure, a field's name, or a proper name."""
    known = vocabulary()
    words = normalise(number_words(text[:PROSE_LIMIT])).split()
    proper = known.model_families | {normalise(name) for name in known.gpus}
    return (
        any(character.isdigit() for word in words for character in word)
        or NAMED.match(text) is not None
        or not proper.isdisjoint(words)
        or known.distinctive.anywhere(words)
        or label_phrases(fields).anywhere(words)
    )
