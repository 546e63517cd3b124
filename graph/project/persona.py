"""Who the specialist is: the workflow's own persona where there is one, else the one that comes with the package."""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from .errors import ProjectError
from .facts import Persona
from .text_files import clean, read_text_file
from .workflow import Workflow
from .yaml_reading import read_yaml

PERSONA_FILE = "fine-tuning-specialist.md"
OUR_PERSONA = f"persona/{PERSONA_FILE}"

_NAME_LIMIT = 80


def load_persona(workflow: Workflow, supplied: str | None = None) -> Persona:
    """Name and icon of the persona; a persona file that cannot be used gives way to ours.

    Args:
        workflow: The workflow, whose agents folder comes first.
        supplied: The text of a persona that a caller hands over instead of a file.
    """
    if supplied is not None:
        return _persona(supplied, f"agents/{PERSONA_FILE}")
    path = workflow.agents_folder / PERSONA_FILE if workflow.agents_folder is not None else None
    if path is not None and workflow.holds(path):
        read = read_text_file(path, path.resolve().parent)
        if read.status in {"read", "truncated"} and read.text.strip():
            return _persona(read.text, str(path))
    return _persona(_our_text(), OUR_PERSONA)


def persona_text(persona: Persona) -> str:
    """The persona's whole text without its front matter, as a system prompt; ours where its file has gone."""
    path = Path(persona.source)
    if persona.source != OUR_PERSONA and path.is_absolute():
        read = read_text_file(path, path.resolve().parent)
        if read.status in {"read", "truncated"} and read.text.strip():
            return _split(clean(read.text))[1]
    return _split(_our_text())[1]


def _our_text() -> str:
    return files("fine_tuning_specialist.persona").joinpath(PERSONA_FILE).read_text(encoding="utf-8")


def _persona(text: str, source: str) -> Persona:
    front, body = _split(clean(text))
    heading = next((line.lstrip("# ").strip() for line in body.splitlines() if line.startswith("#")), "")
    agent = front.get("agent")
    inner = agent.get("metadata", agent) if isinstance(agent, Mapping) else {}
    name = _text(front, "title", "name") or _text(inner, "name", "title") or heading or "Fine-Tuning Specialist"
    return Persona(name=name, icon=_text(front, "icon") or _text(inner, "icon"), source=source)


def _text(values: Any, *keys: str) -> str:
    if not isinstance(values, Mapping):
        return ""
    found = (values.get(key) for key in keys)
    return next(
        (" ".join(value.split())[:_NAME_LIMIT] for value in found if isinstance(value, str) and value.strip()), ""
    )


def _split(text: str) -> tuple[Mapping[str, Any], str]:
    """Front matter and body; front matter that is no YAML counts as none."""
    if not text.startswith("---\n"):
        return {}, text
    front, mark, body = text[4:].partition("\n---")
    if not mark:
        return {}, text
    try:
        return read_yaml(front, PERSONA_FILE, "").values, body.lstrip("-\n ")
    except ProjectError:
        return {}, body.lstrip("-\n ")
