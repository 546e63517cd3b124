"""All files of one outcome: made from recorded state, written under a lock, and checked."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from .decision_log import append_decisions, latest_entries, log_entry
from .design import TrainingDesign
from .files import ProjectFileError, project_lock, read_text, sweep, write_text
from .places import CONFIG_FOLDER, LOG_PATH, PHASE_FOLDER, SIDECAR_PATH, SPEC_PATH
from .sidecar_update import Stage, update_sidecar
from .training_spec import training_spec
from .yaml_tree import SidecarError


def render_artifacts(design: TrainingDesign) -> dict[str, str]:
    """Everything below `phase-2-training/`, by path relative to the project folder.

    Raises:
        IncompleteDesignError: the outcome needs parts that the design doesn't have.
        ValueError: a configuration file's name is more than a name.
    """
    spec = training_spec(design)
    artifacts = {} if spec is None else {SPEC_PATH: spec}
    for path, text in _configuration(design).items():
        artifacts[path] = text.encode("utf-8", "replace").decode("utf-8")
    return artifacts


def artifact_paths(design: TrainingDesign) -> list[str]:
    """The paths of the artifacts, without making their texts.

    Raises:
        ValueError: a configuration file's name is more than a name.
    """
    return [*([] if design.outcome == "deferred_no" else [SPEC_PATH]), *_configuration(design)]


def update_documents(
    documents: Mapping[str, str], design: TrainingDesign, stage: Stage = "documented"
) -> dict[str, str]:
    """What an outcome leaves, without a disk: new and changed documents by path, in the order of writing.

    The sidecar comes last: it is what says that the rest is there, so a run that stops in between is
    repaired by running it again.

    Args:
        documents: the project's documents as texts; those that are written: `sidecar.yaml`, `decision-log.md` and
            what stands below `phase-2-training/`.
        design: what was decided.
        stage: how far the step is.

    Raises:
        SidecarError: there is no sidecar, or one that can't be updated.
        IncompleteDesignError: the outcome needs parts that the design doesn't have.
    """
    wanted = render_artifacts(design)
    if design.outcome in ("completed", "deferred_rag_first"):
        wanted[LOG_PATH] = append_decisions(documents.get(LOG_PATH, ""), design.decisions, design.date)
    if SIDECAR_PATH not in documents:
        raise SidecarError(f"{SIDECAR_PATH} is missing; `fine-tuning-specialist init` starts one")
    wanted[SIDECAR_PATH] = update_sidecar(documents[SIDECAR_PATH], design, stage).text
    return {path: text for path, text in wanted.items() if documents.get(path) != text}


def write_project(
    project_dir: Path, design: TrainingDesign, stage: Stage = "documented", *, lock_timeout: float = 5.0
) -> list[str]:
    """Write what the outcome leaves; returns the paths that changed, none when everything already was as wanted.

    Every text is made before the first is written, so that bad input leaves the project untouched.

    Args:
        project_dir: the project folder.
        design: what was decided and confirmed.
        stage: how far the step is.
        lock_timeout: seconds to wait for another writer.

    Raises:
        ProjectLockedError: another process is writing the project.
        ProjectFileError: a file can't be read or written; it is named.
        SidecarError: there is no sidecar, or one that can't be updated.
        IncompleteDesignError: the outcome needs parts that the design doesn't have.
    """
    with project_lock(project_dir, lock_timeout):
        for folder in (".", PHASE_FOLDER, CONFIG_FOLDER):
            sweep(project_dir, folder)
        changes = update_documents(_documents(project_dir, design), design, stage)
        return [path for path, text in changes.items() if write_text(project_dir, path, text)]


def verify_written(project_dir: Path, design: TrainingDesign, stage: Stage = "documented") -> list[str]:
    """What is missing or differs on disk from what the outcome leaves, in words; empty when all is there."""
    try:
        documents = _documents(project_dir, design)
    except ProjectFileError as error:
        return [str(error)]
    return verify_documents(documents, design, stage)


def verify_documents(documents: Mapping[str, str], design: TrainingDesign, stage: Stage = "documented") -> list[str]:
    """The same check on documents as texts."""
    problems = [
        f"{path} is missing" if path not in documents else f"{path} is not what the design says"
        for path, text in render_artifacts(design).items()
        if documents.get(path) != text
    ]
    if design.outcome in ("completed", "deferred_rag_first"):
        problems += _log_problems(documents.get(LOG_PATH, ""), design)
    if SIDECAR_PATH not in documents:
        return [*problems, f"{SIDECAR_PATH} is missing"]
    try:
        changed = update_sidecar(documents[SIDECAR_PATH], design, stage).changed
    except SidecarError as error:
        return [*problems, str(error)]
    return problems + [f"{SIDECAR_PATH}: `{key}` is not what the design says" for key in changed]


def _configuration(design: TrainingDesign) -> dict[str, str]:
    if design.outcome != "completed":
        return {}
    for name in design.config_files:
        if not name or PurePosixPath(name).name != name or name.startswith(".") or "\\" in name:
            raise ValueError(f"{name!r} is not a plain file name")
    return {f"{CONFIG_FOLDER}/{name}": text for name, text in design.config_files.items()}


def _log_problems(text: str, design: TrainingDesign) -> list[str]:
    entries = latest_entries(text)
    problems: list[str] = []
    for decision in design.decisions:
        entry, found = log_entry(decision, design.date), entries.get(decision.id)
        if found is None:
            problems.append(f"{LOG_PATH}: {decision.id} is missing")
        elif append_decisions(text, [decision], design.date) != text:
            problems.append(f"{LOG_PATH}: {decision.id} says {found.decision!r} and not {entry.decision!r}")
    return problems


def _documents(project_dir: Path, design: TrainingDesign) -> dict[str, str]:
    paths = (SIDECAR_PATH, LOG_PATH, *artifact_paths(design))
    texts = {path: read_text(project_dir, path) for path in paths}
    return {path: text for path, text in texts.items() if text is not None}
