"""What to give up, and in which order, when a run does not fit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .gpus import Gpu
from .memory import MemoryEstimate, estimate_memory
from .shapes import ModelShape
from .training_setup import TrainingSetup
from .verdict import Fit, judge, usable_gib

SHORTEST = 512
_EIGHT_BIT = {"adamw": "adamw_8bit", "paged_adamw": "paged_adamw_8bit", "lion": "lion_8bit"}


@dataclass(frozen=True)
class Rung:
    """One step of the ladder: all above it and this change. One that changes the scope is the user's to accept."""

    name: str
    """as-planned, micro-batch, checkpointing, kernel, optimizer, quantization, length or smaller-model."""
    changes: dict[str, Any]
    setup: TrainingSetup
    memory: MemoryEstimate
    fit: Fit
    changes_scope: bool


@dataclass(frozen=True)
class Ladder:
    """The rungs in order; the first is the run as planned."""

    rungs: tuple[Rung, ...]
    usable_gib: float

    @property
    def first_fit(self) -> Rung | None:
        """The first rung that fits at the upper end of its range; None when none does."""
        return next((rung for rung in self.rungs if rung.fit == "fits"), None)


def ladder(setup: TrainingSetup, vram_gb: float, card: Gpu | None = None, smaller: Sequence[ModelShape] = ()) -> Ladder:
    """The ordered ladder of what to give up, after the order in which practitioners advise it (Axolotl, OOM debugging).

    The effective batch stays the same throughout: what the micro-batch loses, accumulation gains. Rungs that would
    change nothing are left out.

    Args:
        setup: the run as planned.
        vram_gb: memory of each GPU, as sold.
        card: the GPU where it is known.
        smaller: models to fall back on; those smaller than the planned one are taken, largest first.
    """
    room = usable_gib(vram_gb, card)
    rungs = [_rung("as-planned", {}, setup, room, card, changes_scope=False)]
    for name, changes, scope in _steps(setup):
        rungs.append(_rung(name, changes, rungs[-1].setup.with_(**changes), room, card, changes_scope=scope))
    for shape in sorted(smaller, key=lambda shape: -shape.params):
        if shape.params < setup.shape.params:
            changes = {"shape": shape, "target_modules": _transferred(rungs[-1].setup, shape)}
            changed = rungs[-1].setup.with_(**changes)
            rungs.append(_rung("smaller-model", {"shape": shape.name}, changed, room, card, changes_scope=True))
    return Ladder(tuple(rungs), room)


def _steps(setup: TrainingSetup) -> Iterator[tuple[str, dict[str, Any], bool]]:
    if setup.batch_size > 1:
        accumulation = setup.batch_size * setup.gradient_accumulation
        yield "micro-batch", {"batch_size": 1, "gradient_accumulation": accumulation}, False
    if not setup.checkpoints:
        yield "checkpointing", {"gradient_checkpointing": True}, False
    if setup.attention == "eager":
        yield "kernel", {"attention": "sdpa"}, False
    if setup.optimizer in _EIGHT_BIT:
        yield "optimizer", {"optimizer": _EIGHT_BIT[setup.optimizer]}, False
    if setup.method != "qlora":
        yield "quantization", {"method": "qlora"}, True
    length = setup.max_length // 2
    while length >= SHORTEST:
        yield "length", {"max_length": length}, True
        length //= 2


def _rung(
    name: str, changes: dict[str, Any], setup: TrainingSetup, room: float, card: Gpu | None, *, changes_scope: bool
) -> Rung:
    memory = estimate_memory(setup, card)
    return Rung(name, changes, setup, memory, judge(memory, room), changes_scope)


def _transferred(setup: TrainingSetup, shape: ModelShape) -> tuple[str, ...] | str:
    known = {module.name for module in shape.linear_modules}
    if isinstance(setup.target_modules, str) or not known.issuperset(setup.target_modules):
        return "all-linear"
    return setup.target_modules
