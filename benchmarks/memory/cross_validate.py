"""How far the memory model misses models that its constants were not fitted on.

Each of the measured models is left out in turn, the constants are fitted on the others, and the left-out runs are
predicted. Run `python benchmarks/memory/cross_validate.py`. The best published estimator is at 5.4 % mean error on runs
it was not fitted on.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from fit import fit, predicted_gib
from measured import measured_runs, t4

from fine_tuning_specialist.planning.memory import estimate_memory


def out_of_sample() -> dict[str, list[float]]:
    """For each model, the relative errors of its runs under constants fitted without it."""
    runs = measured_runs()
    errors: dict[str, list[float]] = {}
    for model in dict.fromkeys(run.model for run in runs):
        constants = fit([run for run in runs if run.model != model])
        errors[model] = [predicted_gib(run, constants) / run.process_gib - 1 for run in runs if run.model == model]
    return errors


def main() -> None:
    """Print errors by model, in all, and of the live tensors, which nothing is fitted to."""
    errors = out_of_sample()
    print(f"{'left out':40} {'runs':>5} {'mean |error|':>13} {'worst':>8}")
    for model, values in errors.items():
        print(f"{model:40} {len(values):5} {_mean(values):13.1%} {max(values, key=abs):+8.1%}")
    everything = [value for values in errors.values() for value in values]
    print(f"{'all, out of sample':40} {len(everything):5} {_mean(everything):13.1%} {max(everything, key=abs):+8.1%}")
    live = [estimate_memory(run.setup, t4()).live_gib / run.live_gib - 1 for run in measured_runs()]
    print(f"{'live tensors, nothing fitted':40} {len(live):5} {_mean(live):13.1%} {max(live, key=abs):+8.1%}")


def _mean(values: list[float]) -> float:
    return sum(abs(value) for value in values) / len(values)


if __name__ == "__main__":
    main()
