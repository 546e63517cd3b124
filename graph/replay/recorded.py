"""What a journal holds, taken out again entry by entry while the run is executed once more."""

import difflib
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping

from .entries import Entry, Json, Kind, canonical, key_of

STOPPED_AFTER = {"stopped": "after"}
"""The result of an entry that says that the user stopped an answer when the one before had come."""

CLOSEST = 0.4
"""Similarity from which a recorded question is shown beside one that was not recorded."""


class NotRecordedError(Exception):
    """The run that is executed again asks something that the recorded one did not ask, or not so often."""

    def __init__(self, kind: Kind, payload: Json, nearest: Json = None) -> None:
        super().__init__(f"{kind}: {canonical(payload)}")
        self.kind = kind
        self.payload = payload
        self.nearest = nearest
        """What the recorded run asked instead, as far as it can be told."""
        self.texts: Mapping[str, str] = {}
        """The paragraphs of a prompt by their digests."""


class Recorded:
    """The answers of a recorded run by content key; each is given out once, in the order in which they came."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._left: defaultdict[str, deque[Entry]] = defaultdict(deque)
        for entry in entries:
            self._left[entry.key].append(entry)

    def take(self, kind: Kind, payload: Json) -> Entry:
        """The next answer to this question.

        Raises:
            NotRecordedError: There is none, or none left.
        """
        found = self.find(kind, payload)
        if found is None:
            raise NotRecordedError(kind, payload, self._nearest(kind, payload))
        return found

    def find(self, kind: Kind, payload: Json) -> Entry | None:
        """The same, or None."""
        waiting = self._left.get(key_of(kind, payload))
        return waiting.popleft() if waiting else None

    def stopped_after(self, kind: Kind, payload: Json) -> bool:
        """Whether the user stopped the answer of which this was a part, right after it had come."""
        waiting = self._left.get(key_of(kind, payload))
        if not waiting or waiting[0].result != STOPPED_AFTER:
            return False
        waiting.popleft()
        return True

    def waits(self, kind: Kind, payload: Json) -> bool:
        """Whether there is another answer to this question."""
        return bool(self._left.get(key_of(kind, payload)))

    def left(self, kind: Kind) -> list[Entry]:
        """The answers that nobody has asked for."""
        return [entry for waiting in self._left.values() for entry in waiting if entry.kind == kind]

    def _nearest(self, kind: Kind, payload: Json) -> Json:
        asked = canonical(payload)
        candidates = {canonical(entry.payload): entry.payload for entry in self.left(kind)}
        closest = difflib.get_close_matches(asked, candidates, n=1, cutoff=CLOSEST)
        return candidates[closest[0]] if closest else None
