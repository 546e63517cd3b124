"""Canonical values as a person reads them; what is shown can be typed back and gives the same value."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ...fields import Field
from .constraints import constraint_fields

_SEPARATOR = re.compile(r"^[/\\]|[\s,;:=']")
_SMALL = Decimal("0.001")


def format_value(field: Field, value: Any) -> str:
    """A canonical value for showing: `8B`, `24 GB`, `5,200`, `2e-4`, `3 %`, `400 USD`, `yes`, an option's label."""
    if value is None:
        return field.open_as or "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if field.type in ("integer", "number") and isinstance(value, int | float):
        return _number(field, Decimal(repr(value)))
    if field.type == "choice":
        labels = {choice.value: choice.label.split(":")[0] for choice in field.choices}
        return labels.get(value, str(value))
    if field.name == "data_paths":
        return _paths(value)
    if isinstance(value, Mapping):
        known = constraint_fields()
        return "; ".join(f"{name}: {format_value(known.get(name, field), item)}" for name, item in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _paths(value: Any) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{stage}: {_paths(paths)}" for stage, paths in value.items())
    return ", ".join(f'"{path}"' if _SEPARATOR.search(path) else path for path in value)


def _number(field: Field, value: Decimal) -> str:
    if field.quantity == "ratio":
        return f"{_readable(value * 100)} %"
    if field.quantity == "billions":
        return f"{_plain(value)}B" if value >= 1 or not value else f"{_readable(value * 1000)}M"
    if field.quantity == "gib":
        return f"{_readable(value)} GB"
    if field.quantity == "usd":
        return f"{_readable(value)} USD"
    return _scientific(value) if field.quantity == "rate" else _readable(value)


def _readable(value: Decimal) -> str:
    return _scientific(value) if 0 < abs(value) < _SMALL else _plain(value)


def _plain(value: Decimal) -> str:
    """Without exponent and without trailing zeros, thousands separated."""
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _scientific(value: Decimal) -> str:
    """`2e-4`, `2.5e-5`; one and above, and zero, as plain numbers."""
    if value >= Decimal("0.1") or not value:
        return _plain(value)
    digits, exponent = f"{value.normalize():e}".split("e")
    return f"{digits.rstrip('0').rstrip('.') if '.' in digits else digits}e{int(exponent)}"
