"""How long a run takes and what it costs: ranges, never points."""

from collections.abc import Iterable
from dataclasses import dataclass

from .catalogue_files import read_catalogue_file
from .gpus import Gpu, Price, price_range
from .lora_parameters import PlanningError
from .training_setup import TrainingSetup


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


def training_flops(setup: TrainingSetup, tokens: float, length: int) -> float:
    """Floating-point operations of the matrix products over `tokens` tokens in sequences of `length`.

    2·N forward and 4·N backward for each token (Kaplan et al. 2020, section 2.1); frozen weights need no gradient of
    their own, which leaves 2·N backward, and recomputation adds another 2·N. Attention adds 4·length·width for each
    layer and direction, halved by the causal mask where the kernel uses it (PaLM, appendix B). A DPO step runs two
    answers through the model, and their reference pass as well.
    """
    shape = setup.shape
    weights = shape.active_parameters - shape.embedding_parameters * (0 if shape.tied_embeddings else 1)
    causal = 1.0 if setup.attention == "eager" else 0.5
    attention = 4.0 * causal * length * shape.query_width * (shape.layers + shape.decoder_layers)
    forward = 2.0 * weights + attention
    backward = 4.0 * weights + 2.0 * attention if setup.method == "full" else 2.0 * weights + 2.0 * attention
    passes = forward + backward + (forward if setup.checkpoints else 0.0)
    if setup.stage == "dpo":
        passes = 2.0 * (passes + forward)
    return passes * tokens


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
    _check(setup, examples, epochs, example_length)
    rates = read_catalogue_file("utilisation.yaml")
    length = min(float(example_length or setup.max_length), float(setup.max_length))
    tokens = examples * epochs * length
    flops = training_flops(setup, tokens, round(length))
    steps = steps_of(setup, examples, epochs)
    low, high = _utilisation(setup, card, rates)
    passes = examples * epochs / (setup.batch_size * setup.gpus)
    launch = rates["launch_seconds_per_layer"]
    scaling = rates["scaling"][setup.sharding] if setup.gpus > 1 else 1.0
    peak = card.peak_tflops * 1e12 * (rates["float32_share"] if setup.precision == "fp32" else 1.0)
    fastest = max(flops / (peak * high * setup.gpus * scaling), passes * setup.shape.layers * launch["low"])
    slowest = flops / (peak * low * setup.gpus * scaling) + passes * setup.shape.layers * launch["high"]
    return TimeEstimate(
        low_hours=fastest / 3600,
        high_hours=slowest / 3600,
        steps=steps,
        tokens=tokens,
        flops=flops,
        sources=(
            "operations: Kaplan et al. 2020, section 2.1; attention after PaLM, appendix B",
            f"utilisation {low:.0%} to {high:.0%} of {card.peak_tflops:g} TFLOP/s: {rates['source']}",
            f"peak rate: {card.source}",
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


def _utilisation(setup: TrainingSetup, card: Gpu, rates: dict[str, dict[str, float]]) -> tuple[float, float]:
    band = rates["bands"]["fused" if setup.profile.fused else "plain"]
    low, high = band["low"], band["high"]  # type: ignore[index]
    if setup.method == "qlora":
        low, high = low * rates["quantized"]["low"], high * rates["quantized"]["high"]
    if setup.attention == "eager":
        low = low * rates["eager"]["low"]
    if card.peak_tflops <= rates["small_gpu"]["below_tflops"]:
        high = min(1.0, high * rates["small_gpu"]["high"])
    return low, high


def _check(setup: TrainingSetup, examples: int, epochs: float, example_length: float | None) -> None:
    if not 1 <= examples <= 1_000_000_000:
        raise PlanningError("examples", f"must be a whole number from 1 to 1000000000, got {examples}")
    if not 0 < epochs <= 1000:
        raise PlanningError("epochs", f"must be more than 0 and at most 1000, got {epochs:g}")
    if example_length is not None and not 1 <= example_length <= setup.max_length:
        raise PlanningError(
            "example_length", f"must be from 1 to max_length ({setup.max_length}), got {example_length:g}"
        )
