"""The values that hold now, as people read them."""

from ..fields import Field, all_fields
from ..sections.section import Briefing
from .parsing import format_value


def shown_values(briefing: Briefing) -> dict[str, str]:
    """Every value by name as text: "5,200", "8B", "24 GB"; a name that holds nothing yet is absent."""
    by_name: dict[str, Field] = {field.name: field for fields in all_fields().values() for field in fields}
    shown = {}
    for name, held in briefing.values.items():
        field = by_name.get(name)
        shown[name] = format_value(field, held.value) if field else str(held.value)
    return shown
