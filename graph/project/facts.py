"""What the project's documents say, each value with the passage it was read from."""

from typing import Any, Literal

from pydantic import BaseModel, Field

FactName = Literal[
    "task_type", "use_case", "domain", "data_volume", "data_source", "preference_pairs",
    "gpu_type", "gpu_count", "vram_gb", "license", "size_limit", "budget", "tracking", "platform", "privacy",
    "latency", "languages", "objectives", "data_requirements", "embedding_model", "chunking", "vector_database",
    "mlops",
]  # fmt: skip


class Fact(BaseModel):
    """One value that one document states."""

    name: FactName
    value: Any
    """Canonical, as the field of the same name holds it: a count, billions, GiB, dollars, or text."""
    source: str
    """The document, relative to the project folder."""
    passage: str
    """The words it was read from, at most 300 characters."""
    line: int


class DocumentStatus(BaseModel):
    """How reading one document went."""

    path: str
    status: Literal["read", "missing", "unreadable", "truncated"]
    detail: str = ""


class Persona(BaseModel):
    """Who speaks: the workflow's own persona where there is one, else ours."""

    name: str
    icon: str = ""
    source: str
    """Path of the file it came from."""


class NextStep(BaseModel):
    """Where the flow goes after this step."""

    file: str
    """As in `config.yaml`, for example `3-inference/step-06-rag-specialist.md`."""
    path: str | None = None
    """The file on disk, where the workflow has one."""


class ProjectContext(BaseModel):
    """All that load_context found: plain JSON, kept in the run's state."""

    project_dir: str
    """Absolute path of the project folder, or empty for documents that a parent supplies."""
    project_name: str
    folder_name: str | None = None
    """Name of the project folder where `project_name` differs from it: a finding for the sidecar's owner."""
    user_name: str = ""
    architecture: Literal["rag-only", "fine-tuning", "hybrid"]
    current_step: str = ""
    facts: dict[str, list[Fact]] = Field(default_factory=dict)
    documents: list[DocumentStatus] = Field(default_factory=list)
    decisions: list[dict[str, str]] = Field(default_factory=list)
    """Earlier decisions of the sidecar: id and choice."""
    embedding_stories: int = 0
    warnings: list[str] = Field(default_factory=list)
    persona: Persona
    next_step: NextStep
    config_file: str | None = None
    knowledge_endpoint: str | None = None
