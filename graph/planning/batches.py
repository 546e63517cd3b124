"""Batch per device and accumulation: what fits in memory, brought to the effective batch that the data want."""

import math
from collections.abc import Sequence

from pydantic import BaseModel

from .consensus import Consensus, consensus
from .figures import LabelledFigure
from .monitoring import held_out_share, step_count
from .plan_facts import Method, PlanFacts, Stage
from .room import Room
from .rules import rule_book

FEWEST_STEPS = 100
"""Optimiser steps that a run should have at least (Tinker Cookbook, references/hyperparams.md)."""

SMALLEST_EFFECTIVE = 4
PER_DEVICE = 8
"""No more per device than this: larger micro-batches gain no speed worth their memory (Axolotl: 2 to 8)."""


class BatchPlan(BaseModel):
    """How the batches of a stage are made up."""

    stage: Stage
    batch: int
    """Examples per device."""
    accumulation: int
    gpus: int
    largest: int | None
    """The largest batch per device that fits; 0 when not even one does, None when unknown."""
    target: Consensus
    """The effective batch that the sources and the data ask for."""
    usual: int
    """The effective batch before it was shrunk for little data."""
    steps: int

    @property
    def effective(self) -> int:
        """Examples in one optimiser step."""
        return self.batch * self.accumulation * self.gpus


def plan_batches(
    facts: PlanFacts,
    stage: Stage,
    figures: Sequence[LabelledFigure],
    room: Room,
    *,
    method: Method,
    length: int,
    epochs: float,
) -> BatchPlan:
    """Batch and accumulation of the leading stage.

    The effective batch is what most sources allow, smaller where it would leave fewer than 100 steps; the batch per
    device is the largest power of two that fits, up to 8, and accumulation makes up the rest.
    """
    situation = facts.situation(stage, method=method)
    found = consensus(figures, ("batch_size",), situation, rule_book().rule("batch_size", situation))
    gpus = max(1, facts.gpu_count or 1)
    largest = room.largest_batch(method, stage, length)
    usual = round(found.value)
    examples = facts.examples_of(stage)
    effective = usual
    split = held_out_share(examples)
    while (
        examples
        and effective > SMALLEST_EFFECTIVE
        and step_count(examples, split, effective, 1, 1, epochs) < FEWEST_STEPS
    ):
        effective = max(SMALLEST_EFFECTIVE, effective // 2)
    batch = per_device(largest, effective, gpus)
    accumulation = max(1, round(effective / (batch * gpus)))
    return BatchPlan(
        stage=stage, batch=batch, accumulation=accumulation, gpus=gpus, largest=largest, target=found, usual=usual,
        steps=step_count(examples or 0, split, batch, accumulation, gpus, epochs),
    )  # fmt: skip


def per_device(largest: int | None, effective: int, gpus: int) -> int:
    """The batch per device: what fits, no more than is useful, and a power of two; 1 where nothing is known or fits."""
    share = max(1, effective // gpus)
    most = min(max(1, largest or 1), PER_DEVICE, share)
    return int(2 ** math.floor(math.log2(most)))
