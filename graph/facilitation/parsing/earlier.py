"""Values of earlier sections that a reply changes by name: "rank 32" where the whole design is to be confirmed."""

from collections.abc import Mapping
from typing import Any

from ...fields import Field, fields_of
from ..protocol import Correction
from .coercion import coerce
from .errors import FieldError
from .labels import find_labels, value_text
from .text import clean


def read_corrections(text: str, records: Mapping[str, Mapping[str, Any]]) -> list[Correction]:
    """The labelled values of a reply that differ from what was decided; what no label names is left.

    Args:
        text: The reply as typed.
        records: The sections' records in the order of the specification; of two that hold a value the later counts.
    """
    decided: dict[str, tuple[str, Field, Any]] = {}
    for node, record in records.items():
        for field in fields_of(node):
            value = record.get("fields", {}).get(field.name)
            if record.get("confirmed") and value is not None:
                decided[field.name] = (node, field, value)
    said = clean(text).strip()
    labelled = find_labels(said, tuple(field for _, field, _ in decided.values()), lambda _: True)
    found: dict[str, Correction] = {}
    for pair in labelled.pairs:
        node, field, before = decided[pair.field.name]
        try:
            value = coerce(field, value_text(said[pair.start : pair.end]))
        except FieldError:
            continue
        if value != before:
            found[field.name] = Correction(node=node, field=field.name, value=value)
    return list(found.values())
