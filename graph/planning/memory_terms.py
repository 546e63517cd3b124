"""What stays in memory through a training run: weights, gradients and optimizer states, in bytes on one device.

Sources: mixed-precision and optimizer accounting from the Transformers documentation ("Anatomy of Model's Memory") and
ZeRO (Rajbhandari et al. 2020, section 3); 4-bit storage from QLoRA (Dettmers et al. 2023, section 3).
"""

from dataclasses import dataclass

from .training_setup import TrainingSetup

FLOAT32 = 4
NF4_BLOCK = 64
"""Weights that share one quantisation constant (bitsandbytes)."""
NF4_NESTED_BLOCK = 256
"""Constants that share one second-level constant under double quantisation."""

EIGHT_BIT_STATE = 1 + FLOAT32 / 256
"""Bytes of one 8-bit optimizer state with its share of a block's constant (Dettmers et al. 2022)."""
OPTIMIZER_STATES: dict[str, tuple[int, float | None]] = {
    "adamw": (2, None),
    "paged_adamw": (2, None),
    "adamw_8bit": (2, EIGHT_BIT_STATE),
    "paged_adamw_8bit": (2, EIGHT_BIT_STATE),
    "lion": (1, None),
    "lion_8bit": (1, EIGHT_BIT_STATE),
    "sgd": (0, None),
    "adafactor": (0, None),
}
"""States for each parameter, and the bytes of one; None: as many as the parameter itself has."""


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
    rest: float
    """Embeddings, output layer and norms."""
    trained: int
    """Trained weights, their gradients, and what optimizer states follow."""


def widths(setup: TrainingSetup) -> Widths:
    """Number formats that the stack uses for this run."""
    profile = setup.profile
    compute = FLOAT32 if setup.precision == "fp32" else 2
    if setup.method == "full":
        trained = FLOAT32 if setup.precision == "fp16" or profile.full == "float32" else compute
        return Widths(compute, trained, compute, trained, trained, trained)
    adapters = profile.quantized_adapters if setup.method == "qlora" else profile.adapters
    trained = compute if adapters == "compute" and setup.precision != "fp16" else FLOAT32
    if setup.method == "lora":
        return Widths(compute, compute, compute, compute, compute, trained)
    stream = FLOAT32 if profile.upcasts_quantized else compute
    projection = compute if profile.autocast else stream
    return Widths(compute, stream, projection, nf4_bytes(setup.quantizes_twice), stream, trained)


def nf4_bytes(double_quant: bool) -> float:
    """Bytes of one 4-bit weight with its share of the quantisation constants (QLoRA, section 3)."""
    if double_quant:
        return 0.5 + 1 / NF4_BLOCK + FLOAT32 / (NF4_BLOCK * NF4_NESTED_BLOCK)
    return 0.5 + FLOAT32 / NF4_BLOCK


def weight_bytes(setup: TrainingSetup, width: Widths) -> float:
    """The base model's weights; fully sharded, a share of them and the layers that are gathered for use."""
    shape = setup.shape
    quantized = shape.linear_parameters + (shape.head_parameters if setup.profile.quantizes_head else 0)
    if setup.method == "qlora" and not setup.quantizes_experts:
        quantized -= shape.expert_parameters
    whole = quantized * width.base + (shape.params - quantized) * width.rest
    if setup.shards < 2 or setup.sharding != "fsdp":
        return whole
    largest = max(shape.linear_parameters / shape.layers, shape.embedding_parameters)
    return whole / setup.shards + 2 * largest * width.compute


def reference_bytes(setup: TrainingSetup, width: Widths) -> float:
    """A frozen second copy of the model, where DPO needs one: in full fine-tuning, or a separate reference."""
    if setup.stage != "dpo" or not (setup.separate_reference or setup.method == "full"):
        return 0.0
    copy = setup.shape.params * (width.base if setup.method == "qlora" else width.compute)
    return copy / setup.shards if setup.sharding == "fsdp" else copy


def adapter_bytes(setup: TrainingSetup, width: Widths) -> float:
    """Adapter weights; none in full fine-tuning."""
    if setup.method == "full":
        return 0.0
    return setup.trainable * width.trained / (setup.shards if setup.sharding == "fsdp" else 1)


def gradient_bytes(setup: TrainingSetup, width: Widths) -> float:
    """Gradients of all trained parameters, as they stand at the end of the backward pass."""
    return setup.trainable * width.trained / (1 if setup.sharding == "ddp" else setup.shards)


def optimizer_bytes(setup: TrainingSetup, width: Widths) -> float:
    """Optimizer states of the trained parameters."""
    states, size = OPTIMIZER_STATES[setup.optimizer]
    if setup.optimizer == "adafactor":
        whole = _factored_bytes(setup)
    else:
        whole = setup.trainable * states * (width.trained if size is None else size)
    return whole / (1 if setup.sharding == "ddp" else setup.shards)


def _factored_bytes(setup: TrainingSetup) -> float:
    """Adafactor keeps a float32 row and column mean for each matrix (Shazeer and Stern 2018)."""
    if setup.method == "full":
        return float(sum(FLOAT32 * m.copies * (m.inputs + m.outputs) for m in setup.shape.linear_modules))
    return float(sum(FLOAT32 * m.copies * (m.inputs + m.outputs + 2 * setup.rank) for m in setup.adapted))
