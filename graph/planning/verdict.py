"""Whether a run fits on a GPU, and how far batch and length can go."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from .gpus import USABLE_SHARE, Gpu
from .memory import MemoryEstimate, estimate_memory
from .training_setup import TrainingSetup

Fit = Literal["fits", "tight", "does_not_fit"]
GB_IN_GIB = 1e9 / 2**30
LENGTH_STEP = 64
_MOST_BATCH = 4096
_MOST_LENGTH = 4_194_304


@dataclass(frozen=True)
class Verdict:
    """Whether a run fits.

    `fits`: even at the upper end of the estimate's range. `tight`: the estimate itself fits, its upper end does not.
    `largest_batch` and `largest_length` are the most that fit at the upper end, everything else unchanged; 0 where none
    does.
    """

    fit: Fit
    memory: MemoryEstimate
    usable_gib: float
    largest_batch: int
    largest_length: int

    @property
    def fits(self) -> bool:
        """Whether the run fits even at the upper end of the range."""
        return self.fit == "fits"


def usable_gib(vram_gb: float, card: Gpu | None = None) -> float:
    """Memory that a process can use, in GiB, of a GPU sold with `vram_gb`.

    The card's own reading where it is known and its size is the one asked about; otherwise the smallest share among
    known cards.
    """
    if card is not None and abs(card.vram_gb - vram_gb) < 1:
        return card.usable_gib
    return vram_gb * USABLE_SHARE


def verdict(setup: TrainingSetup, vram_gb: float, card: Gpu | None = None) -> Verdict:
    """Whether the run fits on GPUs of that size, with the largest batch and length that do.

    Args:
        setup: the run.
        vram_gb: memory of each GPU, as sold.
        card: the GPU where it is known: what a process can really use of it.
    """
    room = usable_gib(vram_gb, card)
    memory = estimate_memory(setup, card)
    return Verdict(
        fit=judge(memory, room),
        memory=memory,
        usable_gib=room,
        largest_batch=largest_batch(setup, room, card),
        largest_length=largest_length(setup, room, card),
    )


def judge(memory: MemoryEstimate, room_gib: float) -> Fit:
    """Where an estimate stands against the memory that a process can use."""
    if memory.upper_gib <= room_gib:
        return "fits"
    return "tight" if memory.total_gib <= room_gib else "does_not_fit"


def largest_batch(setup: TrainingSetup, room_gib: float, card: Gpu | None = None) -> int:
    """The largest micro-batch that fits at the upper end of the range; 0 if not even one example does."""
    return _largest(lambda batch: setup.with_(batch_size=batch), room_gib, card, _MOST_BATCH)


def largest_length(setup: TrainingSetup, room_gib: float, card: Gpu | None = None) -> int:
    """The largest length in tokens, in steps of 64, that fits at the upper end and in the model's context; or 0."""
    context = setup.shape.context_length or _MOST_LENGTH
    steps = min(context, _MOST_LENGTH) // LENGTH_STEP
    return LENGTH_STEP * _largest(lambda step: setup.with_(max_length=step * LENGTH_STEP), room_gib, card, steps)


def _largest(change: Callable[[int], TrainingSetup], room_gib: float, card: Gpu | None, most: int) -> int:
    """The largest size up to `most` that fits, by interpolation and bisection in turn: memory is nearly linear."""

    def needs(size: int) -> float:
        return estimate_memory(change(size), card).upper_gib

    if most < 1:
        return 0
    low, low_needs = 1, needs(1)
    if low_needs > room_gib:
        return 0
    high, high_needs = most, needs(most)
    if high_needs <= room_gib:
        return most
    turn = 0
    while high - low > 1:
        guess = low + int((room_gib - low_needs) / (high_needs - low_needs) * (high - low))
        middle = min(high - 1, max(low + 1, (guess, guess + 1, (low + high) // 2)[turn % 3]))
        middle_needs = needs(middle)
        if middle_needs <= room_gib:
            low, low_needs = middle, middle_needs
        else:
            high, high_needs = middle, middle_needs
        turn += 1
    return low
