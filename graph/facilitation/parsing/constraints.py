"""What may be changed at the menu before the knowledge base is asked again."""

from ...fields import Field, fields_of
from .vocabulary import vocabulary

CONSTRAINTS = ("compute", "data_volume", "priority", "model_size")


def constraint_fields() -> dict[str, Field]:
    """The fields of the menu's constraints, by name: those of the welcome, and the priority."""
    known = {field.name: field for field in fields_of("welcome")} | vocabulary().constraints
    return {name: known[name] for name in CONSTRAINTS}
