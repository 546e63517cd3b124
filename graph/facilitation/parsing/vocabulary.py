"""How people say things, read from `prompts/parsing.yaml` and indexed for comparison word by word."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache, cached_property
from importlib.resources import files
from typing import Any, Generic, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict
from pydantic import Field as Constraint

from ...fields import Field
from .text import normalise

Meaning = TypeVar("Meaning")


class Phrases(Generic[Meaning]):
    """Phrases with what they mean, found as the longest match at a place in a list of words."""

    def __init__(self, meanings: Iterable[tuple[str, Meaning]]) -> None:
        self._by_words: dict[tuple[str, ...], Meaning] = {}
        self._lengths: dict[str, list[int]] = {}
        for phrase, meaning in meanings:
            words = tuple(normalise(phrase).split())
            if words and words not in self._by_words:
                self._by_words[words] = meaning
                lengths = self._lengths.setdefault(words[0], [])
                if len(words) not in lengths:
                    lengths.append(len(words))
                    lengths.sort(reverse=True)

    def at(self, words: Sequence[str], start: int) -> tuple[int, Meaning] | None:
        """The longest phrase that begins at `start`: its number of words and its meaning."""
        for length in self._lengths.get(words[start], ()):
            candidate = tuple(words[start : start + length])
            if len(candidate) == length and candidate in self._by_words:
                return length, self._by_words[candidate]
        return None

    def whole(self, words: Sequence[str]) -> Meaning | None:
        """What these words mean together, or None."""
        return self._by_words.get(tuple(words))

    def anywhere(self, words: Sequence[str]) -> bool:
        """Whether any phrase occurs."""
        return any(self.at(words, index) for index in range(len(words)))


class Statement(BaseModel):
    """Phrases that give a field a value by themselves."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: bool | int | str | None
    phrases: tuple[str, ...]


class Scope(BaseModel):
    """Words of another step's business, and where they are ours after all. A trailing `*` matches any ending."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    step: int
    terms: tuple[str, ...]
    unless: tuple[str, ...] = ()


class Vocabulary(BaseModel):
    """The data of `prompts/parsing.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    affirmations: tuple[str, ...] = Constraint(alias="yes")
    refusals: tuple[str, ...] = Constraint(alias="no")
    accept: tuple[str, ...]
    accept_rest: tuple[str, ...]
    unknown: tuple[str, ...]
    commands: dict[str, tuple[str, ...]]
    why_prefixes: tuple[str, ...]
    before_subjects: tuple[str, ...]
    behind_subjects: frozenset[str]
    before_use_cases: tuple[str, ...]
    polite: tuple[str, ...]
    fillers: frozenset[str]
    changing: frozenset[str]
    hedges: frozenset[str]
    conditions: frozenset[str]
    intentions: frozenset[str]
    negations: frozenset[str]
    approximately: tuple[str, ...]
    upper_bounds: tuple[str, ...]
    lower_bounds: tuple[str, ...]
    afterwards: tuple[str, ...]
    number_words: dict[str, int]
    scale_words: dict[str, int]
    ordinals: dict[str, int]
    units: dict[str, frozenset[str]]
    foreign_units: frozenset[str]
    nouns: dict[str, tuple[str, ...]]
    noun_fields: dict[str, tuple[str, ...]]
    nothing: tuple[str, ...]
    called_wrong: tuple[str, ...]
    wrong_before: tuple[str, ...]
    relative: dict[float, tuple[str, ...]]
    relative_fillers: frozenset[str]
    directions: frozenset[str]
    elsewhere: dict[str, tuple[str, ...]]
    no_sources: frozenset[str]
    no_domains: frozenset[str]
    every: dict[bool, tuple[str, ...]]
    statements: dict[str, tuple[Statement, ...]]
    statements_alone: dict[str, tuple[Statement, ...]]
    behind_label: dict[str, tuple[Statement, ...]]
    inverse_labels: dict[str, tuple[str, ...]]
    two_way_labels: dict[str, tuple[str, ...]]
    free_of: dict[str, tuple[str, ...]]
    proper_names: tuple[str, ...]
    extra_aliases: dict[str, dict[str, tuple[str, ...]]]
    vague: frozenset[str]
    gpus: tuple[str, ...]
    gpu_aliases: dict[str, str]
    model_families: frozenset[str]
    module_groups: dict[str, tuple[str, ...]]
    module_words: dict[str, str]
    module_fillers: frozenset[str]
    constraint_fields: dict[str, dict[str, Any]]
    sections: dict[str, tuple[str, ...]]
    section_fillers: frozenset[str]
    menu: dict[str, tuple[str, ...]]
    question_words: frozenset[str]
    question_verbs: frozenset[str]
    question_subjects: frozenset[str]
    imperative_verbs: frozenset[str]
    question_persons: frozenset[str]
    question_requests: tuple[str, ...]
    openers: tuple[str, ...]
    discussion: tuple[str, ...]
    out_of_scope: tuple[Scope, ...]

    @cached_property
    def bounds(self) -> tuple[str, ...]:
        """What is said before a figure that is a bound."""
        return (*self.upper_bounds, *self.lower_bounds)

    @cached_property
    def polarity(self) -> Phrases[bool]:
        """Yes and no."""
        return Phrases(
            [*((phrase, True) for phrase in self.affirmations), *((phrase, False) for phrase in self.refusals)]
        )

    @cached_property
    def acceptance(self) -> Phrases[str]:
        """`all` takes the recommendation, `rest` takes it for what the reply leaves open."""
        return Phrases(
            [*((phrase, "all") for phrase in self.accept), *((phrase, "rest") for phrase in self.accept_rest)]
        )

    @cached_property
    def ignorance(self) -> Phrases[bool]:
        """The forms of "I don't know"."""
        return Phrases((phrase, True) for phrase in self.unknown)

    @cached_property
    def command_phrases(self) -> Phrases[str]:
        """Commands by what people say for them."""
        return Phrases((phrase, name) for name, phrases in self.commands.items() for phrase in phrases)

    @cached_property
    def why(self) -> Phrases[bool]:
        """What precedes the thing that a "why" is about."""
        return Phrases((phrase, True) for phrase in self.why_prefixes)

    @cached_property
    def politeness(self) -> Phrases[bool]:
        """Words around a command that mean nothing of their own."""
        return Phrases((phrase, True) for phrase in self.polite)

    @cached_property
    def opening(self) -> Phrases[bool]:
        """Words before a question that mean nothing of their own."""
        return Phrases((phrase, True) for phrase in self.openers)

    @cached_property
    def requests(self) -> Phrases[bool]:
        """Questions that begin with no question word."""
        return Phrases((phrase, True) for phrase in self.question_requests)

    @cached_property
    def discussions(self) -> Phrases[bool]:
        """Openings of a talk about something."""
        return Phrases((phrase, True) for phrase in self.discussion)

    @cached_property
    def counted(self) -> Phrases[str]:
        """Nouns by what they count."""
        return Phrases((noun, kind) for kind, nouns in self.nouns.items() for noun in nouns)

    @cached_property
    def distinctive(self) -> Phrases[bool]:
        """Names that mean one thing wherever they stand."""
        return Phrases((name, True) for name in self.proper_names)

    @cached_property
    def before_subject(self) -> Phrases[bool]:
        """What stands between a "why" and what it is about."""
        return Phrases((phrase, True) for phrase in self.before_subjects)

    @cached_property
    def before_use_case(self) -> Phrases[bool]:
        """What stands before the use case in a sentence about it."""
        return Phrases((phrase, True) for phrase in self.before_use_cases)

    @cached_property
    def zero(self) -> Phrases[bool]:
        """What stands for a count of zero behind the count's name."""
        return Phrases((phrase, True) for phrase in self.nothing)

    @cached_property
    def wrong(self) -> Phrases[bool]:
        """What is said behind a field's name of a value that doesn't hold."""
        return Phrases((phrase, True) for phrase in self.called_wrong)

    @cached_property
    def wrong_ahead(self) -> Phrases[bool]:
        """What is said before a field's name of a value that doesn't hold."""
        return Phrases((phrase, True) for phrase in self.wrong_before)

    @cached_property
    def proportions(self) -> Phrases[float]:
        """Factors by what people say for them."""
        return Phrases((phrase, factor) for factor, phrases in self.relative.items() for phrase in phrases)

    @cached_property
    def other_platforms(self) -> Phrases[str]:
        """Platforms that are no option of their own, by what people call them."""
        return Phrases((phrase, name) for name, phrases in self.elsewhere.items() for phrase in (name, *phrases))

    @cached_property
    def to_all(self) -> Phrases[bool]:
        """Yes or no to every yes-or-no field at once."""
        return Phrases((phrase, value) for value, phrases in self.every.items() for phrase in phrases)

    @cached_property
    def stated(self) -> Phrases[dict[str, bool | int | str | None]]:
        """Phrases that give a field a value by themselves: the values by the fields that they may be meant for."""
        return Phrases(_by_phrase(self.statements).items())

    @cached_property
    def stated_alone(self) -> Phrases[dict[str, bool | int | str | None]]:
        """Words that give a field a value where they are a whole part of a reply: the values by field."""
        return Phrases(_by_phrase(self.statements_alone).items())

    @cached_property
    def labelled(self) -> Phrases[dict[str, bool | int | str | None]]:
        """Phrases that give a field a value behind its label: the values by field."""
        return Phrases(_by_phrase(self.behind_label, self.statements).items())

    @cached_property
    def section_names(self) -> Phrases[str]:
        """Nodes by their number and by what people call them."""
        return Phrases((phrase, node) for node, phrases in self.sections.items() for phrase in (node, *phrases))

    @cached_property
    def menu_names(self) -> Phrases[str]:
        """Menu letters by what people say for them."""
        return Phrases((phrase, letter) for letter, phrases in self.menu.items() for phrase in phrases)

    @cached_property
    def constraints(self) -> dict[str, Field]:
        """The fields that only the menu's constraints have."""
        return {name: Field(name=name, **spec) for name, spec in self.constraint_fields.items()}


def _by_phrase(*known: Mapping[str, tuple[Statement, ...]]) -> dict[str, dict[str, bool | int | str | None]]:
    """What each phrase means, by field."""
    found: dict[str, dict[str, bool | int | str | None]] = {}
    for statements in known:
        for name, own in statements.items():
            for statement in own:
                for phrase in statement.phrases:
                    found.setdefault(normalise(phrase), {}).setdefault(name, statement.value)
    return found


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary, read once."""
    text = files("fine_tuning_specialist.prompts").joinpath("parsing.yaml").read_text(encoding="utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return Vocabulary.model_validate(yaml.load(text, Loader=loader))  # noqa: S506 - one of the two safe loaders
