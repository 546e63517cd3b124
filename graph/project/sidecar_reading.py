"""Reading `sidecar.yaml`, the state that all steps of the workflow share. Nothing is ever written here."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from .errors import ProjectError
from .text_files import TextFile, clean, read_text_file
from .yaml_reading import YamlFile, read_yaml

SIDECAR = "sidecar.yaml"

Architecture = Literal["rag-only", "fine-tuning", "hybrid"]

_START_ONE = (
    "Start a project with `fine-tuning-specialist init PROJECT`, or name a project folder that has a sidecar.yaml."
)
_CORRECT_IT = "Correct the file by hand and start again; it was left as it is."
_SET_ARCHITECTURE = (
    "Set `architecture: rag-only`, `architecture: fine-tuning` or `architecture: hybrid`, as Step 2 decided it."
)
_NAME_IT = "Give the project a plain name, such as the name of its folder."
_ARCHITECTURES: dict[str, Architecture] = {
    "rag-only": "rag-only", "fine-tuning": "fine-tuning", "finetuning": "fine-tuning", "hybrid": "hybrid",
}  # fmt: skip
_TEXT_LIMIT = 300


@dataclass(frozen=True)
class Sidecar:
    """What this step reads of the sidecar."""

    project_name: str
    architecture: Architecture
    user_name: str = ""
    current_step: str = ""
    decisions: list[dict[str, str]] = field(default_factory=list)
    embedding_stories: int = 0
    tech_stack: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    """Tools by their key, each with its line."""


def sidecar_from_file(project_dir: Path) -> Sidecar:
    """Read the sidecar of a project folder.

    Raises:
        ProjectError: It is missing, unreadable or malformed, or it states no usable architecture or project name.
    """
    path = project_dir / SIDECAR
    return _parse(read_text_file(path, project_dir), str(path), project_dir.name)


def sidecar_from_text(read: TextFile, folder_name: str = "") -> Sidecar:
    """The same for a sidecar whose text a caller supplies."""
    return _parse(read, SIDECAR, folder_name)


def _parse(read: TextFile, file: str, folder_name: str) -> Sidecar:
    if read.status == "missing":
        raise ProjectError(file, None, "The project has no sidecar.", _START_ONE)
    if read.status != "read":
        raise ProjectError(file, None, f"The sidecar cannot be read: {read.detail}.", _CORRECT_IT)
    content = read_yaml(read.text, file, _CORRECT_IT)
    values = content.values
    stories = values.get("stories")
    embedding = stories.get("step_4_embeddings") if isinstance(stories, Mapping) else None
    return Sidecar(
        project_name=_project_name(content, file, folder_name),
        architecture=_architecture(content, file),
        user_name=_text(values.get("user_name")),
        current_step=_text(values.get("currentStep")),
        decisions=_decisions(values.get("decisions")),
        embedding_stories=len(embedding) if isinstance(embedding, Sequence) and not isinstance(embedding, str) else 0,
        tech_stack=_tech_stack(content),
    )


def _architecture(content: YamlFile, file: str) -> Architecture:
    value = content.values.get("architecture")
    line = content.line("architecture")
    if value is None:
        problem = "The architecture is not decided." if line else "The sidecar states no architecture."
        raise ProjectError(file, line, problem, _SET_ARCHITECTURE)
    known = _ARCHITECTURES.get(re.sub(r"[\s_-]+", "-", value.strip().casefold())) if isinstance(value, str) else None
    if known is None:
        raise ProjectError(file, line, f"The architecture {_text(value)[:60]!r} is unknown.", _SET_ARCHITECTURE)
    return known


def _project_name(content: YamlFile, file: str, folder_name: str) -> str:
    value = content.values.get("project_name")
    if value is None or value == "":
        return folder_name or "project"
    line = content.line("project_name")
    if isinstance(value, Mapping | list):
        raise ProjectError(file, line, "The project_name is not a name.", _NAME_IT)
    name = str(value).strip()
    if name in {".", "..", "~"} or re.search(r"[/\\\0]|^[A-Za-z]:", name) or clean(name) != name or "\n" in name:
        raise ProjectError(file, line, f"The project_name {_text(value)[:60]!r} is a path and not a name.", _NAME_IT)
    if len(name) > _TEXT_LIMIT:
        raise ProjectError(file, line, f"The project_name is longer than {_TEXT_LIMIT} characters.", _NAME_IT)
    return name or folder_name or "project"


def _decisions(value: Any) -> list[dict[str, str]]:
    if not isinstance(value, list):
        return []
    entries = [entry for entry in value if isinstance(entry, Mapping) and entry.get("id") is not None]
    return [{"id": _text(entry["id"]), "choice": _text(entry.get("choice"))} for entry in entries]


def _tech_stack(content: YamlFile) -> dict[str, tuple[str, int]]:
    stack = content.values.get("tech_stack")
    if not isinstance(stack, Mapping):
        return {}
    return {
        str(key): (_text(tool), content.line("tech_stack", str(key)) or 1)
        for key, tool in stack.items()
        if isinstance(tool, str) and tool.strip()
    }


def _text(value: Any) -> str:
    """A scalar as one clean line of bounded length; nothing for anything else."""
    if value is None or isinstance(value, Mapping | list):
        return ""
    return " ".join(clean(str(value)).split())[:_TEXT_LIMIT]
