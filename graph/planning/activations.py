"""What the forward and backward pass put into memory, in bytes on one device.

Activations are counted tensor by tensor as autograd keeps them, after Korthikanti et al. 2022 (section 4) but anew for
gated feed-forwards, grouped heads, adapters and automatic mixed precision. `benchmarks/memory` compares the count with
the live tensors of real training steps.
"""

from collections.abc import Mapping

from .memory_terms import FLOAT32, Widths
from .training_setup import TrainingSetup

SOFTMAX_BYTES = {2: 14, 4: 16}
"""Bytes for each attention score alive while an eager softmax is differentiated, by the width of the scores. In
16-bit: the softmax in float32 and its cast, the incoming gradient, that in float32, and its own; in float32 four whole
tensors. Read off the measured runs' live memory."""
FORWARD_SCORE_BYTES = 8
"""Bytes for each attention score in the blocks that an eager forward pass uses in turn: two 16-bit, one float32; or two
float32."""
LITGPT_LOSS_CHUNK = 128
"""Tokens in one piece of LitGPT's loss."""


def checkpoint_bytes(setup: TrainingSetup, width: Widths) -> float:
    """Hidden states kept at the layer boundaries when activations are recomputed."""
    kept = 2 if setup.profile.offloads else setup.shape.layers
    return float(setup.tokens * setup.shape.hidden_size * kept * width.stream)


def attention_bytes(setup: TrainingSetup, width: Widths) -> float:
    """Kept of one layer's attention and its norm, without the scores.

    Queries, keys, values and output; keys and values are repeated to the number of query heads except by flash
    attention.
    """
    shape = setup.shape
    keys_values = 2 * (shape.kv_width if setup.attention == "flash" else shape.query_width)
    kept: float = (2 * shape.query_width + keys_values) * width.projection
    if shape.layout.qk_norm != "none" and not setup.profile.fused:
        kept += FLOAT32 * (shape.query_width + shape.kv_width)
    kept += _norm_bytes(setup, width) + _input_bytes(setup, width, "attention", shape.query_width)
    return float(setup.tokens * kept)


def feed_forward_bytes(setup: TrainingSetup, width: Widths) -> float:
    """Kept of one layer's feed-forward and its norm: gate, activation, up projection, copies of routed tokens."""
    shape = setup.shape
    gated = shape.layout.mlp != "plain"
    kept: float = (2 if setup.profile.fused or not gated else 3) * shape.mlp_width * width.projection
    if shape.is_mixture:
        kept += 2 * shape.experts_per_token * shape.hidden_size * width.projection
    for group in ("mlp", "experts", "shared_expert"):
        kept += _input_bytes(setup, width, group, shape.mlp_width)
    return float(setup.tokens * (kept + _norm_bytes(setup, width)))


def head_bytes(setup: TrainingSetup, width: Widths) -> float:
    """Kept between the last layer and the loss: the final norm and its output, and eager attention's mask."""
    mask = setup.max_length * setup.max_length * setup.sequences if setup.attention == "eager" else 0
    hidden = setup.shape.hidden_size
    return float(setup.tokens * (_norm_bytes(setup, width) + hidden * width.stream) + mask * width.stream)


def transient_bytes(setup: TrainingSetup, width: Widths) -> float:
    """Alive only while a layer's feed-forward is differentiated: its gradients, the largest projection dequantised.

    A 4-bit projection in a float32 stream casts what goes into it and what comes out.
    """
    shape = setup.shape
    tensors = 2 if width.projection == FLOAT32 else 4 if _casts_inputs(setup, width) else 3
    inner = tensors * width.projection
    if setup.method != "qlora":
        return float(setup.tokens * shape.mlp_width * inner)
    if width.projection > width.compute:
        inner += 2 * width.compute
    return float(setup.tokens * shape.mlp_width * inner + shape.largest_projection * width.compute)


def cast_bytes(setup: TrainingSetup, width: Widths, parameters: float) -> float:
    """16-bit copies of float32 weights, which automatic mixed precision makes and autograd keeps.

    Fully sharded training has none: it gathers the weights in 16 bits.
    """
    mixed = setup.method == "full" and width.base > width.compute
    sharded = setup.sharding == "fsdp" and setup.gpus > 1
    return parameters * width.compute if mixed and not sharded else 0.0


def scores(setup: TrainingSetup) -> int:
    """Attention scores of one layer; none are kept unless attention is eager."""
    if setup.attention != "eager":
        return 0
    return setup.sequences * setup.shape.attention_heads * setup.max_length * setup.max_length


def scores_kept_bytes(setup: TrainingSetup, width: Widths) -> float:
    """Scores that autograd keeps of one eager layer: the float32 softmax, and its cast where the layer is 16-bit."""
    return float(scores(setup) * (FLOAT32 if width.projection == FLOAT32 else FLOAT32 + width.projection))


def scores_peak_bytes(setup: TrainingSetup, width: Widths) -> float:
    """Scores alive at once while one eager layer's softmax is differentiated."""
    return float(scores(setup) * SOFTMAX_BYTES[width.projection])


def logits_peak_bytes(setup: TrainingSetup, width: Widths) -> float:
    """Logits and their loss at the moment when the softmax is differentiated.

    Materialised: the float32 log-softmax, its incoming gradient and its own gradient, beside the logits that stay
    referenced. Chunked: one piece. Kept: logits and their log-softmax for all tokens, and the gradients of one
    piece.
    """
    profile, vocabulary = setup.profile, setup.shape.vocab_size
    if profile.loss_tile is not None:
        return _loss_tile_bytes(setup, width, profile.loss_tile)
    if profile.logits == "kept":
        piece = min(setup.tokens, LITGPT_LOSS_CHUNK) * vocabulary * 2.0 * FLOAT32
        return setup.tokens * vocabulary * 2.0 * width.projection + piece
    return setup.tokens * vocabulary * 3.0 * FLOAT32 + logits_kept_bytes(setup, width)


def logits_forward_bytes(setup: TrainingSetup, width: Widths) -> float:
    """Materialised logits at the end of the forward pass: as computed, in float32, and their log-softmax."""
    if setup.profile.logits != "full":
        return 0.0
    return float(setup.tokens * setup.shape.vocab_size * (width.compute + 2 * FLOAT32))


def logits_kept_bytes(setup: TrainingSetup, width: Widths) -> float:
    """Materialised logits that stay referenced while the layers are differentiated; DPO keeps them for its metrics."""
    if setup.profile.logits != "full" or not (setup.profile.keeps_logits or setup.stage == "dpo"):
        return 0.0
    element = FLOAT32 if width.rest == FLOAT32 or setup.stage == "dpo" else width.compute
    return float(setup.tokens * setup.shape.vocab_size * element)


def logits_left_bytes(setup: TrainingSetup, width: Widths) -> float:
    """The 16-bit logits' own block, which stays cached and unused once they are freed before the backward pass."""
    if setup.profile.logits != "full" or logits_kept_bytes(setup, width):
        return 0.0
    return float(setup.tokens * setup.shape.vocab_size * width.compute)


def _loss_tile_bytes(setup: TrainingSetup, width: Widths, tile: Mapping[str, float]) -> float:
    piece = min(setup.tokens, tile["tokens"]) * min(setup.shape.vocab_size, tile["columns"]) * tile["bytes"]
    hidden = setup.tokens * setup.shape.hidden_size * (FLOAT32 + width.stream)
    return min(piece, tile["most_gib"] * 2**30) + hidden


def _norm_bytes(setup: TrainingSetup, width: Widths) -> float:
    """A norm keeps its input in float32, and its normalised input where its own weight is trained."""
    hidden = setup.shape.hidden_size
    if setup.profile.fused:
        return hidden * width.stream
    return hidden * (FLOAT32 + (width.stream if setup.method == "full" else 0))


def _input_bytes(setup: TrainingSetup, width: Widths, group: str, inner: int) -> float:
    """Inputs of a group's projections that autograd keeps.

    A trained projection keeps its input, an adapter its own; frozen projections keep none. Projections share one input
    unless it has to be cast: adapters in float32 and automatic mixed precision make a copy for each.
    """
    hidden, fused = setup.shape.hidden_size, setup.profile.fused
    if setup.method == "full":
        first, last = setup.shape.projections[group]
        copies = first if width.stream > width.compute and not fused else min(first, 1)
        return (copies * hidden + inner * last) * width.compute
    first, last = setup.adapted_projections[group]
    if not _casts_inputs(setup, width):
        shared = 0 if group == "attention" else inner * last
        return (min(first, 1) * hidden + shared) * width.projection
    element = width.compute if setup.profile.autocast else width.trained
    return ((min(first, 1) if fused else first) * hidden + inner * last) * element


def _casts_inputs(setup: TrainingSetup, width: Widths) -> bool:
    """Whether each adapter keeps its own cast of the input.

    PEFT casts to the adapter's type, except for 4-bit layers under automatic mixed precision, which leave that to it.
    """
    if setup.method == "qlora" and setup.profile.autocast:
        return False
    return width.trained != width.projection
