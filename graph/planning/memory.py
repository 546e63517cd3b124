"""How much memory a training run takes on one device."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from . import activations as act
from . import memory_terms as terms
from .catalogue_files import read_catalogue_file
from .gpus import Gpu
from .training_setup import TrainingSetup

GIB = 2**30


@dataclass(frozen=True)
class MemoryEstimate:
    """Memory of one device in GiB, as the GPU shows it for the process.

    `uncertainty` is a fraction: 0.1 means ±10 %.
    """

    total_gib: float
    breakdown_gib: Mapping[str, float]
    uncertainty: float
    sources: tuple[str, ...]

    @property
    def upper_gib(self) -> float:
        """The upper end of the range, by which a fit is judged."""
        return self.total_gib * (1 + self.uncertainty)

    @property
    def live_gib(self) -> float:
        """Live tensors at the peak, without what the process holds beside them."""
        return self.total_gib - self.breakdown_gib["overhead"]


@dataclass(frozen=True)
class Moment:
    """Bytes alive at one moment of a step, beside weights and optimizer states."""

    gradients: float
    activations: float
    logits: float

    @property
    def total(self) -> float:
        """All of them."""
        return self.gradients + self.activations + self.logits


@cache
def calibration() -> Mapping[str, float]:
    """The constants that arithmetic does not give, from the catalogue's `memory_calibration.yaml`."""
    constants = read_catalogue_file("memory_calibration.yaml")["constants"]
    return {name: float(entry["value"]) for name, entry in constants.items()}


def estimate_memory(
    setup: TrainingSetup, card: Gpu | None = None, constants: Mapping[str, float] | None = None
) -> MemoryEstimate:
    """Peak memory of one device over a training step.

    The peak is the largest of a step's moments: the loss, when logits stand beside the kept activations; the backward
    pass of a layer, first and last; and its end, when all gradients stand. On top comes what the process holds beside
    live tensors: the driver's context, and blocks of the caching allocator that one moment leaves and the other cannot
    use.

    Args:
        setup: the run.
        card: the GPU, for the size of its context; by default a typical one.
        constants: other values for the fitted constants; by default the catalogue's.
    """
    known = calibration() if constants is None else constants
    width = terms.widths(setup)
    moments, layer = _moments(setup, width)
    peak = max(moments, key=lambda moment: moment.total)
    overhead = _unused(setup, width, (moments[0], peak), layer, known) + _communication(setup, width, known)
    overhead += (card.context_gib if card else known["typical_context_gib"]) * GIB + known["workspace_gib"] * GIB
    breakdown = {
        "weights": terms.weight_bytes(setup, width) + terms.reference_bytes(setup, width),
        "adapters": terms.adapter_bytes(setup, width),
        "gradients": peak.gradients,
        "optimizer": terms.optimizer_bytes(setup, width),
        "activations": peak.activations,
        "logits": peak.logits,
        "overhead": overhead,
    }
    return MemoryEstimate(
        total_gib=sum(breakdown.values()) / GIB,
        breakdown_gib={name: value / GIB for name, value in breakdown.items()},
        uncertainty=_uncertainty(setup, known),
        sources=_sources(setup),
    )


def on_card(memory: MemoryEstimate, card: Gpu) -> MemoryEstimate:
    """An estimate made without a card, on one: only the size of the driver's context differs."""
    difference = card.context_gib - calibration()["typical_context_gib"]
    breakdown = {**memory.breakdown_gib, "overhead": memory.breakdown_gib["overhead"] + difference}
    return MemoryEstimate(memory.total_gib + difference, breakdown, memory.uncertainty, memory.sources)


def _moments(setup: TrainingSetup, width: terms.Widths) -> tuple[tuple[Moment, ...], tuple[float, float]]:
    """A step's moments at which memory may peak, the loss first; and what a layer's feed-forward and attention take."""
    shape, layers = setup.shape, setup.shape.layers
    attention, feed_forward = act.attention_bytes(setup, width), act.feed_forward_bytes(setup, width)
    kept_scores, peak_scores = act.scores_kept_bytes(setup, width), act.scores_peak_bytes(setup, width)
    casts = act.cast_bytes(setup, width, shape.linear_parameters / layers)
    transient = act.transient_bytes(setup, width)
    saved = attention + feed_forward + kept_scores + casts
    if setup.checkpoints:
        kept = act.checkpoint_bytes(setup, width)
        in_layer = max(saved + transient, attention + peak_scores + casts)
    else:
        kept = layers * saved
        in_layer = max(transient, peak_scores - kept_scores - feed_forward)
    held = act.logits_kept_bytes(setup, width)
    top = act.head_bytes(setup, width)
    gradients = terms.gradient_bytes(setup, width)
    standing = gradients if setup.gradient_accumulation > 1 else 0.0
    fused_head = float(shape.vocab_size * shape.hidden_size * terms.FLOAT32)
    at_loss = standing + (fused_head if setup.method == "full" and setup.profile.logits == "chunked" else 0.0)
    head, embedding, one_layer = _gradient_parts(setup, width, gradients)
    kept_head = act.cast_bytes(setup, width, float(shape.vocab_size * shape.hidden_size))
    all_casts = act.cast_bytes(setup, width, float(shape.linear_parameters)) + kept_head
    again = embedding if standing or shape.tied_embeddings else 0.0
    moments = (
        Moment(at_loss, kept + top + kept_head, act.logits_peak_bytes(setup, width)),
        Moment(standing, kept + top + all_casts, act.logits_forward_bytes(setup, width)),
        Moment(max(standing, head) + one_layer, kept + in_layer, held),
        Moment(max(standing, gradients - embedding), kept / layers + in_layer, held),
        Moment(gradients + again, 0.0, held),
    )
    beside_kept = attention if setup.checkpoints else -kept_scores
    return moments, (attention + feed_forward + transient, max(beside_kept + peak_scores, 0.0))


def _gradient_parts(setup: TrainingSetup, width: terms.Widths, gradients: float) -> tuple[float, float, float]:
    """Gradients of the output layer, of the embeddings, and of one layer."""
    shape = setup.shape
    if setup.method != "full":
        return 0.0, 0.0, gradients / shape.layers
    share = width.trained / (1 if setup.sharding == "ddp" else setup.shards)
    embedding = shape.embedding_parameters * share
    head = shape.vocab_size * shape.hidden_size * share
    return head, embedding, shape.linear_parameters / shape.layers * width.trained


def _unused(
    setup: TrainingSetup,
    width: terms.Widths,
    moments: tuple[Moment, Moment],
    layer: tuple[float, float],
    known: Mapping[str, float],
) -> float:
    """Bytes that the caching allocator holds beside live tensors.

    The blocks of a layer's pass and of gradients are too small for the logits, so that they stay cached beside them.
    Eager attention scores take the blocks that the logits leave, where they fit into them, and only those of the
    forward pass stay beside.
    """
    (loss, peak), (feed_forward, attention) = moments, layer
    beside = known["layer_unused"] * feed_forward
    scores = act.scores(setup)
    if scores:
        blocks = setup.tokens * setup.shape.vocab_size if setup.profile.logits == "full" else 0
        if scores <= blocks:
            beside += act.FORWARD_SCORE_BYTES * scores
        else:
            beside = max(beside, known["scores_unused_large"] * attention)
    left = act.logits_left_bytes(setup, width)
    if setup.profile.logits == "full" and setup.gradient_accumulation == 1:
        left += terms.gradient_bytes(setup, width)
    return max(peak.total + known["layer_fragmentation"] * feed_forward, loss.total + left + beside) - peak.total


def _communication(setup: TrainingSetup, width: terms.Widths, known: Mapping[str, float]) -> float:
    """Buffers of collective operations: the library's own, and the buckets in which gradients are reduced."""
    if setup.gpus == 1:
        return 0.0
    buckets = terms.gradient_bytes(setup, width) if setup.sharding == "ddp" else 0.0
    return known["communication_gib"] * GIB + buckets


def _uncertainty(setup: TrainingSetup, known: Mapping[str, float]) -> float:
    """How far measured runs of this kind may lie from the estimate, as a fraction."""
    share = known["uncertainty_measured" if setup.stack == "peft" else "uncertainty_unmeasured"]
    for present, name in (
        (setup.method == "full", "uncertainty_full"),
        (setup.shape.is_mixture, "uncertainty_mixture"),
        (bool(setup.shape.approximate), "uncertainty_shape"),
        (setup.gpus > 1, "uncertainty_devices"),
        (not setup.checkpoints, "uncertainty_kept"),
    ):
        if present:
            share += known[name]
    return round(share, 3)


def _sources(setup: TrainingSetup) -> tuple[str, ...]:
    sources = [
        "arithmetic of tensors (Transformers documentation, Anatomy of Model's Memory; Korthikanti et al. 2022)",
        f"stack: {setup.profile.source}",
        "constants fitted on 50 measured T4 runs (memory_calibration.yaml)",
    ]
    if setup.method == "qlora":
        sources.append("4-bit storage: QLoRA (Dettmers et al. 2023, section 3)")
    if setup.method == "qlora" and setup.shape.is_mixture and not setup.quantizes_experts:
        sources.append(
            "experts stay in 16 bits: transformers 5 holds them as one tensor, which bitsandbytes leaves alone"
        )
    if setup.gpus > 1:
        sources.append("sharding: ZeRO (Rajbhandari et al. 2020, section 3)")
    if setup.shape.approximate:
        sources.append(f"shape approximated: {setup.shape.approximate}")
    return tuple(sources)
