"""What a statement may say about a fact, how firmly, and which of several candidates a document really claims."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..facts import FactName
from .statements import Statement
from .vocabulary import cue

OUTRIGHT = 3
"""A label says what it is, or a sentence says that it is chosen."""
STATED = 2
"""A sentence about the subject states it."""
MENTIONED = 1
"""It is named where nothing speaks against it."""

_ONE_PER_DOCUMENT = {"task_type", "domain", "objectives", "data_requirements", "chunking"}
_AT_MOST = 5


@dataclass(frozen=True)
class Candidate:
    """A value that a statement gives for a fact."""

    name: FactName
    value: Any
    statement: Statement
    strength: int = STATED

    @property
    def key(self) -> tuple[str, str]:
        """What makes two candidates the same value."""
        return self.name, str(self.value).casefold()


def claimed(candidates: Iterable[Candidate]) -> list[Candidate]:
    """The candidates that a document truly claims, at most five values of a fact.

    The firmest ones count. A later statement that says it corrects an earlier one replaces it; otherwise different
    values all stand.
    """
    by_name: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        by_name.setdefault(candidate.name, []).append(candidate)
    kept: list[Candidate] = []
    for name, found in by_name.items():
        firmest = max(candidate.strength for candidate in found)
        values: dict[tuple[str, str], Candidate] = {}
        for candidate in (item for item in found if item.strength == firmest):
            if values and candidate.key not in values and supersedes(candidate.statement):
                values.clear()
            values.setdefault(candidate.key, candidate)
        kept += list(values.values())[: 1 if name in _ONE_PER_DOCUMENT else _AT_MOST]
    return kept


def supersedes(statement: Statement) -> bool:
    """Whether a statement says that it corrects what stands before it."""
    words = cue("superseding")
    above = (statement.label, *statement.headings[-1:])
    return words.is_in(statement.text, statement.words) or any(words.is_in(name) for name in above)
