"""The figures in the evidence: which quantity, which span, and what they hold for.

Our own server sends figures with its results. Other servers send prose, from which only the plainest figures are read,
and marked as such. A figure is data: one that cannot be meant (a learning rate above one, a negative count) is ignored.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from ..knowledge.evidence import Evidence, Figure
from .prose_figures import figures_in_prose

Span = tuple[float, float]

QUANTITY_NAMES = {
    "rank": "lora_rank", "alpha": "lora_alpha", "dropout": "lora_dropout", "beta": "dpo_beta",
    "alpha_over_rank": "lora_alpha_over_rank", "early_stopping_patience": "patience",
    "effective_batch_size": "batch_size", "minimum_examples": "min_examples", "max_seq_length": "max_length",
    "num_train_epochs": "epochs",
}  # fmt: skip
"""Other names under which a server may send a quantity."""

COMPLEXITIES = ("simple", "moderate", "complex")

EXAMPLE_COUNTS = (
    "min_examples",
    "recommended_examples",
    "elbow_examples_per_task",
    "plateau_examples",
    "examples",
    "used_examples",
)
"""Quantities that say how many examples are enough; the last two may also be what someone trained on."""

PLAUSIBLE: dict[str, Span] = {
    **dict.fromkeys((*EXAMPLE_COUNTS, "starting_examples"), (1, 1e9)),
    "learning_rate": (1e-10, 1), "epochs": (0.01, 1000), "batch_size": (1, 1e6), "warmup_ratio": (0, 0.5),
    "weight_decay": (0, 1), "max_length": (16, 1e7), "lora_rank": (1, 4096), "lora_alpha": (0.1, 16384),
    "lora_alpha_over_rank": (0.01, 64), "lora_dropout": (0, 0.9), "dpo_beta": (1e-4, 100), "logging_steps": (1, 1e6),
    "eval_steps": (1, 1e6), "save_steps": (1, 1e6), "patience": (1, 100),
}  # fmt: skip
"""The span within which a figure of each quantity can be meant; quantities outside this list are not used."""


class LabelledFigure(BaseModel):
    """One usable figure with the evidence that states it."""

    model_config = ConfigDict(frozen=True)

    label: str
    """The evidence label by which it is cited, such as `K12`."""
    quantity: str
    low: float | None = None
    """The lower end that the source states; equal to `high` for a single value; None for "up to"."""
    high: float | None = None
    """The upper end; None for "at least"."""
    method: str = ""
    task_type: str = ""
    complexity: str = ""
    model_size: str = ""
    dataset_size: str = ""
    note: str = ""
    title: str = ""
    """Title of the result."""
    source_title: str = ""
    locator: str = ""
    from_prose: bool = False
    """Read out of the text of a server that sends no figures."""

    @property
    def ends(self) -> tuple[float, ...]:
        """The stated ends, one or two numbers."""
        return tuple(dict.fromkeys(end for end in (self.low, self.high) if end is not None))

    def allows(self, value: float) -> bool:
        """Whether the source's span contains the value."""
        within = self.low is None or value >= self.low * (1 - 1e-9)
        return within and (self.high is None or value <= self.high * (1 + 1e-9))

    @property
    def cited_as(self) -> str:
        """The source's name with its label, as it stands in texts."""
        return f"{self.source_title or self.title or 'untitled'} [{self.label}]"


def figures_in(evidence: Mapping[str, Evidence]) -> list[LabelledFigure]:
    """All usable figures of the evidence, in its order.

    Args:
        evidence: Results by label.

    Returns:
        The figures whose numbers can be meant. Prose is read only where a result carries no figures of its own.
    """
    found: list[LabelledFigure] = []
    for label, item in evidence.items():
        stated = _usable(label, item, item.figures, from_prose=False)
        if not item.figures:
            stated = _usable(label, item, figures_in_prose(item.text), from_prose=True)
        found.extend(stated)
    return found


def of_quantity(figures: Iterable[LabelledFigure], *quantities: str) -> list[LabelledFigure]:
    """The figures of the named quantities."""
    return [figure for figure in figures if figure.quantity in quantities]


def _usable(label: str, item: Evidence, figures: Iterable[Figure], *, from_prose: bool) -> list[LabelledFigure]:
    found: list[LabelledFigure] = []
    for figure in figures:
        quantity = QUANTITY_NAMES.get(figure.quantity, figure.quantity)
        span = _span(figure)
        if span is None or not _plausible(quantity, span) or _other_thing(quantity, figure.unit):
            continue
        task = figure.task_type.lower()
        complexity = task if task in COMPLEXITIES else str(_extra(figure, "task_complexity"))
        found.append(
            LabelledFigure(
                label=label,
                quantity=quantity,
                low=span[0],
                high=span[1],
                method=" ".join(part for part in (figure.method, str(_extra(figure, "adapter"))) if part).lower(),
                task_type="" if task in COMPLEXITIES else task,
                complexity=complexity,
                model_size=figure.model_size or str(_extra(figure, "model")),
                dataset_size=str(_extra(figure, "dataset_size")),
                note=figure.note,
                title=item.title,
                source_title=item.source_title,
                locator=figure.locator or item.locator,
                from_prose=from_prose,
            )
        )
    return found


def _other_thing(quantity: str, unit: str) -> bool:
    """Whether the unit says that another quantity of this name is meant, such as a batch of requests."""
    return quantity == "batch_size" and unit not in ("", "sequences", "examples", "rows", "samples", "pairs")


def _extra(figure: Figure, name: str) -> Any:
    value = (figure.model_extra or {}).get(name)
    return "" if value is None else value


def _span(figure: Figure) -> tuple[float | None, float | None] | None:
    """The stated span, or None where the figure holds no number."""
    value = _number(figure.value)
    if value is not None:
        return value, value
    low, high = _number(figure.min), _number(figure.max)
    if low is None and high is None:
        return None
    if low is not None and high is not None and low > high:
        low, high = high, low
    return low, high


def _number(value: float | str | None) -> float | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _plausible(quantity: str, span: tuple[float | None, float | None]) -> bool:
    if quantity not in PLAUSIBLE:
        return False
    lowest, highest = PLAUSIBLE[quantity]
    return all(end is None or lowest <= end <= highest for end in span)
