"""What fits on the user's GPUs: the memory estimate turned into answers that a recommendation needs."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

from .gpus import Gpu, gpu
from .memory import MemoryEstimate, estimate_memory
from .plan_facts import Method, Stage
from .shapes import ModelShape
from .training_setup import TrainingSetup
from .verdict import usable_gib

MARGIN = 0.9
"""A run that takes more than this share of the usable memory fits only just: allocators fragment, examples differ."""

BATCH_LIMIT = 64
"""No larger batch per device is looked for: adapters gain nothing beyond an effective batch of 32."""


@dataclass(frozen=True)
class Fit:
    """How one run fits."""

    method: Method
    needed_gib: float
    """Per GPU, as expected."""
    usable_gib: float
    fits: bool
    """Also at the upper end of the estimate's uncertainty."""
    comfortable: bool
    """With a margin left at that upper end."""
    sharded: bool
    """Whether it takes the model sharded over the GPUs."""


@dataclass(frozen=True)
class Room:
    """A model on the user's GPUs.

    `usable_gib` is per GPU. With a shape or memory unknown, every answer is None.
    """

    shape: ModelShape | None
    usable_gib: float | None
    gpus: int = 1
    card: Gpu | None = None
    """The catalogue's card, for its number format and the driver's share; None where it is not known."""
    rank: int = 16
    target_modules: tuple[str, ...] = ()

    @property
    def known(self) -> bool:
        """Whether anything can be said."""
        return self.shape is not None and self.usable_gib is not None

    @property
    def unknown_because(self) -> str:
        """What is missing."""
        if self.shape is None:
            return "its architecture numbers are not in the catalogue"
        return "the GPU's memory is not known" if self.usable_gib is None else ""

    def fit(self, method: Method, stages: Iterable[Stage], length: int, batch: int = 1) -> Fit | None:
        """How the most demanding of the stages fits: on each GPU alone, else sharded over all of them."""
        if self.shape is None or self.usable_gib is None:
            return None
        alone = self._fit(method, stages, length, batch, sharded=False)
        if alone.fits or self.gpus == 1:
            return alone
        return self._fit(method, stages, length, batch, sharded=True)

    def largest_batch(self, method: Method, stage: Stage, length: int) -> int | None:
        """The largest power of two of examples per device that fits; 0 when not even one does, None when unknown."""
        if not self.known:
            return None
        largest, batch = 0, 1
        while batch <= BATCH_LIMIT:
            fit = self.fit(method, (stage,), length, batch)
            if fit is None or not fit.fits:
                break
            largest, batch = batch, batch * 2
        return largest

    def longest(self, method: Method, stages: Iterable[Stage], wanted: int, shortest: int = 256) -> int | None:
        """The longest of wanted, a half, a quarter and so on that fits at batch 1; 0 when none of them does."""
        if not self.known:
            return None
        stages, length = tuple(stages), wanted
        while length >= shortest:
            fit = self.fit(method, stages, length)
            if fit is not None and fit.fits:
                return length
            length //= 2
        return 0

    def _fit(self, method: Method, stages: Iterable[Stage], length: int, batch: int, *, sharded: bool) -> Fit:
        usable = self.usable_gib or 0.0
        expected = upper = 0.0
        for stage in stages:
            estimate = _estimate(self._setup(method, stage, length, batch, sharded=sharded), self.card)
            expected = max(expected, estimate.total_gib)
            upper = max(upper, estimate.upper_gib)
        return Fit(
            method=method,
            needed_gib=round(expected, 1),
            usable_gib=round(usable, 1),
            fits=upper <= usable,
            comfortable=upper <= usable * MARGIN,
            sharded=sharded,
        )

    def _setup(self, method: Method, stage: Stage, length: int, batch: int, *, sharded: bool) -> TrainingSetup:
        assert self.shape is not None  # noqa: S101 - callers have checked
        return TrainingSetup(
            shape=self.shape,
            method=method,
            stage=stage,
            rank=min(self.rank, self.shape.hidden_size),
            target_modules=self._modules,
            batch_size=batch,
            max_length=max(length, 16),
            gradient_accumulation=2,
            precision="bf16" if self.card is None or self.card.bf16 else "fp16",
            gpus=self.gpus,
            sharding="fsdp" if sharded else "ddp",
        )

    @cached_property
    def _modules(self) -> tuple[str, ...] | str:
        """The chosen modules where the model has them all, else every linear one."""
        known = {module.name for module in self.shape.linear_modules} if self.shape else set()
        return self.target_modules if self.target_modules and known.issuperset(self.target_modules) else "all-linear"


@lru_cache(maxsize=2048)
def _estimate(setup: TrainingSetup, card: Gpu | None) -> MemoryEstimate:
    """A section weighs the same runs several times in one turn: when it advises, understands, and settles."""
    return estimate_memory(setup, card)


def usable_memory(gpu_type: str, vram_gb: float | None) -> tuple[float | None, Gpu | None]:
    """What a process can use of a GPU's memory, in GiB, and the catalogue's card where it is one.

    Args:
        gpu_type: The GPU's name; may be empty.
        vram_gb: Memory per GPU as sold, where it is known.

    Returns:
        The card's usable memory, the usable share of the stated memory where the card is unknown, or None.
    """
    card = gpu(gpu_type, vram_gb) if gpu_type else None
    if vram_gb is not None:
        return usable_gib(vram_gb, card), card
    return (card.usable_gib, card) if card else (None, None)
