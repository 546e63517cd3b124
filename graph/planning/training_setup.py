"""What is to be trained and how: the input of every calculator."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, Self, get_args

from .lora_parameters import ALL_LINEAR, Method, PlanningError, targeted_modules, trainable_parameters
from .shapes import LinearModule, ModelShape, count_projections
from .stacks import Stack, StackProfile, stack_profile

Stage = Literal["sft", "dpo"]
Precision = Literal["bf16", "fp16", "fp32"]
Attention = Literal["eager", "sdpa", "flash"]
Sharding = Literal["ddp", "zero2", "fsdp"]
Optimizer = Literal["adamw", "adamw_8bit", "paged_adamw_8bit", "paged_adamw", "adafactor", "sgd", "lion", "lion_8bit"]

OPTIMIZER_ALIASES: dict[str, Optimizer] = {
    "adamw_torch": "adamw",
    "adamw_torch_fused": "adamw",
    "adamw_hf": "adamw",
    "adam": "adamw",
    "adamw_bnb_8bit": "adamw_8bit",
    "adam8bit": "adamw_8bit",
    "adamw_8bit": "adamw_8bit",
    "paged_adamw_32bit": "paged_adamw",
    "lion_32bit": "lion",
}


@dataclass(frozen=True)
class TrainingSetup:
    """One training run.

    `batch_size` counts examples per device and forward pass (pairs, for DPO); `max_length` tokens per example; `gpus`
    devices that share the work by `sharding` (`ddp` copies everything, `zero2` shards gradients and optimizer, `fsdp`
    the weights as well). None takes what the stack does by default.

    Raises:
        PlanningError: a value out of its range or an impossible combination; it names the field and the range.
    """

    shape: ModelShape
    method: Method = "qlora"
    stage: Stage = "sft"
    rank: int = 16
    target_modules: tuple[str, ...] | str = ALL_LINEAR
    batch_size: int = 1
    max_length: int = 2048
    precision: Precision = "bf16"
    optimizer: Optimizer = "adamw"
    gpus: int = 1
    sharding: Sharding = "ddp"
    attention: Attention = "sdpa"
    stack: Stack = "trl"
    gradient_checkpointing: bool | None = None
    gradient_accumulation: int = 1
    """Forward passes for one step; beyond one, the gradients stay in memory between them."""
    separate_reference: bool = False
    """DPO: a second, frozen copy of the model gives the reference; full fine-tuning always needs one."""
    double_quant: bool | None = None
    """Whether the quantisation constants are quantised too."""
    quantized_experts: bool | None = None
    """Whether a 4-bit base has the experts of a mixture in 4 bits."""

    def __post_init__(self) -> None:
        _check_choices(self, _CHOICES)
        _check_ranges(self, _RANGES)
        if self.method != "full":
            _check_adapters(self)
        if self.method == "qlora" and self.precision == "fp32" and self.stack == "unsloth":
            raise PlanningError("precision", "Unsloth trains 4-bit models in bf16 or fp16 only")

    @cached_property
    def trainable(self) -> int:
        """The number of trained parameters."""
        return trainable_parameters(self.shape, self.method, self.rank, self.target_modules)

    @cached_property
    def adapted(self) -> tuple[LinearModule, ...]:
        """The projections that carry adapters; none in full fine-tuning."""
        return () if self.method == "full" else targeted_modules(self.shape, self.target_modules)

    @cached_property
    def profile(self) -> StackProfile:
        """How the stack loads, computes and checkpoints."""
        return stack_profile(self.stack)

    @cached_property
    def checkpoints(self) -> bool:
        """Whether activations are recomputed in the backward pass instead of kept."""
        stated = self.gradient_checkpointing
        return self.profile.gradient_checkpointing if stated is None else stated

    @cached_property
    def adapted_projections(self) -> dict[str, tuple[int, int]]:
        """For each group, how many kinds of adapted projection read the hidden states, and how many write to them."""
        return count_projections(self.adapted, self.shape.layout)

    @cached_property
    def quantizes_twice(self) -> bool:
        """Whether the quantisation constants are quantised too."""
        return self.profile.double_quant if self.double_quant is None else self.double_quant

    @cached_property
    def quantizes_experts(self) -> bool:
        """Whether a 4-bit base has the experts of a mixture in 4 bits."""
        return self.profile.quantizes_experts if self.quantized_experts is None else self.quantized_experts

    @property
    def shards(self) -> int:
        """Devices over which state is shared: all of them, unless each keeps everything."""
        return 1 if self.sharding == "ddp" else self.gpus

    @cached_property
    def sequences(self) -> int:
        """Sequences in one forward pass: a DPO step concatenates chosen and rejected answers."""
        return self.batch_size * (2 if self.stage == "dpo" else 1)

    @cached_property
    def tokens(self) -> int:
        """Tokens in one forward pass on one device."""
        return self.sequences * self.max_length

    def with_(self, **changes: Any) -> Self:
        """The same run with other values.

        Sweeps make many of these: where the changes leave model and adapters alone, nothing of those is derived again.

        Raises:
            PlanningError: as for a new run.
        """
        if not _LEAVES_ADAPTERS.issuperset(changes):
            return replace(self, **changes)
        changed = object.__new__(type(self))
        state = vars(self)
        vars(changed).update({name: state[name] for name in _KEPT if name in state}, **changes)
        _check_choices(changed, changes)
        _check_ranges(changed, changes)
        return changed


def optimizer_named(name: str) -> Optimizer:
    """The optimizer that a trainer's option means, such as `adamw_torch_fused` or `paged_adamw_8bit`.

    Raises:
        PlanningError: an optimizer whose memory is not known, with those that are.
    """
    plain = name.strip().lower().replace("-", "_")
    found = OPTIMIZER_ALIASES.get(plain, plain)
    known = get_args(Optimizer)
    if found not in known:
        raise PlanningError("optimizer", f"{name!r} is not known; known are {', '.join((*known, *OPTIMIZER_ALIASES))}")
    return found  # type: ignore[return-value]


def module_list(text: str | Sequence[str]) -> tuple[str, ...] | str:
    """Target modules from `q_proj,v_proj`, a list, or `all-linear`."""
    if isinstance(text, str):
        if text.strip().lower().replace("_", "-") == ALL_LINEAR:
            return ALL_LINEAR
        return tuple(name.strip() for name in text.split(",") if name.strip())
    return tuple(text)


_CHOICES: dict[str, tuple[str, ...]] = {
    "method": get_args(Method),
    "stage": get_args(Stage),
    "precision": get_args(Precision),
    "optimizer": get_args(Optimizer),
    "sharding": get_args(Sharding),
    "attention": get_args(Attention),
    "stack": get_args(Stack),
}
_RANGES: dict[str, tuple[int, int]] = {
    "batch_size": (1, 65_536),
    "max_length": (16, 100_000_000),
    "gpus": (1, 100_000),
    "gradient_accumulation": (1, 65_536),
}


_LEAVES_ADAPTERS = {
    "batch_size",
    "max_length",
    "gradient_accumulation",
    "gradient_checkpointing",
    "attention",
    "optimizer",
    "gpus",
    "sharding",
}
_KEPT = (
    *TrainingSetup.__dataclass_fields__,
    "adapted",
    "adapted_projections",
    "trainable",
    "profile",
    "quantizes_twice",
    "quantizes_experts",
)


def _check_choices(setup: TrainingSetup, fields: Iterable[str]) -> None:
    for field in fields:
        choices = _CHOICES.get(field)
        value = getattr(setup, field)
        if choices is not None and value not in choices:
            raise PlanningError(field, f"must be one of {', '.join(choices)}, got {value!r}")


def _check_ranges(setup: TrainingSetup, fields: Iterable[str]) -> None:
    for field in fields:
        if field not in _RANGES:
            continue
        low, high = _RANGES[field]
        value = getattr(setup, field)
        if type(value) is not int or not low <= value <= high:
            raise PlanningError(field, f"must be a whole number from {low} to {high}, got {value!r}")


def _check_adapters(setup: TrainingSetup) -> None:
    most = setup.shape.hidden_size
    if type(setup.rank) is not int or not 1 <= setup.rank <= most:
        raise PlanningError("rank", f"must be a whole number from 1 to {most}, got {setup.rank!r}")
    targeted_modules(setup.shape, setup.target_modules)
