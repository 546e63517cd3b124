"""What to give up, and in which order, when a run does not fit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .gpus import Gpu
from .memory import MemoryEstimate, estimate_memory, on_card
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
    planned = [(change, estimate_memory(change.setup, card)) for change in _changes(setup, smaller)]
    return _judged(planned, usable_gib(vram_gb, card))


def ladders(setup: TrainingSetup, cards: Sequence[Gpu], smaller: Sequence[ModelShape] = ()) -> dict[str, Ladder]:
    """The ladder on each of several GPUs, by the GPU's name; each rung is estimated once."""
    estimated = [(change, estimate_memory(change.setup)) for change in _changes(setup, smaller)]
    return {
        card.name: _judged([(change, on_card(memory, card)) for change, memory in estimated], card.usable_gib)
        for card in cards
    }


@dataclass(frozen=True)
class _Change:
    name: str
    changes: dict[str, Any]
    setup: TrainingSetup
    changes_scope: bool


def _changes(setup: TrainingSetup, smaller: Sequence[ModelShape]) -> list[_Change]:
    found = [_Change("as-planned", {}, setup, changes_scope=False)]
    for name, changes, scope in _steps(setup):
        found.append(_Change(name, changes, found[-1].setup.with_(**changes), scope))
    for shape in sorted(smaller, key=lambda shape: -shape.params):
        if shape.params < setup.shape.params:
            last = found[-1].setup
            changed = last.with_(shape=shape, target_modules=_transferred(last, shape))
            found.append(_Change("smaller-model", {"shape": shape.name}, changed, changes_scope=True))
    return found


def _judged(planned: Sequence[tuple[_Change, MemoryEstimate]], room: float) -> Ladder:
    rungs = tuple(
        Rung(change.name, change.changes, change.setup, memory, judge(memory, room), change.changes_scope)
        for change, memory in planned
    )
    return Ladder(rungs, room)


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


def _transferred(setup: TrainingSetup, shape: ModelShape) -> tuple[str, ...] | str:
    known = {module.name for module in shape.linear_modules}
    if isinstance(setup.target_modules, str) or not known.issuperset(setup.target_modules):
        return "all-linear"
    return setup.target_modules
