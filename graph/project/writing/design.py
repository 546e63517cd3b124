"""The design as the written files need it: plain typed values, each displayed figure with its origin."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ...findings import Finding

Outcome = Literal["completed", "skipped", "deferred_no", "deferred_rag_first"]
Method = Literal["full", "lora", "qlora"]
TrainingPath = Literal["sft", "dpo", "sft+dpo"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Stated(_Part):
    """A displayed value with where it comes from."""

    value: str | int | float | bool | None
    """None reads as unknown."""
    origin: str = "user"
    """`user`, `calc`, `default`, `document:<path>`, or an evidence label such as `K12`."""
    evidence: tuple[str, ...] = ()
    """Further evidence labels that bear the value out."""
    evidence_free: bool = False
    """The knowledge base could not be consulted for this value."""


class BaseModelChoice(_Part):
    """The model that is fine-tuned."""

    name: Stated
    hf_id: Stated | None = None
    size: Stated
    """With its unit, such as `8.2B parameters`."""
    license: Stated
    rationale: str


class Approach(_Part):
    """SFT, DPO, or SFT and then DPO."""

    primary: TrainingPath
    origin: str = "user"
    stages: tuple[str, ...] = ()
    """One line for each stage, where there are several."""
    rationale: str = ""


class Dataset(_Part):
    """The examples or preference pairs that one stage trains on."""

    format: str = ""
    """Empty: the specification's own words for this kind of data."""
    count: Stated
    """What exists today."""
    planned_count: Stated | None = None
    """What augmentation or annotation is to reach."""
    source: Stated
    quality: Stated | None = None
    """How the examples were verified."""
    paths: tuple[str, ...] = ()
    """Relative to the project folder."""


class Peft(_Part):
    """The fine-tuning method; rank, alpha, dropout and modules are None with method full."""

    method: Method
    origin: str = "user"
    rank: Stated | None = None
    alpha: Stated | None = None
    dropout: Stated | None = None
    target_modules: tuple[str, ...] = ()
    modules_origin: str = "user"
    rationale: str = ""


class Hyperparameter(_Part):
    """One row of the specification's table."""

    parameter: str
    """The field's name, such as `learning_rate`; other text is shown as it is."""
    value: Stated
    rationale: str = ""


class Monitoring(_Part):
    """How often the run logs, evaluates and saves, in optimizer steps."""

    logging_steps: Stated | None = None
    eval_steps: Stated | None = None
    save_steps: Stated | None = None
    early_stopping_patience: Stated | None = None
    """In evaluations without improvement."""
    metric: str = "eval_loss"
    total_steps: Stated | None = None


class Infrastructure(_Part):
    """Where the training runs and what it costs."""

    compute: Stated
    gpu_type: Stated
    gpu_count: Stated
    vram_gb: Stated
    """GiB per GPU."""
    tracking: Stated
    estimated_cost: Stated | None = None
    """A range with its currency."""
    trainer: Stated
    budget: Stated | None = None
    """With its currency."""


class Threshold(_Part):
    """How much data the evidence asks for."""

    name: str
    """Such as `Minimum for SFT`."""
    value: Stated
    sources: tuple[str, ...] = ()
    """Labels of the evidence that states one."""
    disagreement: str = ""
    """How the sources differ, in a sentence; empty where they agree."""


class Assumption(_Part):
    """A default that was taken because the user did not know."""

    name: str
    value: str
    reason: str


class SourceEntry(_Part):
    """One cited piece of evidence."""

    label: str
    """`K` and a number."""
    title: str
    locator: str = ""
    url: str = ""
    provenance: str = ""
    """`recalled` where the knowledge base has it from memory rather than from the source's text."""


class DecisionRecord(_Part):
    """One decision of the sidecar and the log."""

    id: str = Field(pattern=r"^TRAIN-00[123]$")
    title: str
    """As the decision log's heading has it, such as `Base Model Selection`."""
    choice: str
    detail: str = ""
    """What the log adds after the choice, such as `with rank 16 and alpha 32`."""
    rationale: str


class Acknowledgement(_Part):
    """A warning that the user has seen, and what they do about it."""

    warning_id: str
    mitigation: str


class Deferral(_Part):
    """What RAG first leaves for the return."""

    found: tuple[str, ...] = ()
    """The data that exist, one line each."""
    collect: tuple[str, ...] = ()
    """What to collect in the meantime."""
    return_when: tuple[str, ...] = ()
    """The conditions for coming back."""


class TrainingDesign(_Part):
    """Everything that the files of one outcome are written from."""

    project_name: str
    architecture: Literal["rag-only", "fine-tuning", "hybrid"]
    date: str
    """ISO, `YYYY-MM-DD`."""
    outcome: Outcome
    base_model: BaseModelChoice | None = None
    approach: Approach | None = None
    sft: Dataset | None = None
    dpo: Dataset | None = None
    strategy: Literal["augment", "annotate"] | None = None
    """How the planned count is reached, where the data fall short."""
    peft: Peft | None = None
    hyperparameters: tuple[Hyperparameter, ...] = ()
    monitoring: Monitoring | None = None
    infrastructure: Infrastructure | None = None
    thresholds: tuple[Threshold, ...] = ()
    findings: tuple[Finding, ...] = ()
    missing_documents: tuple[str, ...] = ()
    assumed_defaults: tuple[Assumption, ...] = ()
    sources: tuple[SourceEntry, ...] = ()
    decisions: tuple[DecisionRecord, ...] = ()
    acknowledgements: tuple[Acknowledgement, ...] = ()
    deferral: Deferral | None = None
    notes: tuple[str, ...] = ()
    """What a reader must know beside the figures, such as that sections went on without evidence."""
    configuration: str = ""
    """The full configuration as YAML text."""
    config_files: dict[str, str] = Field(default_factory=dict)
    """File name below `training-config/` to its text."""

    def missing_parts(self) -> list[str]:
        """Names of the parts that this outcome's specification cannot do without."""
        needed = {
            "completed": ("base_model", "approach", "peft", "hyperparameters", "infrastructure", "decisions"),
            "deferred_rag_first": ("deferral", "decisions"),
        }.get(self.outcome, ())
        missing = [name for name in needed if not getattr(self, name)]
        if self.outcome == "completed" and self.approach:
            wanted = self.approach.primary.split("+")
            missing += [name for name in wanted if getattr(self, name) is None]
        return missing
