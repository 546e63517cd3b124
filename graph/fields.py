"""The fields that sections ask for: what each is called, what it accepts, how it is said.

The definitions are data (`prompts/fields.yaml`); forms, parsers, answer files and interrupt payloads derive from them.
"""

from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from .package_data import packaged_yaml

FieldType = Literal["string", "integer", "number", "boolean", "choice", "list"]
Quantity = Literal["count", "billions", "gib", "usd", "ratio", "rate", "tokens", "steps", "plain"]


class Choice(BaseModel):
    """One value that a choice field accepts, with the words people use for it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: str
    label: str
    aliases: tuple[str, ...] = ()


class Field(BaseModel):
    """What one field of a section accepts.

    Canonical values are plain JSON: counts are integers, sizes billions of parameters, memory GiB, budgets US dollars,
    ratios fractions of one, lists lists of text (`data_paths`: a mapping of `sft`, `preference`, `eval` to lists).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    type: FieldType
    label: str
    example: str
    quantity: Quantity = "plain"
    choices: tuple[Choice, ...] = ()
    aliases: tuple[str, ...] = ()
    """Other names by which a person may set the field in a line such as `lr 2e-4`."""
    minimum: float | None = None
    maximum: float | None = None
    required: bool = True
    default: Any = None
    """What "I don't know" takes when nothing is recommended; None where no default can be stated."""
    default_reason: str = ""
    help: str = ""
    open_as: str = ""
    """How it reads that the user leaves the field open on purpose: "no size limit"; empty where something must hold."""

    @property
    def called(self) -> str:
        """What the field is called within a sentence, which also sets it: "learning rate", "GPU type", "DPO beta"."""
        name = self.label.split("(")[0].strip()
        return name if name[1:2].isupper() else name[:1].lower() + name[1:]


@cache
def all_fields() -> dict[str, tuple[Field, ...]]:
    """Every node's fields, in the order in which they are asked for."""
    return {
        node: tuple(Field(name=name, **spec) for name, spec in fields.items())
        for node, fields in packaged_yaml("fine_tuning_specialist.prompts", "fields.yaml").items()
    }


def fields_of(node: str) -> tuple[Field, ...]:
    """The fields of one node; empty for a node that asks nothing."""
    return all_fields().get(node, ())
