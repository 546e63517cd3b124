"""What a person is told of a reply: what was not understood in it, and what was assumed (`prompts/replies.yaml`)."""

from collections.abc import Iterable
from typing import Any

from ...package_data import packaged_yaml


def told(key: str, **values: Any) -> str:
    """A sentence with its named places filled; a value is inserted as it is and never read as a sentence itself.

    Raises:
        KeyError: There is no such sentence, or a place of it is not given.
    """
    sentence: str = packaged_yaml("fine_tuning_specialist.prompts", "replies.yaml")[key]
    return sentence.format_map(values)


def either(names: Iterable[str]) -> str:
    """Names of which one is meant: "A100 or H100"."""
    return f" {told('or')} ".join(names)
