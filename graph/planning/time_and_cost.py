"""How long a run takes and what it costs: ranges, never points."""

from collections.abc import Iterable
from dataclasses import dataclass

from .catalogue_files import read_catalogue_file
from .gpus import Gpu, Price, price_range
from .lora_parameters import PlanningError
from .memory_terms import widths
from .speed import pass_seconds, step_seconds, work_of
from .training_setup import TrainingSetup

SHORTEST_LENGTH = 16
"""Below this many tokens an example takes a share of the time of one of this length."""


@dataclass(frozen=True)
class TimeEstimate:
    """Hours of wall time, from the fast to the slow end of the utilisation seen in practice."""

    low_hours: float
    high_hours: float
    steps: int
    tokens: float
    flops: float
    sources: tuple[str, ...]


@dataclass(frozen=True)
class CostEstimate:
    """US dollars for the run itself, from the cheapest hour and the fast end to the dearest and the slow end."""

    low_usd: float
    high_usd: float
    prices: tuple[Price, ...]
    sources: tuple[str, ...]


def steps_of(setup: TrainingSetup, examples: int, epochs: float) -> int:
    """Optimizer steps of a run, at least one."""
    effective = setup.batch_size * setup.gradient_accumulation * setup.gpus
    return max(1, round(-(-examples // effective) * epochs))


def estimate_time(
    setup: TrainingSetup, card: Gpu, examples: int, epochs: float = 1.0, example_length: float | None = None
) -> TimeEstimate:
    """Wall time of a run: its operations over what the GPUs deliver, plus what each step costs beside them.

    Args:
        setup: the run.
        card: the GPU.
        examples: training examples (pairs, for DPO).
        epochs: passes over them.
        example_length: mean tokens of an example, padding included; by default the full `max_length`.

    Raises:
        PlanningError: fewer than one example, no positive number of epochs, or a length outside 1 to `max_length`.
    """
    check_amount(setup, examples, epochs, example_length)
    rates = read_catalogue_file("utilisation.yaml")
    length = max(1, min(round(example_length or setup.max_length), setup.max_length))
    as_run = setup if length == setup.max_length else setup.with_(max_length=max(length, SHORTEST_LENGTH))
    share = length / as_run.max_length
    scaling = rates["scaling"][setup.sharding] if setup.gpus > 1 else 1.0
    passes = examples * epochs / (setup.batch_size * setup.gpus * scaling)
    steps = steps_of(setup, examples, epochs)
    update = steps * step_seconds(setup, card)
    low, high = (passes * pass_seconds(as_run, card, rates[pace], rates) * share + update for pace in ("fast", "slow"))
    return TimeEstimate(
        low_hours=low / 3600,
        high_hours=high / 3600,
        steps=steps,
        tokens=examples * epochs * length,
        flops=work_of(as_run, widths(as_run)).flops * passes * setup.gpus * scaling * share,
        sources=(
            "operations: Kaplan et al. 2020, section 2.1; PaLM, appendix B; roofline: Williams et al. 2009",
            f"pace: {rates['source']}",
            f"{card.peak_tflops:g} TFLOP/s, {card.bandwidth_gb_s:g} GB/s: {card.source}",
        ),
    )


def estimate_cost(
    time: TimeEstimate, card: Gpu, gpus: int = 1, platform: str = "", known: Iterable[Price] | None = None
) -> CostEstimate | None:
    """What the run's GPU-hours cost; None where no price is known, which no guess replaces.

    Args:
        time: the run's wall time.
        card: the GPU.
        gpus: how many of them.
        platform: where; by default wherever a price is known.
        known: prices to use instead of the catalogue's.
    """
    found = price_range(card, platform, known)
    if found is None:
        return None
    low, high, entries = found
    sources = tuple(dict.fromkeys(f"{entry.platform}: {entry.source}, {entry.as_of}" for entry in entries))
    return CostEstimate(time.low_hours * gpus * low, time.high_hours * gpus * high, entries, sources)


def check_amount(setup: TrainingSetup, examples: int, epochs: float, example_length: float | None) -> None:
    """Refuse an amount of data that cannot be.

    Raises:
        PlanningError: as `estimate_time`.
    """
    if not 1 <= examples <= 1_000_000_000:
        raise PlanningError("examples", f"must be a whole number from 1 to 1000000000, got {examples}")
    if not 0 < epochs <= 1000:
        raise PlanningError("epochs", f"must be more than 0 and at most 1000, got {epochs:g}")
    if example_length is not None and not 1 <= example_length <= setup.max_length:
        raise PlanningError(
            "example_length", f"must be from 1 to max_length ({setup.max_length}), got {example_length:g}"
        )
