"""How long one step takes on a GPU: operations over the rate of its cores, bytes over the rate of its memory.

A roofline (Williams et al. 2009) over the parts of a step. Operations: 2·N forward and 2·N for each kind of gradient
and each token (Kaplan et al. 2020, section 2.1); attention 4·length·width for each layer and token (PaLM, Chowdhery et
al. 2022, appendix B).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from . import activations as act
from . import memory_terms as terms
from .gpus import Gpu
from .training_setup import TrainingSetup


@dataclass(frozen=True)
class Work:
    """What one forward and backward pass over a micro-batch does: operations, and bytes across the memory bus."""

    projections: float
    head: float
    attention: float
    kept_bytes: float
    scores_bytes: float
    weight_bytes: float
    dequantized_bytes: float

    @property
    def flops(self) -> float:
        """All operations."""
        return self.projections + self.head + self.attention


def work_of(setup: TrainingSetup, width: terms.Widths) -> Work:
    """The work of one micro-batch at the setup's length.

    Frozen weights need no gradient of their own, recomputation runs the forward pass again, and DPO's reference pass
    adds one.
    """
    shape, tokens = setup.shape, setup.tokens
    again = (1 if setup.checkpoints else 0) + (1 if setup.stage == "dpo" else 0)
    weight_gradients = 1 if setup.method == "full" else 0
    passes = 2 + again + weight_gradients
    vocabulary = shape.vocab_size * shape.hidden_size
    matrices = shape.active_parameters - shape.embedding_parameters - shape.head_parameters
    causal = 1.0 if setup.attention == "eager" else 0.5
    layers = shape.layers + shape.decoder_layers
    kept = shape.layers * (act.attention_bytes(setup, width) + act.feed_forward_bytes(setup, width))
    weights = terms.weight_bytes(setup, width)
    quantized = setup.method == "qlora"
    return Work(
        projections=2.0 * matrices * tokens * passes,
        head=2.0 * vocabulary * tokens * (2 + weight_gradients + (1 if setup.stage == "dpo" else 0)),
        attention=4.0 * causal * setup.max_length * shape.query_width * layers * tokens * (3 + again),
        kept_bytes=kept,
        scores_bytes=shape.layers * act.scores_peak_bytes(setup, width),
        weight_bytes=weights * passes,
        dequantized_bytes=shape.linear_parameters * width.compute * passes if quantized else 0.0,
    )


def pass_seconds(setup: TrainingSetup, card: Gpu, pace: Mapping[str, float], rates: Mapping[str, float]) -> float:
    """Seconds of one forward and backward pass over a micro-batch.

    Args:
        setup: the run, its length that of the examples.
        card: the GPU.
        pace: `fast` or `slow` of `utilisation.yaml`.
        rates: the rest of that file.
    """
    width = terms.widths(setup)
    work = work_of(setup, width)
    peak = card.peak_tflops * card.sustained * 1e12
    half = peak * (rates["float32_share"] if setup.precision == "fp32" else 1.0)
    upcast = peak * rates["float32_share"] if width.projection == terms.FLOAT32 else half
    bus = card.bandwidth_gb_s * 1e9
    traffic = pace["traffic"] * (rates["fused_traffic_share"] if setup.profile.fused else 1.0)
    projections = max(work.projections / (half * pace["matmul"]), work.weight_bytes / bus)
    wide = (work.head + work.attention) / (upcast * pace["attention"])
    moved = traffic * work.kept_bytes + pace["scores"] * work.scores_bytes + pace["dequantize"] * work.dequantized_bytes
    return projections + wide + moved / bus + pace["launch_ms"] / 1e3 * setup.shape.layers


def step_seconds(setup: TrainingSetup, card: Gpu) -> float:
    """Seconds of one optimizer step itself: weights, gradients and states are read and written once."""
    width = terms.widths(setup)
    touched = 2 * (setup.trainable * width.trained * 2 / setup.shards + terms.optimizer_bytes(setup, width))
    return touched / (card.bandwidth_gb_s * 1e9)
