"""One value from many sources: what most of the sources that apply allow, with what speaks against it."""

import math
from collections.abc import Sequence

from pydantic import BaseModel

from .applicability import method_specificity, size_specificity, task_specificity, volume_specificity
from .figures import LabelledFigure, of_quantity
from .rules import Rule, Situation

METHOD_BOUND = frozenset({"learning_rate"})
"""Quantities for which a figure means nothing unless it says for which training method it holds."""


RULE_WEIGHT = 1
"""The built-in rule votes for its own value with less weight than any source that applies, so it settles near ties and
outweighs only outliers and library defaults."""


class Consensus(BaseModel):
    """A value with the sources for and against it."""

    value: float
    low: float
    high: float
    supporting: list[LabelledFigure]
    """The sources whose span holds the value, the most specific first."""
    opposing: list[LabelledFigure]
    """The sources that apply and say otherwise, the furthest first."""
    applicable: int
    """How many sources say something that applies."""
    rule: Rule
    """The built-in starting point that settled ties, or that stands alone."""

    @property
    def from_evidence(self) -> bool:
        """Whether any source supports the value; otherwise it is the rule's."""
        return bool(self.supporting)


def consensus(
    figures: Sequence[LabelledFigure],
    quantities: tuple[str, ...],
    situation: Situation,
    rule: Rule,
    *,
    reach: float = 1.0,
    settled: bool = False,
) -> Consensus:
    """The value that most of the applicable sources allow, within reach of the built-in rule's range.

    Each source has one vote per value, weighted by how closely it fits (task, size, data volume, complexity, method),
    and the built-in rule has a light one for its own. A tie goes to the value nearest to the rule's. A value outside
    the rule's range, widened by `reach`, is never recommended, however many sources state it: it is shown as
    disagreement.

    Args:
        figures: The usable figures of the evidence.
        quantities: The quantity's names.
        situation: The project.
        rule: The built-in starting point.
        reach: Factor by which the evidence may go beyond the rule's range.
        settled: The rule's value is taken and the sources only speak for or against it.
    """
    applying = _applying(of_quantity(figures, *quantities), situation)
    lowest, highest = rule.low / reach, rule.high * reach
    stated = {end for figure, _ in applying for end in figure.ends if lowest <= end <= highest}
    value = max(
        {rule.value} if settled else stated | {rule.value},
        key=lambda candidate: (
            _votes(applying, candidate) + (RULE_WEIGHT if candidate == rule.value else 0),
            -_distance(candidate, rule.value),
        ),
    )
    supporting = [(weight, figure) for figure, weight in applying if figure.allows(value)]
    supporting.sort(key=lambda pair: -pair[0])
    opposing = [figure for figure, _ in applying if not figure.allows(value)]
    opposing.sort(key=lambda figure: -min(_distance(end, value) for end in figure.ends))
    ends = stated if len(stated | {value}) > 1 else {rule.low, rule.high}
    return Consensus(
        value=value,
        low=min([*ends, value]),
        high=max([*ends, value]),
        supporting=_one_per_label([figure for _, figure in supporting]),
        opposing=_one_per_label(opposing),
        applicable=len({figure.label for figure, _ in applying}),
        rule=rule,
    )


def _applying(figures: list[LabelledFigure], situation: Situation) -> list[tuple[LabelledFigure, int]]:
    weighed = ((figure, _weight(figure, situation)) for figure in figures)
    return [(figure, weight) for figure, weight in weighed if weight is not None]


def _weight(figure: LabelledFigure, situation: Situation) -> int | None:
    if figure.complexity and figure.complexity != situation.complexity:
        return None
    method = method_specificity(figure, situation.stage, situation.method)
    if figure.quantity in METHOD_BOUND and not _names_training(figure, situation, method):
        return None
    fits = (
        task_specificity(figure, situation.task_type, preference=situation.stage == "dpo"),
        size_specificity(figure, situation.size_b),
        volume_specificity(figure, situation.examples),
        method,
    )
    if None in fits:
        return None
    extra = 1 if figure.complexity else 0
    note = figure.note.lower()
    return 1 if "outlier" in note or "default" in note else 2 + extra + sum(fit or 0 for fit in fits)


def _names_training(figure: LabelledFigure, situation: Situation, method: int | None) -> bool:
    """A rate holds for the training method it was stated for; a prose figure that names none is taken as it stands."""
    if method is None:
        return False
    if method == 0:
        return figure.from_prose
    names_one = any(word in figure.method for word in ("lora", "full"))
    return names_one or situation.method == "full"


def _votes(applying: list[tuple[LabelledFigure, int]], value: float) -> int:
    votes: dict[str, int] = {}
    for figure, weight in applying:
        if figure.allows(value):
            votes[figure.label] = max(weight, votes.get(figure.label, 0))
    return sum(votes.values())


def _distance(value: float, other: float) -> float:
    """How far apart two values are, in orders of magnitude; zero counts as a tenth of the other."""
    if value <= 0 or other <= 0:
        return 0.0 if value == other else 1.0
    return abs(math.log10(value / other))


def _one_per_label(figures: list[LabelledFigure]) -> list[LabelledFigure]:
    return list({figure.label: figure for figure in reversed(figures)}.values())[::-1]
