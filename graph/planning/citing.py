"""Finding the evidence that speaks about something, by its words."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from ..knowledge.evidence import Evidence

CITED = 3


def labels_about(
    evidence: Mapping[str, Evidence], *terms: str, kinds: tuple[str, ...] = (), titles_only: bool = False
) -> list[str]:
    """Labels of the results that hold all words of at least one term, at most three; titles count before texts.

    Args:
        evidence: Results by label.
        terms: Each a few words; a result speaks about a term when every word of it stands in its title, or in its text.
        kinds: Only results of these kinds, where given.
        titles_only: Whether only titles count: fewer results, and none that mentions the words in passing.
    """
    wanted = [term.lower().split() for term in terms]
    in_titles: list[str] = []
    in_texts: list[str] = []
    for label, item in evidence.items():
        if kinds and item.kind not in kinds:
            continue
        title, both = _lowered(item.title, item.text)
        if _holds(title, wanted):
            in_titles.append(label)
        elif not titles_only and _holds(both, wanted):
            in_texts.append(label)
    return [*in_titles, *in_texts][:CITED]


@lru_cache(maxsize=512)
def _lowered(title: str, text: str) -> tuple[str, str]:
    """Title, and title with text, in lower case: a ranking asks for the same results once per candidate."""
    return title.lower(), f"{title} {text}".lower()


def _holds(text: str, wanted: Sequence[Sequence[str]]) -> bool:
    """Whether every word of at least one term stands in the text."""
    for words in wanted:
        for word in words:
            if word not in text:
                break
        else:
            return True
    return False
