"""The project as a run found it: the files that its start reads, and the same folders made again somewhere else."""

import base64
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ..project.documents import MANDATORY, WHERE_THEY_EXIST
from ..project.persona import PERSONA_FILE
from ..project.text_files import READ_LIMIT
from ..project.workflow import NEXT_STEP_NUMBER, Workflow, find_workflow, next_step
from ..project.writing.places import LOG_PATH, SIDECAR_PATH

WHOLE = (SIDECAR_PATH, LOG_PATH)
"""Files that the step adds to, and so needs whole whatever their size."""


@dataclass(frozen=True)
class Surroundings:
    """What lay around a run at its start.

    All paths are relative to `root`, the nearest folder above the project that also holds the workflow, so that the
    same folders can be made below another one. The workflow's `config.yaml` is not copied, because it may hold
    secrets: what the step took from it is written anew.
    """

    root: str = ""
    """Absolute; empty where the caller supplied the documents."""
    project: str = ""
    workflow: str = ""
    """The folder that was named as the workflow's, or empty."""
    files: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By path: `text`, or `base64` of what is no text, and `size` where less than the whole was kept; or `link`, or
    `folder`."""
    documents: Mapping[str, str] = field(default_factory=dict)
    """What a caller supplied instead of files, by path."""
    copy_of: str = ""
    """The project of which `project` is a copy: its name and the workflow above it count."""

    def text(self, path: str) -> str | None:
        """A project file's text at the start, or None where there was none."""
        if path in self.documents:
            return self.documents[path]
        kept = self.files.get(_join(self.project, path), {})
        return str(kept["text"]) if "text" in kept else None

    def restore(self, scratch: Path) -> dict[str, Any]:
        """Make the same folders and files below `scratch`; returns the step's input for them."""
        if self.documents:
            return {"documents": dict(self.documents)}
        project = scratch / self.project
        project.mkdir(parents=True, exist_ok=True)
        for path, kept in self.files.items():
            _put(scratch / path, kept)
        inputs = {"project_dir": str(project)}
        if self.copy_of:
            original = scratch / self.copy_of
            original.mkdir(parents=True, exist_ok=True)
            inputs = {"project_dir": str(original), "output_dir": str(project)}
        if self.workflow:
            (scratch / self.workflow).mkdir(parents=True, exist_ok=True)
            inputs["workflow_dir"] = str(scratch / self.workflow)
        return inputs


def observe(inputs: Mapping[str, Any]) -> Surroundings:
    """Read what the start of a run with this input reads.

    Raises:
        ProjectError: The workflow's configuration cannot be read.
    """
    if inputs.get("documents"):
        return Surroundings(documents=dict(inputs["documents"]))
    original = Path(inputs["project_dir"]).resolve()
    place = Path(inputs["output_dir"]).resolve() if inputs.get("output_dir") else original
    # A copy that is there already was made by an earlier run, and this one goes on in it.
    source = place if (place / SIDECAR_PATH).exists() else original
    named = Path(inputs["workflow_dir"]).resolve() if inputs.get("workflow_dir") else None
    workflow = find_workflow(original, named)
    root = _common([place.parent, original.parent, named, workflow.root, workflow.project_root, *_homes(workflow)])
    files: dict[str, Mapping[str, Any]] = {}
    for path in (SIDECAR_PATH, *MANDATORY, *WHERE_THEY_EXIST):
        _keep(files, _join(_relative(place, root), path), source / path, source, whole=path in WHOLE)
    for file in _workflow_files(workflow):
        _keep(files, _relative(file, root), file, None)
    if workflow.config_file is not None:
        files[_relative(workflow.config_file, root)] = {"text": _configuration(workflow)}
    if workflow.project_root is not None and (workflow.project_root / ".git").exists():
        files[_join(_relative(workflow.project_root, root), ".git")] = {"folder": True}
    return Surroundings(
        root=str(root),
        project=_relative(place, root),
        workflow=_relative(named, root) if named is not None else "",
        files=files,
        copy_of=_relative(original, root) if original != place else "",
    )


def _homes(workflow: Workflow) -> list[Path]:
    return [file.parent for file in (*_workflow_files(workflow), workflow.config_file) if file is not None]


def _workflow_files(workflow: Workflow) -> list[Path]:
    """The workflow's own files that the step reads: the persona, and the next step."""
    found = []
    if workflow.agents_folder is not None and workflow.holds(workflow.agents_folder / PERSONA_FILE):
        found.append(workflow.agents_folder / PERSONA_FILE)
    following = next_step(workflow)
    if following.path is not None:
        found.append(Path(following.path))
    return found


def _configuration(workflow: Workflow) -> str:
    config, root = workflow.config_file, workflow.root
    if config is None or root is None:
        return ""
    folders = {"agents_folder": workflow.agents_folder, "steps_folder": workflow.steps_folder}
    paths = {"workflow_root": os.path.relpath(root, config.parent)}
    paths |= {name: os.path.relpath(folder, root) for name, folder in folders.items() if folder is not None}
    steps = {str(NEXT_STEP_NUMBER): {"file": workflow.next_step_file}}
    return yaml.safe_dump({"paths": paths, "steps": steps}, allow_unicode=True)


def _keep(
    files: dict[str, Mapping[str, Any]], name: str, path: Path, within: Path | None, *, whole: bool = False
) -> None:
    """Keep one file as far as it is read; what is missing or cannot be opened is left out."""
    try:
        if within is not None and not path.resolve().is_relative_to(within.resolve()):
            files[name] = {"link": True}
            return
        if path.is_dir():
            files[name] = {"folder": True}
            return
        size = path.stat().st_size
        with path.open("rb") as stream:
            content = stream.read() if whole else stream.read(READ_LIMIT)
    except (OSError, RuntimeError, ValueError):
        return
    kept: dict[str, Any] = {"size": size} if size > len(content) else {}
    try:
        files[name] = {"text": content.decode("utf-8"), **kept}
    except UnicodeDecodeError:
        files[name] = {"base64": base64.b64encode(content).decode("ascii"), **kept}


def _put(path: Path, kept: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if kept.get("folder"):
        path.mkdir(exist_ok=True)
    elif kept.get("link"):
        path.symlink_to(Path(os.devnull))
    else:
        path.write_bytes(kept["text"].encode("utf-8") if "text" in kept else base64.b64decode(kept["base64"]))
        if "size" in kept:
            os.truncate(path, kept["size"])


def _common(folders: Iterable[Path | None]) -> Path:
    return Path(os.path.commonpath([str(folder) for folder in folders if folder is not None]))


def _relative(path: Path, root: Path) -> str:
    return os.path.relpath(path, root)


def _join(*parts: str) -> str:
    return os.path.normpath(os.path.join(*parts))  # noqa: PTH118  (text, not places on this disk)
