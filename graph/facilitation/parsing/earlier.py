"""Values of earlier sections that a reply changes by name: "rank 32" where the whole design is to be confirmed."""

from collections.abc import Mapping
from typing import Any

from ...fields import Field, fields_of
from ...texts import text as say
from ..protocol import Correction, Problem
from .answers import doubted_fields
from .coercion import coerce
from .errors import FieldError
from .formatting import format_value
from .labels import find_labels, label_phrases, value_text
from .text import clean


def read_corrections(
    text: str, records: Mapping[str, Mapping[str, Any]], asked: tuple[Field, ...] = ()
) -> list[Correction]:
    """The labelled values of a reply that differ from what was decided; what no label names is left.

    Args:
        text: The reply as typed.
        records: The sections' records in the order of the specification; of two that hold a value the later counts.
        asked: The fields of the pending question: what they are called too is meant for them.
    """
    decided = _decided(records)
    own = label_phrases(asked)
    said = clean(text).strip()
    labelled = find_labels(said, tuple(field for _, field, _ in decided.values()), lambda _: True)
    found: dict[str, Correction] = {}
    for pair in labelled.pairs:
        if own.whole(pair.label.split()):
            continue
        node, field, before = decided[pair.field.name]
        try:
            value = coerce(field, value_text(said[pair.start : pair.end]))
        except FieldError:
            continue
        if value != before:
            found[field.name] = Correction(node=node, field=field.name, value=value)
    return list(found.values())


def called_wrong(text: str, records: Mapping[str, Mapping[str, Any]]) -> list[Problem]:
    """What to ask about the decided values that a reply calls wrong without saying what holds instead."""
    decided = _decided(records)
    problems = []
    for name in doubted_fields(clean(text).strip(), tuple(field for _, field, _ in decided.values())):
        _, field, value = decided[name]
        known = format_value(field, value)
        said = say("dialogue", "which_instead", label=field.label, value=known, called=field.called)
        problems.append(Problem(field=name, message=said))
    return problems


def _decided(records: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[str, Field, Any]]:
    """The decided values by field name, each with its section."""
    decided: dict[str, tuple[str, Field, Any]] = {}
    for node, record in records.items():
        for field in fields_of(node):
            value = record.get("fields", {}).get(field.name)
            if record.get("confirmed") and value is not None:
                decided[field.name] = (node, field, value)
    return decided
