"""The training configuration of a recorded run."""

from collections.abc import Mapping
from typing import Any

from ..project.facts import ProjectContext


def configure(context: ProjectContext, sections: Mapping[str, Mapping[str, Any]]) -> tuple[str, dict[str, str]]:
    """The full configuration as text, and every file below `training-config/`."""
    return "", {}
