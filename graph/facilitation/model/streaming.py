"""What is heard of a reply while it arrives: without citations that name nothing."""

from collections.abc import Callable, Collection

from .grounding import without_false_citations

_LONGEST_CITATION = 60


class Hearing:
    """Passes pieces of text on; a bracket, with the space before it, is held back until it is closed."""

    def __init__(self, labels: Collection[str], pass_on: Callable[[str], None], begin_anew: Callable[[], None]) -> None:
        self._labels = labels
        self._pass_on = pass_on
        self._begin_anew = begin_anew
        self._held = ""
        self.said = ""
        """Everything that has arrived, as it came."""

    def __call__(self, piece: str) -> None:
        """Hear a piece; an empty one means that the reply begins anew."""
        if not piece:
            self.said, self._held = "", ""
            self._begin_anew()
            return
        self.said += piece
        self._held += piece
        start = self._held.rfind("[")
        open_bracket = start >= 0 and "]" not in self._held[start:] and len(self._held) - start <= _LONGEST_CITATION
        ready = self._held[:start] if open_bracket else self._held
        self._release(len(ready.rstrip(" ")))

    def finish(self) -> None:
        """Pass on what is still held back."""
        self._release(len(self._held))

    def _release(self, until: int) -> None:
        ready, self._held = self._held[:until], self._held[until:]
        if ready:
            self._pass_on(without_false_citations(ready, self._labels)[0])
