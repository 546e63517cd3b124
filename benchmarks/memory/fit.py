"""Fits the four constants of the memory model that arithmetic does not give, on the measured T4 runs.

Run `python benchmarks/memory/fit.py`; what it prints belongs into `knowledge/catalogue/memory_calibration.yaml`.
"""

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from measured import Measured, measured_runs, t4

from fine_tuning_specialist.planning.memory import calibration, estimate_memory

FITTED = {
    "t4_context_gib": (0.02, 0.5),
    "layer_unused": (0.0, 3.0),
    "scores_unused_large": (0.0, 1.2),
}
"""The fitted constants, each with the span that is physically possible."""


def predicted_gib(run: Measured, constants: dict[str, float]) -> float:
    """What the model says for a run under other constants."""
    card = replace(t4(), context_gib=constants["t4_context_gib"])
    return estimate_memory(run.setup, card, constants).total_gib


def fit(runs: Sequence[Measured]) -> dict[str, float]:
    """The constants that minimise the squared relative error over `runs`, each distinct setting counting once."""
    groups: dict[object, list[Measured]] = {}
    for run in runs:
        groups.setdefault(run.setup, []).append(run)
    constants = dict(calibration())

    def loss(values: Sequence[float]) -> float:
        candidate = constants | dict(zip(FITTED, values, strict=True))
        total = 0.0
        for setup_runs in groups.values():
            estimate = predicted_gib(setup_runs[0], candidate)
            total += sum(math.log(estimate / run.process_gib) ** 2 for run in setup_runs) / len(setup_runs)
        return total

    return constants | dict(zip(FITTED, minimise(loss, list(FITTED.values())), strict=True))


def minimise(loss: Callable[[Sequence[float]], float], spans: Sequence[tuple[float, float]]) -> list[float]:
    """Coordinate search with shrinking steps inside the spans."""
    point = [(low + high) / 2 for low, high in spans]
    steps = [(high - low) / 4 for low, high in spans]
    best = loss(point)
    while max(step / (high - low) for step, (low, high) in zip(steps, spans, strict=True)) > 1e-3:
        improved = False
        for index, (low, high) in enumerate(spans):
            for direction in (steps[index], -steps[index]):
                candidate = list(point)
                candidate[index] = min(high, max(low, candidate[index] + direction))
                value = loss(candidate)
                if value < best - 1e-12:
                    point, best, improved = candidate, value, True
        if not improved:
            steps = [step / 2 for step in steps]
    return point


if __name__ == "__main__":
    fitted = fit(measured_runs())
    for name in FITTED:
        print(f"{name}: {fitted[name]:.3f}")
