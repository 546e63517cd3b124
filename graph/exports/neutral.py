"""The design of a fine-tuning run as every trainer's exporter reads it, in no trainer's words."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Approach = Literal["sft", "dpo", "sft+dpo"]
Method = Literal["full", "lora", "qlora"]
Stage = Literal["sft", "dpo"]
Tracking = Literal["wandb", "comet", "mlflow", "tensorboard", "none"]
Attention = Literal["eager", "sdpa", "flash"]

ALL_LINEAR = "all-linear"
"""Target modules: every linear layer but the output layer."""

DEFAULT_SFT_FILE = "data/sft.jsonl"
DEFAULT_PREFERENCE_FILE = "data/preference.jsonl"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DataFiles(_Part):
    """Where the training data lie, relative to the project folder; empty where it is not known yet."""

    sft: tuple[str, ...] = ()
    preference: tuple[str, ...] = ()
    eval: tuple[str, ...] = ()
    """Held-out data of the first stage. Without them `test_split` of the training data is held out."""


class FineTuningDesign(_Part):
    """A complete design: what to train, on what, how, and what to watch.

    `learning_rate`, `epochs` and `batch_size` are those of supervised fine-tuning, the `dpo_*` values those of the
    preference stage; everything else holds for both. Batch sizes are examples (or pairs) per device and forward pass.

    Raises:
        ValueError: a value out of its range, or one that the approach or the method needs is missing; it names the
            field. With method `full`, values of the adapters are refused.
    """

    project_name: str = Field(min_length=1)
    base_model: str = Field(min_length=1)
    """Hugging Face id, or the path of a local folder."""
    model_family: str = ""
    """The family's name in the catalogue, such as `Qwen3`."""
    is_instruct: bool
    """Whether the checkpoint is instruction-tuned."""
    chat_template_known: bool | None = None
    """Whether its tokenizer brings a chat template; None: taken for granted in an instruction-tuned checkpoint."""
    encoder_decoder: bool = False

    approach: Approach
    method: Method
    rank: int | None = Field(default=None, ge=1)
    alpha: float | None = Field(default=None, gt=0)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    target_modules: tuple[str, ...] = (ALL_LINEAR,)

    learning_rate: float | None = Field(default=None, gt=0, le=1)
    epochs: float | None = Field(default=None, gt=0)
    batch_size: int | None = Field(default=None, ge=1)
    gradient_accumulation: int = Field(default=1, ge=1)
    warmup_ratio: float = Field(default=0.0, ge=0, le=1)
    weight_decay: float = Field(default=0.0, ge=0)
    max_length: int = Field(ge=16)
    """Tokens per example; longer ones are cut."""

    dpo_beta: float | None = Field(default=None, gt=0)
    dpo_learning_rate: float | None = Field(default=None, gt=0, le=1)
    dpo_epochs: float | None = Field(default=None, gt=0)
    """None: as many as `epochs`."""
    dpo_batch_size: int | None = Field(default=None, ge=1)
    """None: as `batch_size`."""

    logging_steps: int = Field(ge=1)
    eval_steps: int = Field(ge=1)
    save_steps: int = Field(ge=1)
    early_stopping_patience: int | None = Field(default=None, ge=1)
    """Evaluations without improvement; None: never stop early."""
    metric: Literal["eval_loss"] = "eval_loss"

    sft_steps: int | None = Field(default=None, ge=1)
    """Optimizer steps of the whole SFT stage, where the amount of data is known; Unsloth counts warm-up in steps."""

    gpu_count: int = Field(default=1, ge=1)
    sharded: bool = False
    """Whether the weights are spread over the GPUs rather than copied to each."""
    bf16_supported: bool = True
    """False on GPUs without native bfloat16 (T4, V100, older)."""
    attention: Attention = "sdpa"
    tracking: Tracking = "none"
    data: DataFiles = DataFiles()
    test_split: float = Field(default=0.1, gt=0, lt=1)
    """The share of the training data that is held out where no `data.eval` is given."""
    seed: int = Field(default=42, ge=0)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        missing = [name for name in self._needed() if getattr(self, name) is None]
        if missing:
            raise ValueError(f"{', '.join(missing)}: needed for approach {self.approach} with method {self.method}")
        if self.method == "full" and (self.rank is not None or self.alpha is not None):
            raise ValueError("rank, alpha: do not apply to method full")
        if self.method != "full" and not self.target_modules:
            raise ValueError(f"target_modules: name at least one module, or {ALL_LINEAR}")
        return self

    def _needed(self) -> list[str]:
        names: list[str] = []
        if self.method != "full":
            names += ["rank", "alpha"]
        if "sft" in self.stages:
            names += ["learning_rate", "epochs", "batch_size"]
        if "dpo" in self.stages:
            names += ["dpo_beta", "dpo_learning_rate"]
            names += ["dpo_epochs"] if self.epochs is None else []
            names += ["dpo_batch_size"] if self.batch_size is None else []
        return names

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages in their order."""
        return ("sft", "dpo") if self.approach == "sft+dpo" else (self.approach,)

    @property
    def adapters(self) -> bool:
        """Whether adapters are trained rather than every weight."""
        return self.method != "full"

    @property
    def all_linear(self) -> bool:
        """Whether every linear layer carries an adapter."""
        return ALL_LINEAR in self.target_modules

    @property
    def needs_chat_template(self) -> bool:
        """Whether the tokenizer has no chat template of its own, so that one must come with the files."""
        return not (self.is_instruct if self.chat_template_known is None else self.chat_template_known)
