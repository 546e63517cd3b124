"""What one stage of the design trains, with the choices that every exporter makes alike."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import PurePosixPath
from typing import Literal, TypeVar

from .neutral import DEFAULT_PREFERENCE_FILE, DEFAULT_SFT_FILE, FineTuningDesign, Stage

CONFIG_FOLDER = "phase-2-training/training-config"
OUTPUT_FOLDER = "phase-2-training/outputs"
"""Both relative to the project folder, from which every command is run."""

CHAT_TEMPLATE = "chat-template.jinja"
"""The chat template that comes with the files where the tokenizer has none."""

DEEPSPEED = "deepspeed-zero3.json"
"""How DeepSpeed spreads weights, gradients and optimizer over the GPUs."""

SMOKE_STEPS = 5
SMOKE_ROWS = 64
"""A smoke run takes this many optimizer steps on this many examples."""

Precision = Literal["bf16", "fp16"]
Number = TypeVar("Number", int, float)


@dataclass(frozen=True)
class StagePlan:
    """One stage: the design's values for it, and how often it logs, evaluates and saves, in optimizer steps."""

    design: FineTuningDesign
    stage: Stage
    trainer: str
    learning_rate: float
    epochs: float
    batch_size: int
    logging_steps: int
    eval_steps: int
    save_steps: int
    smoke: bool = False

    @property
    def follows(self) -> bool:
        """Whether the stage trains on what supervised fine-tuning left."""
        return self.stage == "dpo" and len(self.design.stages) > 1

    @cached_property
    def name(self) -> str:
        """The file name without its ending, such as `trl-sft` or `trl-dpo-smoke`."""
        return f"{self.trainer}-{self.stage}{'-smoke' if self.smoke else ''}"

    @property
    def output_dir(self) -> str:
        """Where the stage leaves its checkpoints and its result."""
        return f"{OUTPUT_FOLDER}/{self.name}"

    @property
    def previous_dir(self) -> str:
        """Where supervised fine-tuning left its result."""
        return f"{OUTPUT_FOLDER}/{self.trainer}-sft{'-smoke' if self.smoke else ''}"

    @property
    def merged_dir(self) -> str:
        """Where the merged model of supervised fine-tuning lies."""
        return f"{OUTPUT_FOLDER}/{self.trainer}-merged{'-smoke' if self.smoke else ''}"

    @property
    def start(self) -> str:
        """The model that the stage starts from: the base model, or what supervised fine-tuning left."""
        if not self.follows:
            return self.design.base_model
        return self.merged_dir if self.design.adapters else self.previous_dir

    @property
    def precision(self) -> Precision:
        """Mixed precision on the design's GPUs."""
        return "bf16" if self.design.bf16_supported else "fp16"

    @property
    def data_files(self) -> tuple[str, ...]:
        """The stage's training data."""
        if self.stage == "sft":
            return self.design.data.sft or (DEFAULT_SFT_FILE,)
        return self.design.data.preference or (DEFAULT_PREFERENCE_FILE,)

    @property
    def eval_files(self) -> tuple[str, ...]:
        """Held-out files of the stage, empty where a share of the training data is held out instead."""
        return self.design.data.eval if self.stage == self.design.stages[0] else ()

    @property
    def tracking(self) -> str:
        """The experiment tracker; a smoke run reports to none."""
        return "none" if self.smoke else self.design.tracking

    def shortened(self) -> "StagePlan":
        """The smoke variant of the stage."""
        return replace(self, smoke=True, logging_steps=1, eval_steps=SMOKE_STEPS, save_steps=SMOKE_STEPS)


def stage_plans(design: FineTuningDesign, trainer: str) -> tuple[StagePlan, ...]:
    """The stages in their order.

    The best checkpoint can only be kept where saving falls on an evaluation, so `save_steps` is the multiple of
    `eval_steps` nearest to the design's.
    """
    every = max(1, round(design.save_steps / design.eval_steps)) * design.eval_steps
    return tuple(_plan(design, stage, trainer, every) for stage in design.stages)


def _plan(design: FineTuningDesign, stage: Stage, trainer: str, save_steps: int) -> StagePlan:
    dpo = stage == "dpo"
    return StagePlan(
        design=design,
        stage=stage,
        trainer=trainer,
        learning_rate=_given(design.dpo_learning_rate if dpo else design.learning_rate),
        epochs=_given(design.dpo_epochs if dpo else design.epochs, design.epochs),
        batch_size=_given(design.dpo_batch_size if dpo else design.batch_size, design.batch_size),
        logging_steps=design.logging_steps,
        eval_steps=design.eval_steps,
        save_steps=save_steps,
    )


def _given(*values: Number | None) -> Number:
    """The first value that is given; a complete design has one."""
    return next(value for value in values if value is not None)


def file_format(path: str) -> str:
    """The loader that reads a data file: json, csv, parquet or arrow."""
    endings = [ending.lower().lstrip(".") for ending in PurePosixPath(path).suffixes]
    return next((ending for ending in ("csv", "parquet", "arrow") if ending in endings), "json")


def is_placeholder(plan: StagePlan) -> bool:
    """Whether the stage's data files are not known, so that the file names are only proposed."""
    data = plan.design.data
    return not (data.sft if plan.stage == "sft" else data.preference)


def below_one(ratio: float) -> float:
    """A warm-up ratio that trainers take for a ratio: from 1 on they count steps."""
    return min(ratio, 0.99)


def whole(value: float | None) -> int:
    """Alpha as trainers take it: a whole number, at least 1."""
    return max(1, round(value or 1))
