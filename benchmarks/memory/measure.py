"""Measures training steps of randomly initialised models of real shapes and sets them beside the planner's estimates.

    python benchmarks/memory/measure.py                      a tiny model on the CPU, in seconds
    python benchmarks/memory/measure.py --device replay      real shapes without a GPU: live tensors and a replayed
    allocator python benchmarks/memory/measure.py --device cuda        real shapes on this machine's GPU

Needs torch, transformers and peft. Results are appended to `--results FILE` as CSV, one row a run.
"""

import argparse
import csv
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from replayed import reserved_gib
from shapes_measured import MODELS, TINY
from training_step import run

from fine_tuning_specialist.planning.config_json import from_config_json
from fine_tuning_specialist.planning.memory import GIB, estimate_memory
from fine_tuning_specialist.planning.training_setup import TrainingSetup


def runs(models: dict[str, dict[str, Any]]) -> Iterator[tuple[str, TrainingSetup]]:
    """The grid: methods, stacks, lengths and batches for each model."""
    for name, config in models.items():
        shape = from_config_json(config, name=name)
        longest = 64 if shape.hidden_size < 512 else 2048
        for batch, length in ((1, longest // 4), (1, longest), (4, longest)):
            for stack in ("trl", "axolotl", "peft"):
                for method in ("lora", "qlora"):
                    yield name, TrainingSetup(shape, method=method, batch_size=batch, max_length=length, stack=stack)
            yield name, TrainingSetup(shape, method="lora", batch_size=batch, max_length=length, stack="litgpt")
        for stack in ("trl", "llama-factory", "axolotl"):
            yield name, TrainingSetup(shape, method="full", max_length=longest, stack=stack)
        yield name, TrainingSetup(shape, method="lora", stage="dpo", max_length=longest // 2, stack="axolotl")
        yield name, TrainingSetup(shape, method="lora", attention="eager", max_length=longest, stack="peft")


def main() -> None:
    """Run the grid and print each run beside its estimate."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=("cpu", "replay", "cuda"), default="cpu")
    parser.add_argument("--model", action="append", choices=sorted(MODELS), help="only these")
    parser.add_argument("--results", type=Path)
    options = parser.parse_args()
    models = TINY if options.device == "cpu" else MODELS
    chosen = {name: config for name, config in models.items() if not options.model or name in options.model}
    for name, setup in runs(chosen):
        peak = run(setup, models[name], options.device)
        estimate = estimate_memory(setup)
        row = {
            "device": options.device,
            "model": name,
            "stack": setup.stack,
            "method": setup.method,
            "stage": setup.stage,
            "attention": setup.attention,
            "batch_size": setup.batch_size,
            "max_length": setup.max_length,
            "checkpoints": setup.checkpoints,
            "live_gib": round(peak.live / GIB, 4),
            "reserved_gib": round(peak.reserved / GIB, 4),
            "estimated_live_gib": round(estimate.live_gib, 4),
            "estimated_reserved_gib": round(reserved_gib(estimate), 4),
        }
        print("  ".join(str(value) for value in row.values()), flush=True)
        if options.results:
            _append(options.results, row)


def _append(path: Path, row: dict[str, Any]) -> None:
    new = not path.exists()
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(row))
        if new:
            writer.writeheader()
        writer.writerow(row)


if __name__ == "__main__":
    main()
