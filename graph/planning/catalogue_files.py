"""Reads the data files of the catalogue: the planner's only input from disk."""

from pathlib import Path
from typing import Any

import yaml

from ..package_data import packaged_yaml, read_yaml

_MAX_BYTES = 4 * 1024 * 1024


class CatalogueError(ValueError):
    """A catalogue file is unreadable or lacks something; the message names file and field."""


def read_catalogue_file(name: str) -> dict[str, Any]:
    """The parsed content of one of our own catalogue files; it is shared, so not to be changed."""
    data = packaged_yaml("fine_tuning_catalogue", name)
    if not isinstance(data, dict):
        raise CatalogueError(f"{name}: must hold a mapping")
    return data


def read_user_file(path: Path) -> Any:
    """The parsed content of a user's YAML file.

    Raises:
        CatalogueError: it cannot be read, is larger than 4 MiB, or is not YAML.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise CatalogueError(f"{path}: larger than 4 MiB")
        return read_yaml(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CatalogueError(f"{path}: cannot be read ({error.strerror})") from error
    except (UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        raise CatalogueError(f"{path}: is not valid YAML ({error})") from error
