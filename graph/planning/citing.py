"""Finding the evidence that speaks about something, by its words."""

from collections.abc import Mapping

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
    ranked: list[tuple[int, str]] = []
    for label, item in evidence.items():
        if kinds and item.kind not in kinds:
            continue
        title, text = item.title.lower(), f"{item.title} {item.text}".lower()
        if any(all(word in title for word in words) for words in wanted):
            ranked.append((0, label))
        elif not titles_only and any(all(word in text for word in words) for words in wanted):
            ranked.append((1, label))
    return [label for _, label in sorted(ranked, key=lambda pair: pair[0])][:CITED]
