"""The measured T4 runs as training setups: one row of `measured_t4.csv` each."""

import csv
from dataclasses import dataclass
from pathlib import Path

from fine_tuning_specialist.planning.gpus import Gpu, gpu
from fine_tuning_specialist.planning.shapes import ModelShape
from fine_tuning_specialist.planning.training_setup import TrainingSetup

TABLE = Path(__file__).with_name("measured_t4.csv")


@dataclass(frozen=True)
class Measured:
    """One run: what was trained, and what the GPU showed: GiB, and seconds a step where it was timed."""

    setup: TrainingSetup
    live_gib: float
    process_gib: float
    step_seconds: float | None

    @property
    def model(self) -> str:
        """The model's repository id."""
        return self.setup.shape.hf_id


def measured_runs(table: Path = TABLE) -> list[Measured]:
    """Every row of a table in the form of `measured_t4.csv`."""
    with table.open(encoding="utf-8", newline="") as file:
        return [_run(row) for row in csv.DictReader(file)]


def t4() -> Gpu:
    """The card that they ran on."""
    card = gpu("T4")
    assert card is not None
    return card


def _run(row: dict[str, str]) -> Measured:
    shape = ModelShape(
        name=row["model_id"].rsplit("/", 1)[-1],
        hf_id=row["model_id"],
        architecture="Qwen2ForCausalLM" if "Qwen2" in row["model_id"] else "LlamaForCausalLM",
        layers=int(row["layers"]),
        hidden_size=int(row["hidden"]),
        attention_heads=int(row["heads"]),
        kv_heads=int(row["kv_heads"]),
        head_dim=int(row["head_dim"]),
        intermediate_size=int(row["intermediate"]),
        vocab_size=int(row["vocab"]),
        tied_embeddings=row["tied"] == "True",
    )
    setup = TrainingSetup(
        shape,
        method="qlora" if row["quant"] == "nf4" else "lora",
        rank=int(row["lora_rank"]),
        target_modules=tuple(row["lora_targets"].split()),
        batch_size=int(row["micro_batch"]),
        max_length=int(row["seq_len"]),
        precision="fp16",
        attention="eager" if row["kernel"] == "eager" else "flash",
        stack="peft",
        gradient_checkpointing=row["grad_ckpt"] == "True",
    )
    seconds = float(row["step_seconds"]) if row["step_seconds"] else None
    return Measured(setup, float(row["peak_allocated_gib"]), float(row["process_gib"]), seconds)
