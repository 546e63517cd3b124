"""The replayed runs as training setups: one row of `replayed.csv` each, as `measure.py --device replay` wrote it."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from shapes_measured import shape_named

from fine_tuning_specialist.planning.memory import MemoryEstimate, calibration
from fine_tuning_specialist.planning.training_setup import TrainingSetup

TABLE = Path(__file__).with_name("replayed.csv")


@dataclass(frozen=True)
class Replayed:
    """One replayed run and its peaks in GiB."""

    setup: TrainingSetup
    live_gib: float
    reserved_gib: float


def replayed_runs(table: Path = TABLE) -> Iterator[Replayed]:
    """Every row of the table."""
    with table.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            setup = TrainingSetup(
                shape_named(row["model"]),
                method=row["method"],  # type: ignore[arg-type]
                stage=row["stage"],  # type: ignore[arg-type]
                attention=row["attention"],  # type: ignore[arg-type]
                batch_size=int(row["batch_size"]),
                max_length=int(row["max_length"]),
                stack=row["stack"],  # type: ignore[arg-type]
            )
            yield Replayed(setup, float(row["live_gib"]), float(row["reserved_gib"]))


def reserved_gib(estimate: MemoryEstimate) -> float:
    """What an estimate says that the allocator holds: all but the driver's context and the libraries' workspaces."""
    constants = calibration()
    return estimate.total_gib - constants["typical_context_gib"] - constants["workspace_gib"]
