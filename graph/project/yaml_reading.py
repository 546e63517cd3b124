"""Reading YAML that people edit by hand: plain values, the lines they stand on, and errors that name a line."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from .errors import ProjectError

_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class YamlFile:
    """A YAML mapping with the line of each key, counted from 1."""

    values: Mapping[str, Any]
    lines: Mapping[tuple[str, ...], int]

    def line(self, *keys: str) -> int | None:
        """The line on which a key stands, given with the keys above it."""
        return self.lines.get(keys)


def read_yaml(text: str, file: str, remedy: str) -> YamlFile:
    """Parse a YAML mapping.

    Args:
        text: The file's text.
        file: How errors name it.
        remedy: What errors advise.

    Raises:
        ProjectError: The text is no YAML, or no mapping.
    """
    try:
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            values = None if node is None else loader.construct_document(node)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = error.problem or "it cannot be parsed"
        raise ProjectError(file, mark.line + 1 if mark else None, f"This is not valid YAML: {what}.", remedy) from error
    except (yaml.YAMLError, RecursionError, ValueError, OverflowError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ProjectError(file, None, f"This is not valid YAML: {reason}.", remedy) from error
    if not isinstance(values, Mapping):
        raise ProjectError(file, 1, "This holds no keys and values.", remedy)
    return YamlFile({str(key): value for key, value in values.items()}, _key_lines(node))


def _key_lines(root: Any) -> dict[tuple[str, ...], int]:
    """Lines of the keys of the two uppermost levels."""
    lines: dict[tuple[str, ...], int] = {}
    for key, value in root.value:
        lines[(str(key.value),)] = key.start_mark.line + 1
        if isinstance(value, yaml.MappingNode):
            for inner, _ in value.value:
                lines[str(key.value), str(inner.value)] = inner.start_mark.line + 1
    return lines
