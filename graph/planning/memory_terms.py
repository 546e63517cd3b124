"""The terms of training memory, each in bytes on one device, each from the arithmetic of its tensors.

Sources: mixed-precision and optimizer accounting from the Transformers documentation ("Anatomy of a model's memory") and ZeRO
(Rajbhandari et al. 2020, section 3); 4-bit storage from QLoRA (Dettmers et al. 2023, section 3); activations after Korthikanti
et al. 2022 (section 4), counted anew for gated feed-forwards, grouped heads and adapters as autograd keeps them.
"""

from dataclasses import dataclass

from .shapes import ModelShape
from .training_setup import TrainingSetup

FLOAT32 = 4
NF4_BLOCK = 64
"""Weights that share one quantisation constant (bitsandbytes)."""
NF4_NESTED_BLOCK = 256
"""Constants that share one second-level constant under double quantisation."""

OPTIMIZER_STATES: dict[str, tuple[int, float | None]] = {
    "adamw": (2, None),
    "paged_adamw": (2, None),
    "adamw_8bit": (2, 1.016),
    "paged_adamw_8bit": (2, 1.016),
    "lion": (1, None),
    "lion_8bit": (1, 1.016),
    "sgd": (0, None),
    "adafactor": (0, None),
}
"""States for each parameter, and bytes of one state; None: as many as the parameter itself has. 8-bit states add a float32
constant for each block of 256 (Dettmers et al. 2022)."""


@dataclass(frozen=True)
class Widths:
    """Bytes of one number in each kind of tensor."""

    compute: int
    stream: int
    """Hidden states between the layers."""
    projection: int
    """Outputs of the linear projections."""
    base: float
    """Weights of the projections."""
    rest: int
    """Embeddings, output layer and norms."""
    trained: int
    """Trained weights, their gradients and the width that optimizer states follow."""


def widths(setup: TrainingSetup) -> Widths:
    """Number formats that the stack uses for this run."""
    profile = setup.profile
    compute = FLOAT32 if setup.precision == "fp32" else 2
    upcast = setup.method == "qlora" and profile.upcasts_quantized
    stream = FLOAT32 if upcast else compute
    projection = FLOAT32 if upcast and not profile.autocast else compute
    if setup.method == "full":
        mixed = setup.precision == "fp16" or profile.full == "float32"
        trained = FLOAT32 if mixed else compute
        return Widths(compute, FLOAT32 if mixed else stream, projection, trained, trained, trained)
    adapters = profile.quantized_adapters if setup.method == "qlora" else profile.adapters
    trained = compute if adapters == "compute" and setup.precision != "fp16" else FLOAT32
    base = nf4_bytes(_double_quant(setup)) if setup.method == "qlora" else float(compute)
    return Widths(compute, stream, projection, base, FLOAT32 if upcast else compute, trained)


def nf4_bytes(double_quant: bool) -> float:
    """Bytes of one 4-bit weight with its share of the quantisation constants (QLoRA, section 3)."""
    if double_quant:
        return 0.5 + 1 / NF4_BLOCK + FLOAT32 / (NF4_BLOCK * NF4_NESTED_BLOCK)
    return 0.5 + FLOAT32 / NF4_BLOCK


def weight_bytes(setup: TrainingSetup, width: Widths) -> float:
    """The base model's weights on one device, before any reference copy."""
    shape = setup.shape
    linear = shape.linear_parameters * width.base
    return linear + (shape.params - shape.linear_parameters) * width.rest


def one_layer_parameters(shape: ModelShape) -> float:
    """Parameters that sharded training gathers at once: those of one layer, or the embeddings where these are larger."""
    return max(shape.linear_parameters / shape.layers, shape.embedding_parameters)


def reference_bytes(setup: TrainingSetup, width: Widths) -> float:
    """A frozen second copy of the model, where DPO needs one: full fine-tuning, or a separate reference."""
    if setup.stage != "dpo" or not (setup.separate_reference or setup.method == "full"):
        return 0.0
    return setup.shape.params * (width.compute if setup.method != "qlora" else width.base)


def optimizer_bytes(setup: TrainingSetup, width: Widths) -> float:
    """Optimizer states of the trained parameters."""
    states, size = OPTIMIZER_STATES[setup.optimizer]
    if setup.optimizer == "adafactor":
        return _factored_bytes(setup)
    return setup.trainable * states * (width.trained if size is None else size)


def checkpoint_bytes(setup: TrainingSetup, width: Widths) -> float:
    """Hidden states kept at the layer boundaries when activations are recomputed."""
    shape = setup.shape
    kept = 2 if setup.profile.offloads else shape.layers
    return float(setup.tokens * shape.hidden_size * kept * width.stream)


def layer_bytes(setup: TrainingSetup, width: Widths) -> float:
    """What autograd keeps of one layer, without the attention scores, for all tokens of the pass.

    Norms keep a float32 copy of their input. Frozen projections keep nothing of their own; an adapter keeps its input in its own
    width (a copy each when that differs from the stream's), a trained projection keeps its input.
    """
    shape, profile = setup.shape, setup.profile
    norm_inputs = min(shape.layout.norms, 2) * shape.hidden_size * (width.projection if profile.fused else FLOAT32)
    if shape.layout.qk_norm != "none" and not profile.fused:
        norm_inputs += FLOAT32 * (shape.query_width + shape.kv_width)
    return setup.tokens * (norm_inputs + _attention_bytes(setup, width) + _feed_forward_bytes(setup, width))


def scores_kept_bytes(setup: TrainingSetup, width: Widths) -> float:
    """Attention scores that autograd keeps of one layer: none unless attention is eager."""
    if setup.attention != "eager":
        return 0.0
    return score_elements(setup) * (FLOAT32 + (width.projection if width.projection < FLOAT32 else 0))


def scores_peak_bytes(setup: TrainingSetup, width: Widths) -> float:
    """Attention scores alive at once while one eager layer's softmax is differentiated.

    In 16-bit: float32 softmax, its cast, the incoming gradient, that in float32, and the softmax's own gradient; in float32 four
    full-size tensors. 14 and 16 bytes a score, as the measured runs show.
    """
    if setup.attention != "eager":
        return 0.0
    return score_elements(setup) * (14 if width.projection < FLOAT32 else 16)


def backward_transient_bytes(setup: TrainingSetup, width: Widths) -> float:
    """Gradients of one layer's feed-forward alive at once, and the largest projection dequantised."""
    shape = setup.shape
    gradients = setup.tokens * 2 * shape.mlp_width * width.projection
    largest = max(module.inputs * module.outputs for module in shape.linear_modules)
    return gradients + (largest * width.compute if setup.method == "qlora" else 0)


def logits_peak_bytes(setup: TrainingSetup, width: Widths) -> float:
    """Logits and their loss at the moment when the softmax is differentiated.

    Materialised: the logits where they stay referenced, the float32 log-softmax, its incoming gradient and its own gradient.
    """
    profile, elements = setup.profile, setup.tokens * setup.shape.vocab_size
    if profile.logits == "chunked":
        return min(elements, 1024 * setup.shape.vocab_size) * 3.0 * FLOAT32
    if profile.logits == "kept":
        return elements * 2.0 * width.compute + min(elements, 128 * setup.shape.vocab_size) * 2.0 * FLOAT32
    return elements * 3.0 * FLOAT32 + logits_kept_bytes(setup, width)


def logits_kept_bytes(setup: TrainingSetup, width: Widths) -> float:
    """Logits that stay referenced while the layers are differentiated."""
    if setup.profile.logits != "full" or not setup.profile.keeps_logits:
        return 0.0
    return float(setup.tokens * setup.shape.vocab_size * _logit_width(width))


def _logit_width(width: Widths) -> int:
    return FLOAT32 if width.rest == FLOAT32 else width.compute


def _double_quant(setup: TrainingSetup) -> bool:
    return setup.profile.double_quant if setup.double_quant is None else setup.double_quant


def score_elements(setup: TrainingSetup) -> int:
    """Attention scores of one layer; the kernels that never hold them are not asked."""
    return setup.sequences * setup.shape.attention_heads * setup.max_length * setup.max_length


def _attention_bytes(setup: TrainingSetup, width: Widths) -> float:
    shape = setup.shape
    query, kv = shape.query_width, shape.kv_width
    keys_values = 2 * (kv if setup.attention == "flash" else query)
    kept = (2 * query + keys_values) * width.projection
    return kept + _projection_inputs(setup, width, "attention", shape.hidden_size, query)


def _feed_forward_bytes(setup: TrainingSetup, width: Widths) -> float:
    shape = setup.shape
    gated = shape.layout.mlp != "plain"
    kept = (2 if setup.profile.fused or not gated else 3) * shape.mlp_width * width.projection
    if shape.is_mixture:
        kept += 2 * shape.experts_per_token * shape.hidden_size * width.projection
    groups = ("mlp", "experts", "shared_expert")
    return kept + sum(_projection_inputs(setup, width, group, shape.hidden_size, shape.mlp_width) for group in groups)


def _projection_inputs(setup: TrainingSetup, width: Widths, group: str, hidden: int, inner: int) -> float:
    """Inputs of projections that autograd keeps: one copy each for adapters of another width, else one shared copy."""
    if setup.method == "full":
        present = any(module.group == group for module in setup.shape.linear_modules)
        return (hidden + inner) * width.compute if present else 0.0
    adapted = [module for module in setup.adapted if module.group == group]
    if not adapted:
        return 0.0
    last = adapted[-1].name in (setup.shape.layout.attention_names[-1], setup.shape.layout.mlp_names[-1])
    first = len({module.name for module in adapted}) - (1 if last else 0)
    kept = FLOAT32 if width.trained == FLOAT32 and not setup.profile.autocast else width.compute
    shared = kept == width.projection and not setup.profile.autocast
    copies = min(first, 1) if shared or setup.profile.fused else first
    own = 0 if shared and group == "attention" else 1
    return (copies * hidden + (inner * own if last else 0)) * kept


def _factored_bytes(setup: TrainingSetup) -> float:
    """Adafactor keeps a float32 row and column mean for each matrix (Shazeer and Stern 2018)."""
    modules = setup.shape.linear_modules if setup.method == "full" else setup.adapted
    return sum(FLOAT32 * module.copies * (module.inputs + module.outputs) for module in modules)
