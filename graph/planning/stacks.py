"""Training stacks as far as memory depends on them, from the catalogue's `stacks.yaml`."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from .catalogue_files import read_catalogue_file

Stack = Literal["trl", "peft", "axolotl", "llama-factory", "unsloth", "litgpt"]


@dataclass(frozen=True)
class StackProfile:
    """What one stack does by default; the fields are explained in `stacks.yaml`."""

    autocast: bool
    adapters: Literal["float32", "compute"]
    quantized_adapters: Literal["float32", "compute"]
    full: Literal["compute", "float32"]
    upcasts_quantized: bool
    logits: Literal["full", "chunked", "kept"]
    loss_tile: Mapping[str, float] | None
    quantizes_experts: bool
    quantizes_head: bool
    keeps_logits: bool
    fused: bool
    offloads: bool
    double_quant: bool
    gradient_checkpointing: bool
    source: str


@cache
def stack_profile(stack: str) -> StackProfile:
    """The profile of a stack by its name."""
    data = read_catalogue_file("stacks.yaml")
    return StackProfile(**{**data["defaults"], **data["stacks"][stack]})
