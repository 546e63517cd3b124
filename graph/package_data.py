"""The data that ships with the packages: YAML from prompts, templates and the catalogue, read fast and safely."""

from functools import cache
from importlib.resources import files
from typing import Any

import yaml

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml where it is there: eight times faster, and the same plain values."""


def read_yaml(text: str | bytes) -> Any:
    """YAML as plain values; no tag ever makes an object.

    Raises:
        yaml.YAMLError: The text is no YAML.
    """
    return yaml.load(text, Loader=_LOADER)  # noqa: S506 - CSafeLoader or SafeLoader


@cache
def packaged_yaml(package: str, name: str) -> Any:
    """One YAML file of a data package; the same object each time, so it is not to be changed."""
    return read_yaml(files(package).joinpath(name).read_text(encoding="utf-8"))
