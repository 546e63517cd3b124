"""One value of a query in the specification's spelling: `5000-examples`, `7B`, `single-gpu`, `customer-support`."""

import re

from .cleaning import clean_line

Value = str | int | float | None

VALUE_LIMIT = 80
"""Characters of one value."""

_NUMBER = re.compile(r"^(\d{1,3}(?:[ ,_]\d{3})+|\d+)(\.\d+)?$")
_GPU_COUNT = re.compile(r"^(\d{1,6})\s*(?:x|×|\*|gpus?\b)", re.IGNORECASE)
_SIZE = re.compile(r"^(\d+(?:\.\d+)?)\s*b$", re.IGNORECASE)
_BRACES = str.maketrans("", "", "{}")

_COUNTS = {"data_volume": "examples", "preference_data_volume": "pairs", "dataset_size": "examples"}
_SIZES = frozenset({"model_size", "size_constraint"})


def query_value(name: str, value: Value, approach: str | None = None) -> str:
    """A value as it stands in a query; empty for an unknown one.

    Braces, control characters and line breaks never survive, so a value can't become a placeholder or a second line.

    Args:
        name: The placeholder's name, which decides on the unit.
        value: A plain number, or text.
        approach: With `dpo`, a plain `dataset_size` counts pairs.
    """
    if value is None or isinstance(value, bool):
        return ""
    text = clean_line(str(value).translate(_BRACES), VALUE_LIMIT).rstrip("…")
    number = _plain_number(text)
    if name in _COUNTS:
        unit = "pairs" if name == "dataset_size" and approach == "dpo" else _COUNTS[name]
        return f"{number}-{unit}" if number else _joined(text)
    if name in _SIZES:
        size = _SIZE.match(text)
        return f"{size[1]}B" if size else f"{number}B" if number else _joined(text)
    if name == "gpu_memory":
        return f"{number}GB" if number else re.sub(r"\s*(?:GiB|GB)$", "GB", text, flags=re.IGNORECASE).replace(" ", "-")
    if name == "compute_constraint":
        return _compute(text, number)
    # Methods are several words of the field's own ("SFT DPO"), not one value of several words.
    return text if name == "training_method" else _joined(text)


def _plain_number(text: str) -> str:
    match = _NUMBER.match(text)
    if not match:
        return ""
    fraction = (match[2] or "").rstrip("0").rstrip(".")
    return re.sub(r"[ ,_]", "", match[1]) + fraction


def _compute(text: str, number: str) -> str:
    counted = _GPU_COUNT.match(text)
    count = number or (counted[1] if counted else "")
    if not count:
        return _joined(text)
    return "single-gpu" if count == "1" else "multi-gpu"


def _joined(text: str) -> str:
    return "-".join(text.split())
