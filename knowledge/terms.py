"""From the words of a question to the words of the index: sizes, amounts and the field's synonyms."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

MAXIMUM_QUERY_CHARACTERS = 2000
MAXIMUM_TERMS = 60

_SIZE_RANGE = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)\s?b?\s?(?:-|–|to)\s?(\d+(?:\.\d+)?)\s?b\b")
_SIZE = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)[\s-]?(?:b|billion)\b")
_MEMORY = re.compile(r"\b(\d+)\s?-?gi?b\b")
_AMOUNT = re.compile(
    r"(?<![\w.])(\d+(?:[.,]\d+)*)\s?(k|m|thousand|million)?[\s-]*"
    r"(?:examples?|rows?|samples?|pairs?|prompts?|conversations?|dialogues?|instances|triples)\b"
)
_BARE_AMOUNT = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)\s?(k|m)\b")
_PAIRS = re.compile(r"\bpairs\b")
_LONE_DIGIT = re.compile(r"\d")
_WORD = re.compile(r"[^\W_]+")
_FACTOR = {"": 1, "k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6}


@dataclass(frozen=True)
class Terms:
    """The words of a query: those that it says, and those that are added for it."""

    said: tuple[str, ...] = ()
    added: tuple[str, ...] = ()


@dataclass(frozen=True)
class Vocabulary:
    """The field's words, from `vocabulary.yaml`."""

    ignored: frozenset[str]
    whole: frozenset[str]
    """Phrases that are searched as such, not also word by word."""
    synonyms: dict[str, tuple[str, ...]]
    model_sizes: tuple[tuple[float, str], ...]
    dataset_sizes: tuple[tuple[float, str, tuple[str, ...]], ...]
    _longest: int = field(default=1)

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> "Vocabulary":
        """Take the parsed file apart into lookups by normalised phrase."""
        related: dict[str, dict[str, None]] = {}
        for group in data["synonyms"]:
            members = [_spaced(member) for member in group]
            for member in members:
                related.setdefault(member, {}).update(dict.fromkeys(other for other in members if other != member))
        for word, others in data["implied"].items():
            related.setdefault(_spaced(word), {}).update(dict.fromkeys(_spaced(other) for other in others))
        return cls(
            ignored=frozenset(_spaced(word) for word in data["ignored"]),
            whole=frozenset(_spaced(phrase) for phrase in data["whole"]),
            synonyms={word: tuple(others) for word, others in related.items()},
            model_sizes=tuple((row["below"], row["word"]) for row in data["model_sizes"]),
            dataset_sizes=tuple(
                (row["below"], row["word"], tuple(map(_spaced, row["also"]))) for row in data["dataset_sizes"]
            ),
            _longest=max(len(word.split()) for word in related),
        )

    def terms(self, text: str) -> Terms:
        """The index words for a question.

        Args:
            text: Any text; only its first 2,000 characters count, and only letters and digits of those.

        Returns:
            Phrases of letters and digits only, so that nothing of the query can be read as search syntax.
        """
        clean = clean_text(text[:MAXIMUM_QUERY_CHARACTERS]).lower()
        words = _WORD.findall(_joined_units(_AMOUNT.sub(" ", clean)))
        phrases = list(self._phrases(words))
        whole = {p for start, end in phrases if " ".join(words[start:end]) in self.whole for p in range(start, end)}
        ignored = self._ignored_places(words) | whole
        kept = [w for place, w in enumerate(words) if place not in ignored and not _LONE_DIGIT.fullmatch(w)]
        if not kept and not phrases:
            kept = words
        said = dict.fromkeys(kept)
        added: dict[str, None] = {}
        for start, end in phrases:
            phrase = " ".join(words[start:end])
            if end - start > 1 and phrase not in self.ignored:
                said[phrase] = None
            added.update(dict.fromkeys(self.synonyms[phrase]))
        for low, high in sizes_in(clean):
            added.update(dict.fromkeys(self.size_words(low, high)))
        for amount in amounts_in(clean):
            word, also = self.amount_word(amount)
            said[word] = None
            added.update(dict.fromkeys(also))
            added["dataset size"] = None
        if _PAIRS.search(clean):
            added["preference pairs"] = None
        return Terms(
            said=tuple(said)[:MAXIMUM_TERMS],
            added=tuple(word for word in added if word not in said and word not in self.ignored)[:MAXIMUM_TERMS],
        )

    def count(self, text: str) -> int:
        """How many words of a text carry a topic."""
        words = _WORD.findall(text.lower())
        return len(words) - len(self._ignored_places(words))

    def size_words(self, low: float, high: float) -> list[str]:
        """The index words of every size class between two sizes, in billions of parameters."""
        words, previous = [], 0.0
        for below, word in self.model_sizes:
            if previous <= high and low < below:
                words.append(word)
            previous = below
        return words

    def amount_word(self, amount: float) -> tuple[str, tuple[str, ...]]:
        """The index word of an amount of examples, and what such an amount also speaks of."""
        return next(((word, also) for below, word, also in self.dataset_sizes if amount < below), ("", ()))

    def facets(self, text: str) -> str:
        """The size and amount words that a text of the base should be found by."""
        lowered = clean_text(text).lower()
        words: dict[str, None] = {}
        for low, high in sizes_in(lowered):
            words.update(dict.fromkeys([f"{low:g}b".replace(".", " "), f"{high:g}b".replace(".", " ")]))
            words.update(dict.fromkeys(self.size_words(low, high)))
        words.update(dict.fromkeys(self.amount_word(amount)[0] for amount in amounts_in(lowered)))
        return " ".join(words)

    def _phrases(self, words: list[str]) -> Iterator[tuple[int, int]]:
        for start in range(len(words)):
            for end in range(min(start + self._longest, len(words)), start, -1):
                if " ".join(words[start:end]) in self.synonyms:
                    yield start, end

    def _ignored_places(self, words: list[str]) -> set[int]:
        places: set[int] = set()
        for start in range(len(words)):
            for length in (2, 1):
                if " ".join(words[start : start + length]) in self.ignored:
                    places.update(range(start, min(start + length, len(words))))
        return places


def clean_text(text: str) -> str:
    """The text in one Unicode form, without lone surrogates."""
    return unicodedata.normalize("NFKC", text.encode("utf-8", "ignore").decode("utf-8"))


def sizes_in(lowered: str) -> list[tuple[float, float]]:
    """Model sizes that a text names, in billions of parameters, each as lowest and highest."""
    found = [(float(low), float(high)) for low, high in _SIZE_RANGE.findall(lowered)]
    found += [(float(size), float(size)) for size in _SIZE.findall(lowered)]
    return [(low, high) for low, high in found if low <= high < 1e5]


def amounts_in(lowered: str) -> list[float]:
    """Amounts of examples or pairs that a text names."""
    found = [(number.replace(",", ""), unit) for number, unit in _AMOUNT.findall(lowered)]
    found += _BARE_AMOUNT.findall(lowered)
    return [float(n) * _FACTOR[unit] for n, unit in found if n.count(".") <= 1 and len(n) < 14]


def index_text(text: str) -> str:
    """A text of the base as it goes into the index: sizes and memory written the one way that queries use."""
    return _joined_units(clean_text(text).lower())


def _joined_units(lowered: str) -> str:
    lowered = _MEMORY.sub(r"\1gb", lowered)
    return _SIZE.sub(lambda match: f" {match[1]}b ", lowered)


def _spaced(phrase: str) -> str:
    return " ".join(_WORD.findall(phrase.lower()))
