"""What is known of the project when something is recommended: answers, documents and earlier decisions."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from .rules import Situation

Approach = Literal["sft", "dpo", "sft+dpo"]
Method = Literal["full", "lora", "qlora"]
Stage = Literal["sft", "dpo"]


class PlanFacts(BaseModel):
    """The project in figures and words. What is not known yet is None or empty; nothing is guessed for it.

    Sizes are billions of parameters, memory GiB per GPU, counts examples or pairs, lengths tokens, budgets US dollars.
    """

    model_config = ConfigDict(frozen=True)

    task_type: str = ""
    domain: str = ""
    constraints: str = ""
    privacy: bool = False
    """Whether the documents or answers say that data may not leave the house."""
    priority: Literal["", "quality", "speed"] = ""
    approach: Approach | None = None
    sft_examples: int | None = None
    preference_pairs: int | None = None
    example_tokens: int | None = None
    """Tokens of a long example (95th percentile), where the data were measured."""
    data_source: str = ""
    pair_source: str = ""
    verified: str = ""
    coverage: str = ""
    uncontaminated: bool | None = None
    pii_removed: bool | None = None
    accurate: bool | None = None
    consistent: bool | None = None
    diverse: bool | None = None
    sft_minimum: int | None = None
    dpo_minimum: int | None = None

    base_model: str = ""
    hf_id: str = ""
    family: str = ""
    size_b: float | None = None
    instruct: bool | None = None
    """Whether the chosen checkpoint is instruction-tuned; None where that is unknown."""
    context_length: int | None = None
    license_ok: bool | None = None
    new_tokens: bool = False
    """Whether the design adds tokens to the vocabulary."""

    gpu_type: str = ""
    gpu_count: int | None = None
    vram_gb: float | None = None
    complexity: str = ""
    method: Method | None = None
    rank: int | None = None
    target_modules: tuple[str, ...] = ()

    learning_rate: float | None = None
    epochs: float | None = None
    batch_size: int | None = None
    gradient_accumulation: int | None = None
    max_length: int | None = None
    dpo_learning_rate: float | None = None
    dpo_epochs: float | None = None
    dpo_batch_size: int | None = None

    platform: str = ""
    tracking: str = ""
    trainer: str = ""
    budget: float | None = None

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages of the approach, in their order; SFT while the approach is open."""
        stages: dict[str, tuple[Stage, ...]] = {"dpo": ("dpo",), "sft+dpo": ("sft", "dpo")}
        return stages.get(self.approach or "sft", ("sft",))

    def examples_of(self, stage: Stage) -> int | None:
        """The training examples of a stage: pairs for DPO."""
        return self.preference_pairs if stage == "dpo" else self.sft_examples

    def situation(self, stage: Stage, *, method: str = "", steps: int | None = None) -> Situation:
        """What decides which figures and rules apply to a stage."""
        return Situation(
            stage=stage,
            method=method or self.method or "lora",
            task_type=self.task_type,
            size_b=self.size_b,
            examples=self.examples_of(stage),
            complexity=self.complexity or "moderate",
            steps=steps,
        )
