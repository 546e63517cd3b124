"""What sets the families of base models apart: age, speciality, templates, special care, and their checkpoints."""

from fnmatch import fnmatchcase
from functools import cache

from pydantic import BaseModel, ConfigDict, Field

from .catalogue import CatalogueModel
from .catalogue_files import read_catalogue_file


class Checkpoints(BaseModel):
    """The repository ids of one size: its instruction-tuned and its base checkpoint, None where there is none."""

    model_config = ConfigDict(frozen=True)

    instruct: str | None = None
    base: str | None = None


class Family(BaseModel):
    """A family of base models."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    released: str = ""
    """Year and month of its first release; empty where it is not known."""
    suits: tuple[str, ...] = ()
    pad: bool = True
    """Whether its tokenizers come with a pad token."""
    demands: tuple[str, ...] = ()
    dense_text: tuple[str, ...] = ()
    """Ids of the members to which the family's demands do not apply."""
    instruct: str | None = None
    base: str | None = None
    ids: dict[str, Checkpoints] = Field(default_factory=dict)

    @property
    def months(self) -> int:
        """The release as a number of months, for comparing; 0 where it is not known."""
        year, _, month = self.released.partition("-")
        return int(year) * 12 + int(month) if month else 0


class Families(BaseModel):
    """All families by name."""

    model_config = ConfigDict(frozen=True)

    families: dict[str, Family]
    endings: tuple[str, ...]
    training_templates: tuple[str, ...] = ()
    """Patterns of the checkpoints for which TRL has a chat template that marks the assistant's words."""

    def of(self, model: CatalogueModel) -> Family:
        """The model's family; an empty one for a model that a user added."""
        return self.families.get(model.family, Family())

    def has_training_template(self, hf_id: str) -> bool:
        """Whether TRL can take the loss on the assistant's words alone in this very checkpoint's chat template."""
        return any(fnmatchcase(hf_id, pattern) for pattern in self.training_templates)

    def demands(self, model: CatalogueModel) -> tuple[str, ...]:
        """Why fine-tuning this model takes extra care."""
        family = self.of(model)
        demands = () if model.hf_id in family.dense_text else family.demands
        if model.active_params_billion is not None and "mixture" not in demands:
            return (*demands, "mixture")
        return demands

    def checkpoints(self, model: CatalogueModel) -> Checkpoints:
        """The ids of its instruction-tuned and base checkpoints."""
        family = self.of(model)
        if model.family not in self.families:
            return Checkpoints(instruct=model.hf_id) if model.is_instruct else Checkpoints(base=model.hf_id)
        if model.hf_id in family.ids:
            return family.ids[model.hf_id]
        stem = self._stem(model.hf_id)
        return Checkpoints(
            instruct=None if family.instruct is None else stem + family.instruct,
            base=None if family.base is None else stem + family.base,
        )

    def is_instruct(self, model: CatalogueModel) -> bool:
        """Whether the id is that of an instruction-tuned checkpoint, also where its name does not say so."""
        return model.hf_id == self.checkpoints(model).instruct or model.is_instruct

    def _stem(self, hf_id: str) -> str:
        for ending in self.endings:
            if hf_id.endswith(ending):
                return hf_id.removesuffix(ending)
        return hf_id


@cache
def families() -> Families:
    """The families of the catalogue (`families.yaml`)."""
    data = read_catalogue_file("families.yaml")
    return Families(
        families={name: Family(**entry) for name, entry in data["families"].items()},
        endings=tuple(data["endings"]),
        training_templates=tuple(data["training_templates"]),
    )
