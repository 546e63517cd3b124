"""Configuration values as YAML text that every YAML 1.1 reader takes for exactly these values."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import yaml

SMALL = 1e-3
"""Below this, numbers are written as `2.0e-4`: with the point that YAML 1.1 asks of a number."""


class _Dumper(yaml.SafeDumper):
    """Block style, lists of plain words on one line, and small numbers as people write learning rates."""


def _float(dumper: yaml.SafeDumper, value: float) -> yaml.ScalarNode:
    if not value or abs(value) >= SMALL:
        return yaml.SafeDumper.represent_float(dumper, value)
    mantissa, exponent = f"{Decimal(repr(value)).normalize():e}".split("e")
    mantissa = mantissa if "." in mantissa else f"{mantissa}.0"
    return dumper.represent_scalar("tag:yaml.org,2002:float", f"{mantissa}e{exponent}")


def _list(dumper: yaml.SafeDumper, value: list[Any]) -> yaml.SequenceNode:
    flat = all(isinstance(item, (str, int, float)) for item in value)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=flat)


_Dumper.add_representer(float, _float)
_Dumper.add_representer(list, _list)
_Dumper.add_representer(tuple, lambda dumper, value: _list(dumper, list(value)))


def yaml_text(values: Mapping[str, Any], comment: str = "") -> str:
    """The mapping as a YAML document in its own order, below a comment.

    Raises:
        ValueError: a value is null; a configuration states what it sets and leaves out the rest.
    """
    _refuse_nulls(values, "")
    body = yaml.dump(dict(values), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    head = "".join(f"# {line}\n" for line in comment.splitlines())
    return head + body


def _refuse_nulls(value: Any, path: str) -> None:
    if value is None:
        raise ValueError(f"{path}: null")
    if isinstance(value, Mapping):
        for key, item in value.items():
            _refuse_nulls(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            _refuse_nulls(item, f"{path}[{number}]")
