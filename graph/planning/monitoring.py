"""Steps: how many a run has, and how often it logs, evaluates and saves."""

import math
from collections.abc import Mapping, Sequence

from ..interrupts import Recommendation
from ..knowledge.evidence import Evidence
from .citing import labels_about
from .consensus import consensus
from .figures import LabelledFigure
from .plan_facts import Stage
from .recommendation import BUILT_IN, from_sources
from .rules import Situation, rule_book
from .texts import number, say

EVALUATIONS = 10
"""How often a run is evaluated at least, where it has that many steps (5 to 20 times is the usual band)."""

POINTS = 50
"""Points on the training curve at least, where the run has that many steps."""

FEW_HELD_OUT = 100
"""Held-out examples below which one evaluation's loss is noisy."""


class Cadence:
    """How often one run logs, evaluates and saves, in optimiser steps."""

    def __init__(self, total: int) -> None:
        """Derive the cadence from the run's total steps, at least 1."""
        self.total = max(1, total)
        self.evaluate = _round_down(self.total / EVALUATIONS) if self.total >= EVALUATIONS else max(1, self.total // 3)
        self.log = min(10, self.evaluate, _round_down(self.total / POINTS))

    @property
    def evaluations(self) -> int:
        """Evaluations in the run."""
        return self.total // self.evaluate


def steps_per_epoch(examples: int, test_split: float, batch: int, accumulation: int, gpus: int) -> int:
    """Optimiser steps in one pass over the training part of the data.

    The held-out part is rounded up, a last incomplete batch counts, and so does a last incomplete accumulation, as in
    the Hugging Face trainer. At least 1.
    """
    trained = max(1, examples - held_out_count(examples, test_split))
    batches = math.ceil(trained / max(1, batch * gpus))
    return max(1, math.ceil(batches / max(1, accumulation)))


def step_count(examples: int, test_split: float, batch: int, accumulation: int, gpus: int, epochs: float) -> int:
    """Optimiser steps of a whole run.

    Args:
        examples: Examples before the split.
        test_split: Fraction that is held out.
        batch: Examples per device.
        accumulation: Batches accumulated for one step.
        gpus: Devices that share the data.
        epochs: Passes over the data; may be a fraction.

    Returns:
        The steps, at least 1.
    """
    return max(1, math.ceil(steps_per_epoch(examples, test_split, batch, accumulation, gpus) * epochs))


def held_out_count(examples: int, test_split: float) -> int:
    """Examples that are held out for evaluation during training."""
    return math.ceil(examples * test_split - 1e-9)


def held_out_share(examples: int | None) -> float:
    """The fraction to hold out: a tenth, a twentieth of large data (the built-in rule)."""
    return rule_book().rule("test_split", Situation(examples=examples)).value


def recommend_monitoring(
    steps: Mapping[Stage, int],
    figures: Sequence[LabelledFigure],
    evidence: Mapping[str, Evidence],
    situation: Situation,
    *,
    effective: int,
    epochs: float,
) -> dict[str, Recommendation]:
    """The fields logging_steps, eval_steps, save_steps and early_stopping_patience.

    They hold for both stages of a combined run, so they follow the shorter one.

    Args:
        steps: Total optimiser steps by stage.
        figures: The figures of the evidence.
        evidence: The evidence by label, to cite what states a cadence.
        situation: The project at the first stage.
        effective: Effective batch of the first stage.
        epochs: Epochs of the first stage.
    """
    total = min(steps.values())
    cadence = Cadence(total)
    unit = "pairs" if situation.stage == "dpo" else "examples"
    examples = say("examples.known", count=number(situation.examples or 0), unit=unit)
    if len(steps) > 1:
        why_eval = say(
            "eval_steps.combined", times=cadence.evaluations, steps=number(total), sft=number(steps["sft"]),
            dpo=number(steps["dpo"]),
        )  # fmt: skip
    else:
        why_eval = say(
            "eval_steps", times=cadence.evaluations, steps=number(total), examples=examples, effective=effective,
            epochs=number(epochs),
        )  # fmt: skip
    labels = labels_about(evidence, "cadence", "eval_steps", "evaluation steps", "monitoring steps")
    logging = say("logging_steps", times=cadence.total // cadence.log, steps=number(total))
    return {
        "logging_steps": _computed(cadence.log, logging, labels, 1, max(cadence.log, cadence.evaluate)),
        "eval_steps": _computed(cadence.evaluate, why_eval, labels, 1, max(cadence.evaluate, total // 3)),
        "save_steps": _computed(cadence.evaluate, say("save_steps"), labels, cadence.evaluate, total),
        "early_stopping_patience": _patience(figures, situation, cadence),
    }


def _computed(value: int, why: str, labels: list[str], low: float, high: float) -> Recommendation:
    return Recommendation(value=value, why=why, origin="calc", evidence=labels, low=low, high=max(high, value))


def _patience(figures: Sequence[LabelledFigure], situation: Situation, cadence: Cadence) -> Recommendation:
    usable = [figure for figure in figures if "eval" not in figure.dataset_size]
    rule = rule_book().rule("patience", situation)
    found = consensus(usable, ("patience",), situation, rule)
    value = max(1, min(round(found.value), cadence.evaluations - 1))
    reason = say("patience", value=value, covered=number(value * cadence.evaluate))
    kept = held_out_count(situation.examples or 0, held_out_share(situation.examples))
    if kept < FEW_HELD_OUT:
        reason += " " + say("patience.small", held_out=kept)
    advice = from_sources(reason, found, value=value)
    low = min(value, found.low)
    if value != round(found.value):
        return advice.model_copy(update={"origin": "calc", "low": low})
    return advice.model_copy(update={"low": low, "origin": advice.origin or BUILT_IN})


def _round_down(value: float) -> int:
    """The largest of 1, 2, … 9, 10, 20, 25, 50, 100, 200, … that is not above the value; at least 1."""
    if value < 10:
        return max(1, int(value))
    rounded = 1
    power = 1
    while power <= value:
        for step in (1, 2, 2.5, 5):
            candidate = step * power
            if candidate <= value and candidate == int(candidate):
                rounded = max(rounded, int(candidate))
        power *= 10
    return rounded
