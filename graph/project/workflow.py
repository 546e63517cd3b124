"""The surrounding workflow: its configuration, where its files lie, and which step comes next."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import ProjectError
from .facts import NextStep
from .text_files import read_text_file
from .yaml_reading import read_yaml

DEFAULT_NEXT_STEP = "3-inference/step-06-rag-specialist.md"
NEXT_STEP_NUMBER = 6

_REMEDY = "Correct the file, or name another workflow with --workflow DIR."
_BELONGS_TO_A_WORKFLOW = re.compile(r"^(?:paths|knowledge_mcp)[ \t]*:", re.MULTILINE)


@dataclass(frozen=True)
class Workflow:
    """Where the workflow's files lie. All folders are absolute; `root` is None where there is no workflow."""

    root: Path | None = None
    project_root: Path | None = None
    config_file: Path | None = None
    agents_folder: Path | None = None
    steps_folder: Path | None = None
    output_folder: Path | None = None
    knowledge_endpoint: str | None = None
    next_step_file: str = DEFAULT_NEXT_STEP

    def holds(self, path: Path) -> bool:
        """Whether a file, links resolved, lies in the workflow or in the project around it."""
        homes = [home.resolve() for home in (self.root, self.project_root) if home is not None]
        return any(path.resolve().is_relative_to(home) for home in homes)


def find_workflow(project_dir: Path | None, workflow_dir: Path | None = None) -> Workflow:
    """Read the workflow that surrounds a project.

    Args:
        project_dir: The project folder; the nearest folder from here upwards whose `config.yaml` has `paths:` or
            `knowledge_mcp:` is the workflow.
        workflow_dir: The folder of the workflow, where the user names it.

    Raises:
        ProjectError: The named folder does not exist, or the configuration cannot be read.
    """
    if workflow_dir is not None:
        folder = workflow_dir.resolve()
        if not folder.is_dir():
            raise ProjectError(str(workflow_dir), None, "There is no such folder.", "Name the workflow's folder.")
        if not (folder / "config.yaml").exists():
            return _defaults(folder)
        return _read(folder / "config.yaml")
    if project_dir is None:
        return Workflow()
    here = project_dir.resolve()
    for folder in (here, *here.parents):
        config = folder / "config.yaml"
        if config.is_file() and _BELONGS_TO_A_WORKFLOW.search(read_text_file(config, folder).text):
            return _read(config)
    return Workflow()


def next_step(workflow: Workflow) -> NextStep:
    """The next step's file, as the configuration names it, and where it lies if it exists."""
    name = workflow.next_step_file
    for folder in (workflow.steps_folder, workflow.root):
        if folder is None:
            continue
        path = folder / name
        if workflow.holds(path) and path.is_file():
            return NextStep(file=name, path=str(path.resolve()))
    return NextStep(file=name)


def _defaults(root: Path) -> Workflow:
    return Workflow(
        root=root, project_root=_project_root(root), agents_folder=root / "agents", steps_folder=root / "steps"
    )


def _project_root(folder: Path) -> Path:
    """The nearest folder from here upwards that has `.git`, else the folder itself."""
    return next((home for home in (folder, *folder.parents) if (home / ".git").exists()), folder)


def _read(config: Path) -> Workflow:
    read = read_text_file(config, config.parent)
    if read.status != "read":
        raise ProjectError(str(config), None, f"This cannot be read: {read.detail or read.status}.", _REMEDY)
    values = read_yaml(read.text, str(config), _REMEDY).values
    paths = _mapping(values.get("paths"))
    project_root = _project_root(config.parent)

    def folder(key: str, base: Path, default: str) -> Path:
        name = paths.get(key)
        text = name if isinstance(name, str) and name.strip() and "\0" not in name else default
        return (base / text.replace("{project-root}", str(project_root))).resolve()

    root = folder("workflow_root", config.parent, ".")
    if not root.is_dir():
        root = config.parent
    endpoint = _mapping(values.get("knowledge_mcp")).get("endpoint")
    return Workflow(
        root=root,
        project_root=project_root,
        config_file=config,
        agents_folder=folder("agents_folder", root, "agents"),
        steps_folder=folder("steps_folder", root, "steps"),
        output_folder=folder("output_folder", project_root, ".") if "output_folder" in paths else None,
        knowledge_endpoint=endpoint if isinstance(endpoint, str) and endpoint.strip() else None,
        next_step_file=_next_step_file(_mapping(values.get("steps"))),
    )


def _next_step_file(steps: Mapping[str, Any]) -> str:
    name = _mapping(steps.get(str(NEXT_STEP_NUMBER))).get("file")
    return name if isinstance(name, str) and name.strip() and "\0" not in name else DEFAULT_NEXT_STEP


def _mapping(value: Any) -> Mapping[str, Any]:
    """The value with its keys as text (step numbers may be integers), or nothing where it is no mapping."""
    return {str(key): item for key, item in value.items()} if isinstance(value, Mapping) else {}
