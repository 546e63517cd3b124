"""What is known of each trainer: versions, requirements, trackers, templates (`templates/training-config/*.yaml`)."""

from fnmatch import fnmatchcase

from pydantic import BaseModel, ConfigDict, Field

from ..project.writing.rendering import template_data

FOLDER = "training-config"


class Tracker(BaseModel):
    """How a trainer calls an experiment tracker."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    report_to: str
    env: str = ""
    """The environment variable that names the project."""
    requirement: str = ""


class TrainerFacts(BaseModel):
    """One trainer's data file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    versions: dict[str, str]
    """The versions against which the files were checked, by package."""
    checks: str
    """How they were checked, in a sentence."""
    requirements: tuple[str, ...]
    adapter_requirements: tuple[str, ...] = ()
    qlora_requirements: tuple[str, ...] = ()
    flash_requirements: tuple[str, ...] = ()
    trackers: dict[str, Tracker] = Field(default_factory=dict)
    chat_templates: dict[str, str] = Field(default_factory=dict)
    """The trainer's name of a chat template by the pattern of the checkpoints; the first that fits counts."""

    def chat_template(self, base_model: str) -> str | None:
        """The trainer's chat template for this checkpoint."""
        names = (name for pattern, name in self.chat_templates.items() if fnmatchcase(base_model, pattern))
        return next(names, None)


def trainer_facts(trainer: str) -> TrainerFacts:
    """The facts of one trainer, such as `trl`."""
    return TrainerFacts.model_validate(template_data(f"{FOLDER}/{trainer}.yaml"))
