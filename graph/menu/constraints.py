"""The constraints that [Q] may change, as typed values."""

import re
from collections.abc import Mapping
from typing import Any

from ..facilitation.parsing import FieldError, coerce
from ..fields import fields_of
from ..planning.gpus import gpu
from ..texts import text

NAMES = ("compute", "data_volume", "priority", "model_size")
PRIORITIES = ("quality", "speed")
COUNT = re.compile(r"\b(\d{1,4})\s*[x×]", re.IGNORECASE)
MEMORY = re.compile(r"\b(\d{1,4}(?:\.\d+)?)\s*gi?b\b", re.IGNORECASE)


class ConstraintError(ValueError):
    """A constraint that cannot be understood; the message says what is accepted."""


def read_constraints(said: Mapping[str, Any]) -> dict[str, Any]:
    """The values that the changed constraints set, by field name.

    Args:
        said: Any of compute (text), data_volume (a count), priority (quality or speed), model_size (billions).

    Raises:
        ConstraintError: An unknown constraint, or a value that cannot be meant.
    """
    if not isinstance(said, Mapping):
        raise ConstraintError(text("menu", "which_constraints"))
    changed: dict[str, Any] = {}
    for name, value in said.items():
        if name == "compute":
            changed |= read_compute(str(value))
        elif name == "priority":
            if str(value).casefold() not in PRIORITIES:
                raise ConstraintError(text("menu", "priority"))
            changed["priority"] = str(value).casefold()
        elif name in ("data_volume", "model_size"):
            changed |= read_number(name, value)
        else:
            raise ConstraintError(text("menu", "unknown_constraint", name=name))
    return changed


def read_compute(said: str) -> dict[str, Any]:
    """GPU type, count and memory from a line such as "2x A100 80GB"."""
    known = gpu(said) or gpu(MEMORY.sub("", COUNT.sub("", said)).strip())
    count = COUNT.search(said)
    memory = MEMORY.search(said)
    if known is None and memory is None:
        raise ConstraintError(text("menu", "unknown_compute", said=said))
    return {
        "gpu_type": known.name if known else MEMORY.sub("", COUNT.sub("", said)).strip() or said,
        "gpu_count": int(count.group(1)) if count else 1,
        "vram_gb": float(memory.group(1)) if memory else float(known.vram_gb) if known else None,
    }


def read_number(name: str, value: Any) -> dict[str, Any]:
    """A count of examples or a size in billions, in its place among the decided fields."""
    field = next(field for field in fields_of("welcome") if field.name == name)
    try:
        number = coerce(field, value)
    except FieldError as error:
        raise ConstraintError(str(error)) from error
    return {"sft_examples": number} if name == "data_volume" else {"size_limit": number, "model_size": number}
