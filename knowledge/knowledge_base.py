"""The base: entries and sources, searched with SQLite FTS5 (BM25) and the field's synonyms."""

import sqlite3
import weakref
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .derived_entries import base_model_entries, contradiction_as_entry
from .entries import Entry, Source
from .loading import load_folders
from .terms import Terms, Vocabulary, index_text

OWN_FOLDER = Path(__file__).parent / "base"
VOCABULARY = Path(__file__).with_name("vocabulary.yaml")
_COLUMN_WEIGHTS = (6.0, 5.0, 3.0, 1.0)
"""Title, tags, facets (what the figures are and hold for), body."""
_ADDED_WEIGHT = 0.35
"""What a synonym counts against a word that the query says."""
_ABOUT_IT = 2.0
"""How much more a match counts whose title holds every word of the query and none beside."""
_TAIL = 0.12
"""Matches below this share of the best one are noise of the OR search and left out."""
_HALF_SCORE = 15.0
"""The BM25 sum that becomes a score of one half."""


@dataclass(frozen=True)
class Match:
    """An entry that a search found, and how well it fits, from 0 to 1."""

    entry: Entry
    score: float


class Base:
    """Entries, their sources and their index, all in memory and read-only."""

    def __init__(self, entries: Sequence[Entry], sources: Mapping[str, Source], vocabulary: Vocabulary) -> None:
        self.entries = tuple(entries)
        self.sources = dict(sources)
        self._vocabulary = vocabulary
        self._database = _index(self.entries, vocabulary)
        weakref.finalize(self, self._database.close)

    def search(self, text: str, *, kinds: Collection[str] = (), limit: int = 10) -> list[Match]:
        """Entries that speak of what the text says, best first.

        Args:
            text: Free text of any kind and length; words are stemmed and matched independently (OR), words that
                name the same thing count for less. Empty text matches every entry, in the order of the base.
            kinds: Only entries offered as one of these; all without.
            limit: At most so many.

        Returns:
            Matches with a BM25 score mapped to 0-1; 0 for all where the text is empty. Nothing when no word is known.
        """
        wanted = [e for e in self.entries if not kinds or not e.kinds.isdisjoint(kinds)]
        if not text.strip():
            return [Match(entry, 0.0) for entry in wanted[:limit]]
        terms = self._vocabulary.terms(text)
        scores = self._scores(terms)
        matching = [e for e in wanted if e.id in scores]
        floor = max((scores[e.id] for e in matching), default=0.0) * _TAIL
        for identifier, share in self._about(terms.said).items():
            scores[identifier] *= 1 + _ABOUT_IT * share
        ranked = sorted((e for e in matching if scores[e.id] >= floor), key=lambda entry: -scores[entry.id])
        return [Match(entry, round(scores[entry.id] / (scores[entry.id] + _HALF_SCORE), 4)) for entry in ranked[:limit]]

    def of_source(self, source_id: str) -> list[Entry]:
        """The entries that cite a source."""
        return [entry for entry in self.entries if source_id in entry.sources]

    def _scores(self, terms: Terms) -> dict[str, float]:
        scores: dict[str, float] = {}
        for words, weight in ((terms.said, 1.0), (terms.added, _ADDED_WEIGHT)):
            if not words:
                continue
            expression = " OR ".join(f'"{word}"' for word in words)
            rows = self._database.execute(
                "SELECT id, -bm25(entries, 0, ?, ?, ?, ?) FROM entries WHERE entries MATCH ?",
                (*_COLUMN_WEIGHTS, expression),
            )
            for identifier, score in rows:
                scores[identifier] = scores.get(identifier, 0.0) + weight * score
        return scores

    def _about(self, said: Sequence[str]) -> dict[str, float]:
        """The entries whose title holds every word of a query, and which share of the title's own words that is."""
        words = [word for word in said if " " not in word]
        if not words:
            return {}
        expression = "title : (" + " AND ".join(f'"{word}"' for word in words) + ")"
        rows = self._database.execute("SELECT id, title FROM entries WHERE entries MATCH ?", (expression,))
        return {identifier: len(words) / max(len(words), self._vocabulary.count(title)) for identifier, title in rows}


def load_base(folders: Sequence[Path | str] = ()) -> Base:
    """The embedded base, the base models of the catalogue, and the entries of further folders.

    Args:
        folders: Folders of entries in the form that `README.md` describes; they may cite sources of the embedded base.

    Raises:
        KnowledgeBaseError: With each problem's file, entry and remedy.
    """
    loaded = load_folders([OWN_FOLDER, *(Path(folder) for folder in folders)], reserved=("MODEL-",))
    entries = list(loaded.entries.values())
    entries += [contradiction_as_entry(item, loaded.entries, loaded.sources) for item in loaded.contradictions]
    entries += base_model_entries()
    return Base(entries, loaded.sources, _vocabulary())


def _vocabulary() -> Vocabulary:
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = VOCABULARY.read_bytes()
    return Vocabulary.from_data(yaml.load(text, Loader=loader))  # noqa: S506  (CSafeLoader or SafeLoader)


def _index(entries: Sequence[Entry], vocabulary: Vocabulary) -> sqlite3.Connection:
    database = sqlite3.connect(":memory:", check_same_thread=False)
    database.execute(
        "CREATE VIRTUAL TABLE entries USING fts5(id UNINDEXED, title, tags, facets, body, tokenize='porter unicode61')"
    )
    database.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?)", (_row(entry, vocabulary) for entry in entries))
    return database


def _row(entry: Entry, vocabulary: Vocabulary) -> tuple[str, str, str, str, str]:
    figures = " ".join(
        f"{f.quantity} {f.method} {f.task_type} {f.domain} {f.model_size.lstrip('<>=')}" for f in entry.figures
    ).replace("_", " ")
    amounts = " ".join(
        f"{amount} examples"
        for figure in entry.figures
        if figure.unit in ("examples", "rows", "pairs", "samples", "prompts", "conversations", "dialogues")
        for amount in (figure.value, figure.min, figure.max)
        if isinstance(amount, int | float)
    )
    lists = (entry.options, entry.considerations, entry.trade_offs, entry.symptoms, entry.consequences, entry.steps)
    texts = (entry.body, entry.question, entry.problem, entry.context, entry.prevention)
    details = " ".join([*texts, *(item for items in lists for item in items)])
    tags = " ".join(entry.tags)
    facets = f"{figures} {vocabulary.facets(f'{entry.title} {tags} {figures} {amounts}')}"
    return (entry.id, index_text(entry.title), index_text(tags), index_text(facets), index_text(details))
