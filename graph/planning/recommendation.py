"""How a recommendation is put: the value, why it holds for this project, and where it comes from."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal

from ..interrupts import Recommendation
from .consensus import Consensus
from .figures import LabelledFigure
from .rules import Position, Source
from .texts import listing, number, say, span

BUILT_IN = "rule"
"""Origin of a value that rests on a built-in rule, because the evidence says nothing about it."""

CITED = 2
"""How many sources for a value, and against it, a reason names."""

LABELLED = 6
"""How many supporting sources a recommendation cites by label."""


def from_sources(
    reason: str,
    found: Consensus,
    *,
    value: Any = None,
    unit: str = "",
    written: Callable[[float], str] = number,
) -> Recommendation:
    """A value that sources state, or the built-in rule where none does.

    Args:
        reason: Why the value suits this project, in a sentence.
        found: The sources for and against.
        value: The value as the field takes it, where it differs from the consensus's number (an integer, for instance).
        unit: What the numbers of the sources are, where it is not plain, such as "alpha over rank".
        written: How such numbers are written.
    """
    shown = [*found.supporting[:LABELLED], *found.opposing[:CITED]]
    return Recommendation(
        value=found.value if value is None else value,
        why=" ".join([reason, *_backing(found, f" ({unit})" if unit else "", written)]),
        origin=found.supporting[0].label if found.from_evidence else BUILT_IN,
        evidence=list(dict.fromkeys(figure.label for figure in shown)),
        low=found.low,
        high=found.high,
    )


def _backing(found: Consensus, unit: str, written: Callable[[float], str]) -> Iterator[str]:
    """What speaks for a value, sources or the built-in rule, and what says otherwise, a sentence each."""
    if found.from_evidence:
        yield say(
            _how_many(len(found.supporting), found.applicable),
            agreeing=len(found.supporting),
            applicable=found.applicable,
            cited=listing(_statements(found.supporting, written), CITED),
            unit=unit,
        )
        if prose := [figure.label for figure in found.supporting if figure.from_prose]:
            yield say("prose", labels=listing(prose))
    else:
        yield say("built_in", source=str(found.rule.source), range=span(found.rule.low, found.rule.high, written))
    if found.opposing:
        yield say("opposing", cited=listing(_statements(found.opposing, written), CITED))


def _how_many(
    agreeing: int, applicable: int
) -> Literal["sources.one", "sources.all", "sources.single", "sources.some"]:
    if agreeing < applicable:
        return "sources.single" if agreeing == 1 else "sources.some"
    return "sources.one" if applicable == 1 else "sources.all"


def calculated(
    value: Any, why: str, *, low: float | None = None, high: float | None = None, evidence: list[str] | None = None
) -> Recommendation:
    """A value that follows from the project's own numbers."""
    return Recommendation(value=value, why=why, origin="calc", evidence=evidence or [], low=low, high=high)


def by_practice(value: Any, reason: str, practice: Source, labels: list[str]) -> Recommendation:
    """A choice that is not a figure: it cites the evidence that says the same, else the practice's own source."""
    sentences = [reason]
    if labels:
        sentences.append(say("practice.evidence", labels=", ".join(labels)))
    else:
        sentences.append(say("practice.built_in", source=str(practice)))
    return Recommendation(
        value=value, why=" ".join(sentences), origin=labels[0] if labels else BUILT_IN, evidence=labels
    )


def positions(known: tuple[Position, ...]) -> str:
    """A known disagreement in one line, each side with its source; how many times the ends are apart."""
    ends = [position.value for position in known]
    sides = [f"{number(position.value)} ({position.claim}: {position.source})" for position in known]
    return say("spread", factor=number(round(max(ends) / min(ends))), sides="; ".join(sides))


def _statements(figures: Iterable[LabelledFigure], written: Callable[[float], str]) -> list[str]:
    return [f"{figure.cited_as} {span(figure.low, figure.high, written)}" for figure in figures]
