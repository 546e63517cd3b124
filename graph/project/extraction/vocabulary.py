"""Words that stand for a value, matched as whole words: the vocabularies of `prompts/extraction/`."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

import yaml

_GAP = re.compile(r"[\s_-]+")
_GAP_LIMIT = 3
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


@lru_cache(maxsize=2048)
def _tokens(text: str) -> tuple[tuple[str, int, int], ...]:
    return tuple((found.group().lower(), found.start(), found.end()) for found in _WORD.finditer(text))


@dataclass(frozen=True, slots=True)
class _Phrase:
    """A phrase taken apart: its words, what stands between and after them, and the values it stands for."""

    words: tuple[str, ...]
    gaps: tuple[str, ...]
    before: str
    after: str
    values: tuple[str, ...]


class Vocabulary:
    """Finds which of its values a text names, the longest phrase first, in time linear in the length of the text.

    A space in a phrase stands for any run of spaces, hyphens and underscores, and the last word may carry an "s".
    """

    def __init__(self, entries: Mapping[str, Iterable[str]]) -> None:
        values: dict[str, list[str]] = {}
        for value, written in entries.items():
            for name in written:
                values.setdefault(_normal(name), []).append(value)
        self.phrases = tuple(values)
        """Every phrase, in the form in which phrases are compared."""
        self._by_first_word: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
        for text, meant in sorted(values.items(), key=lambda item: -len(item[0])):
            words = _WORD.findall(text)
            if not words:
                raise ValueError(f"The phrase {text!r} has no word.")
            for first in (words[0], f"{words[0]}s")[: 2 if len(words) == 1 else 1]:
                self._by_first_word.setdefault(first, []).append((text, tuple(meant)))

    def find(self, text: str, words: frozenset[str] | None = None) -> list[Match]:
        """Every place where a value is named, in order; `words` are those of the text, where they are known."""
        if words is not None and self._by_first_word.keys().isdisjoint(words):
            return []
        matches: list[Match] = []
        tokens = _tokens(text)
        free_from = 0
        for place, (word, start, _) in enumerate(tokens):
            if start < free_from:
                continue
            for written, meant in self._by_first_word.get(word, ()):
                phrase = _phrase(written, meant)
                end = _end_of(phrase, tokens, place, text)
                if end:
                    matches += [Match(value, start, end) for value in phrase.values]
                    free_from = end
                    break
        return matches

    def values_in(self, text: str, words: frozenset[str] | None = None) -> list[str]:
        """The values that a text names, each once, in order."""
        return list(dict.fromkeys(match.value for match in self.find(text, words)))

    def is_in(self, text: str, words: frozenset[str] | None = None) -> bool:
        """Whether a text names any of the values."""
        return bool(self.find(text, words))


def _end_of(phrase: _Phrase, tokens: tuple[tuple[str, int, int], ...], place: int, text: str) -> int:
    """Where the phrase ends that begins with this token; 0 where it does not stand there."""
    last = place + len(phrase.words) - 1
    if last >= len(tokens) or tokens[last][0] not in {phrase.words[-1], f"{phrase.words[-1]}s"}:
        return 0
    for offset, gap in enumerate(phrase.gaps):
        here, following = tokens[place + offset], tokens[place + offset + 1]
        if here[0] != phrase.words[offset] or _normal_gap(text[here[2] : following[1]]) != gap:
            return 0
    end = tokens[last][2]
    if phrase.after and not text.startswith(phrase.after, end):
        return 0
    if phrase.before and not text[: tokens[place][1]].rstrip().endswith(phrase.before):
        return 0
    return end + len(phrase.after)


@lru_cache(maxsize=4096)
def _phrase(text: str, values: tuple[str, ...]) -> _Phrase:
    """Taken apart when it is first met: of some two thousand phrases a project's documents hold a few."""
    tokens = _tokens(text)
    gaps = tuple(_normal_gap(text[one[2] : other[1]]) for one, other in pairwise(tokens))
    return _Phrase(
        tuple(token[0] for token in tokens), gaps, text[: tokens[0][1]].strip(), text[tokens[-1][2] :].strip(), values
    )


def _normal_gap(gap: str) -> str:
    """What stands between two words: any short run of spaces, hyphens and underscores counts as one space."""
    if gap in {" ", "-", "_"}:
        return " "
    return _GAP.sub(" ", gap) if len(gap) <= _GAP_LIMIT else "…"


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
