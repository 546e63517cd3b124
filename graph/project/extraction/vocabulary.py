"""Words that stand for a value, matched as whole words: the vocabularies of `prompts/extraction/`."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib.resources import files
from typing import Any

import yaml

_GAP = re.compile(r"[\s_-]+")
_WORD = re.compile(r"[^\W_]+")
_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Match:
    """One place in a text where a value is named."""

    value: str
    start: int
    end: int


def words_of(text: str) -> frozenset[str]:
    """The words of a text in lower case, for the quick test whether a vocabulary can match at all."""
    return frozenset(_WORD.findall(text.lower()))


class Vocabulary:
    """Finds which of its values a text names. Matching takes time linear in the length of the text."""

    def __init__(self, entries: Mapping[str, Iterable[str]]) -> None:
        self._values: dict[str, list[str]] = {}
        for value, phrases in entries.items():
            for phrase in phrases:
                self._values.setdefault(_normal(phrase), []).append(value)
        first_words = (_WORD.findall(phrase) for phrase in self._values)
        self._heads = frozenset(words[0] for words in first_words if words)
        self._wordless = any(not _WORD.search(phrase) for phrase in self._values)

    @property
    def phrases(self) -> tuple[str, ...]:
        """Every phrase, in the form in which phrases are compared."""
        return tuple(self._values)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        longest_first = sorted(self._values, key=len, reverse=True)
        phrases = "|".join(re.escape(phrase).replace(r"\ ", r"[\s_-]{1,3}") for phrase in longest_first)
        return re.compile(rf"(?<![^\W_])({phrases})s?(?![^\W_])", re.IGNORECASE)

    def find(self, text: str, words: frozenset[str] | None = None) -> list[Match]:
        """Every place where a value is named, in order; `words` are those of the text, where they are known."""
        known = words_of(text) if words is None else words
        if self._heads.isdisjoint(known) and not self._wordless:
            return []
        return [
            Match(value, found.start(), found.end())
            for found in self._pattern.finditer(text)
            for value in self._values[_normal(found.group(1))]
        ]

    def values_in(self, text: str, words: frozenset[str] | None = None) -> list[str]:
        """The values that a text names, each once, in order."""
        return list(dict.fromkeys(match.value for match in self.find(text, words)))

    def is_in(self, text: str, words: frozenset[str] | None = None) -> bool:
        """Whether a text names any of the values."""
        return bool(self.find(text, words))


def _normal(phrase: str) -> str:
    return _GAP.sub(" ", phrase.strip().lower())


@cache
def _data(name: str) -> Mapping[str, Any]:
    text = files("fine_tuning_specialist.prompts").joinpath("extraction", f"{name}.yaml").read_text(encoding="utf-8")
    data: Mapping[str, Any] = yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader
    return data


@cache
def vocabulary(name: str, part: str | None = None) -> Vocabulary:
    """The vocabulary of one file, or of one part of a file that holds several."""
    data = _data(name)
    return Vocabulary(data if part is None else data[part])


@cache
def cue(*names: str) -> Vocabulary:
    """The words of one or several cues, each match telling which cue it was."""
    cues = _data("cues")
    return Vocabulary({name: cues[name] for name in names})


@lru_cache(maxsize=1024)
def subjects_of(text: str) -> frozenset[str]:
    """The facts that a label, a table's head or a heading announces."""
    return frozenset(vocabulary("labels").values_in(text[:120]))
