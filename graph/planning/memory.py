"""How much memory a training run takes on one device."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

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


@cache
def calibration() -> Mapping[str, float]:
    """The fitted constants, from the catalogue's `memory_calibration.yaml`."""
    return {
        name: float(entry["value"])
        for name, entry in read_catalogue_file("memory_calibration.yaml")["constants"].items()
    }


def estimate_memory(setup: TrainingSetup, card: Gpu | None = None) -> MemoryEstimate:
    """Peak memory of one device over a training step.

    The peak is the larger of two moments: the loss, when logits stand beside the kept activations, and the backward pass of one
    layer, when its recomputed activations and the gradients stand there. On top comes what the process holds beside live tensors:
    the driver's context and the caching allocator's blocks that one moment leaves and the other cannot use.

    Args:
        setup: the run.
        card: the GPU, for the size of its context; by default a typical one.
    """
    constants = calibration()
    width = terms.widths(setup)
    weights, adapters, gradients, optimizer = _static(setup, width)
    kept, layer, scores = _activations(setup, width)
    logits = terms.logits_peak_bytes(setup, width)
    held = terms.logits_kept_bytes(setup, width)
    accumulated = gradients if setup.gradient_accumulation > 1 else 0.0
    loss_moment = kept + logits + accumulated
    backward_moment = kept + layer + scores + held + gradients
    live = max(loss_moment, backward_moment)
    reuse = constants["scores_unused_large"] if _outsizes(setup, logits) else constants["scores_unused_small"]
    if setup.attention != "eager":
        reuse = 0.0
    reserved = max(
        live * (1 + constants["fragmentation"]),
        loss_moment + constants["layer_unused"] * layer + reuse * scores,
    )
    context = (card.context_gib if card else constants["typical_context_gib"]) * GIB
    overhead = context + reserved - live + constants["workspace_gib"] * GIB
    overhead += _communication(setup, gradients)
    if loss_moment >= backward_moment:
        parts = (accumulated, kept, logits)
    else:
        parts = (gradients, kept + layer + scores, held)
    breakdown = {
        "weights": weights,
        "adapters": adapters,
        "gradients": parts[0],
        "optimizer": optimizer,
        "activations": parts[1],
        "logits": parts[2],
        "overhead": overhead,
    }
    total = sum(breakdown.values())
    return MemoryEstimate(
        total_gib=total / GIB,
        breakdown_gib={name: value / GIB for name, value in breakdown.items()},
        uncertainty=_uncertainty(setup),
        sources=_sources(setup),
    )


def _static(setup: TrainingSetup, width: terms.Widths) -> tuple[float, float, float, float]:
    """Bytes of weights, adapters, gradients and optimizer states on one device."""
    weights = terms.weight_bytes(setup, width)
    adapters = 0.0 if setup.method == "full" else float(setup.trainable * width.trained)
    gradients = float(setup.trainable * width.trained)
    optimizer = terms.optimizer_bytes(setup, width)
    reference = terms.reference_bytes(setup, width)
    if setup.gpus > 1 and setup.sharding != "ddp":
        gradients, optimizer = gradients / setup.gpus, optimizer / setup.gpus
    if setup.gpus > 1 and setup.sharding == "fsdp":
        gathered = 2 * terms.one_layer_parameters(setup.shape) * width.compute
        weights = weights / setup.gpus + gathered
        adapters, reference = adapters / setup.gpus, reference / setup.gpus
    return weights + reference, adapters, gradients, optimizer


def _activations(setup: TrainingSetup, width: terms.Widths) -> tuple[float, float, float]:
    """Bytes kept through the forward pass, of one layer in the backward pass, and of its attention scores at their peak."""
    layer = terms.layer_bytes(setup, width)
    kept_scores = terms.scores_kept_bytes(setup, width)
    peak_scores = terms.scores_peak_bytes(setup, width)
    transient = terms.backward_transient_bytes(setup, width)
    if setup.checkpoints:
        return terms.checkpoint_bytes(setup, width), layer + transient, peak_scores
    return setup.shape.layers * (layer + kept_scores), transient, max(peak_scores - kept_scores, 0.0)


def _outsizes(setup: TrainingSetup, logits: float) -> bool:
    """Whether a float32 score tensor is larger than a float32 logits tensor, so that it cannot take its block."""
    return terms.score_elements(setup) > min(setup.tokens * setup.shape.vocab_size, logits / terms.FLOAT32)


def _communication(setup: TrainingSetup, gradients: float) -> float:
    """Buffers of the collective operations: NCCL's own, and the buckets in which data parallelism reduces gradients."""
    if setup.gpus == 1:
        return 0.0
    return calibration()["communication_gib"] * GIB + (gradients if setup.sharding == "ddp" else 0.0)


def _uncertainty(setup: TrainingSetup) -> float:
    """How far measured runs of this kind may lie from the estimate, as a fraction."""
    known = calibration()
    share = known["uncertainty_measured"] if setup.stack == "peft" else known["uncertainty_unmeasured"]
    for present, name in (
        (setup.method == "full", "uncertainty_full"),
        (setup.shape.is_mixture, "uncertainty_mixture"),
        (bool(setup.shape.approximate), "uncertainty_shape"),
        (setup.gpus > 1, "uncertainty_devices"),
        (not setup.checkpoints, "uncertainty_kept"),
    ):
        share += known[name] if present else 0.0
    return round(share, 3)


def _sources(setup: TrainingSetup) -> tuple[str, ...]:
    sources = [
        "arithmetic of tensors (Anatomy of a model's memory, Transformers documentation; Korthikanti et al. 2022)",
        f"stack: {setup.profile.source}",
        "constants fitted on 51 measured T4 runs (memory_calibration.yaml)",
    ]
    if setup.method == "qlora":
        sources.append("4-bit storage: QLoRA (Dettmers et al. 2023, section 3)")
    if setup.gpus > 1:
        sources.append("sharding: ZeRO (Rajbhandari et al. 2020, section 3)")
    if setup.shape.approximate:
        sources.append(f"shape approximated: {setup.shape.approximate}")
    return tuple(sources)
