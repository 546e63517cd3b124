"""One entry of a run's journal: what was asked of the outside, what came, and how both are kept from changing."""

import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from ..runs.errors import RunError

Kind = Literal["start", "consult", "text", "model", "day", "look", "write", "problems", "reply", "fork"]
"""Everything that enters a run from outside; a fork is the user's word as well, and a text is part of a prompt."""

BEGINNING = ""
"""The seal before the first entry."""

Json = Any
Row = tuple[int, str, str, str, bytes]
"""An entry as stored: number, kind, key, seal, content."""


class JournalError(RunError):
    """The journal of a run cannot be used; the message names the entry."""


@dataclass(frozen=True)
class Place:
    """Where in a run something happened."""

    task: str = ""
    """The graph's task, the same when it is executed again after a crash."""
    checkpoint: str = ""
    """The step's checkpoint from which the task started."""
    attempt: str = ""
    """Which execution of the task it was: of a repeated one, only the last counts."""


@dataclass(frozen=True)
class Entry:
    """What was asked (`payload`) and what came (`result`), as plain JSON."""

    kind: Kind
    payload: Json
    result: Json = None
    place: Place = Place()

    @property
    def key(self) -> str:
        """The content key: the same question has the same key in every run."""
        return key_of(self.kind, self.payload)


def key_of(kind: str, payload: Json) -> str:
    """SHA-256 of the kind and the canonical JSON of what is asked."""
    return _digest(kind, canonical(payload))


def canonical(value: Json) -> str:
    """JSON with sorted keys and no spaces, so that equal values are equal texts."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def to_row(number: int, entry: Entry, seal_before: str) -> Row:
    """The entry as stored: compressed, with a seal over it and the entry before.

    The seals tell damage, omission and reordering. They are no signature: whoever can write to the database can make
    new ones.
    """
    content = canonical(
        {
            "payload": entry.payload,
            "result": entry.result,
            "place": [entry.place.task, entry.place.checkpoint, entry.place.attempt],
        }
    )
    packed = zlib.compress(content.encode("utf-8", "surrogatepass"), 6)
    return number, entry.kind, entry.key, _digest(seal_before, entry.key, content), packed


def from_row(run: str, row: Row) -> Entry:
    """One entry, held against its key alone.

    Raises:
        JournalError: It is damaged or not what was written; it is named.
    """
    return _entry(run, row)[0]


def from_rows(run: str, rows: list[Row]) -> list[Entry]:
    """The entries of a run, each held against its key and its seal.

    Raises:
        JournalError: An entry is damaged, missing, or not what was written; it is named.
    """
    entries: list[Entry] = []
    seal_before = BEGINNING
    for expected, row in enumerate(rows, start=1):
        if row[0] != expected:
            raise _changed(run, expected, "is missing")
        entry, content = _entry(run, row)
        if _digest(seal_before, entry.key, content) != row[3]:
            raise _changed(run, expected, "was changed after it was written")
        entries.append(entry)
        seal_before = row[3]
    return entries


def _entry(run: str, row: Row) -> tuple[Entry, str]:
    number, kind, key, _, packed = row
    content, read = _unpacked(run, number, packed)
    try:
        task, checkpoint, attempt = read["place"]
        entry = Entry(_kind(run, number, kind), read["payload"], read["result"], Place(task, checkpoint, attempt))
    except (KeyError, TypeError, ValueError) as error:
        raise _changed(run, number, "cannot be read") from error
    if entry.key != key:
        raise _changed(run, number, "does not hold what its key was made from")
    return entry, content


def _unpacked(run: str, number: int, packed: bytes) -> tuple[str, Mapping[str, Json]]:
    try:
        content = zlib.decompress(packed).decode("utf-8", "surrogatepass")
        return content, json.loads(content)
    except (zlib.error, UnicodeDecodeError, ValueError) as error:
        raise _changed(run, number, "cannot be read") from error


def _kind(run: str, number: int, kind: str) -> Kind:
    known: tuple[Kind, ...] = get_args(Kind)
    for name in known:
        if name == kind:
            return name
    raise _changed(run, number, f"is of a kind that this version does not know ({kind!r})")


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _changed(run: str, number: int, problem: str) -> JournalError:
    return JournalError(
        f"Entry {number} of the journal of the run {run!r} {problem}.",
        "The run itself can be continued, but not replayed; restore the database from a backup to replay it.",
    )
