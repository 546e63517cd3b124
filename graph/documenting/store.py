"""Where the files of a run go: the project folder, or wherever a parent wants them."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Protocol

from ..project.errors import ProjectError
from ..project.facts import ProjectContext
from ..project.writing.artifacts import (
    artifact_paths,
    update_documents,
    verify_documents,
    verify_written,
    write_project,
)
from ..project.writing.design import TrainingDesign
from ..project.writing.files import inside, read_text, writing_date
from ..project.writing.places import CONFIG_FOLDER, LOG_PATH, SIDECAR_PATH
from ..project.writing.sidecar_update import Stage

Clock = Callable[[], date]
"""Tells the day; a run that is replayed brings its own."""


class ProjectStore(Protocol):
    """Takes the files of a run; every method may be called again with the same design and changes nothing then."""

    def today(self) -> date:
        """The day that goes into the files."""
        ...

    def write(
        self, context: ProjectContext, design: TrainingDesign, documents: Mapping[str, str], stage: Stage
    ) -> dict[str, str]:
        """Write everything that the outcome leaves behind at this stage; returns our texts by path."""
        ...

    def problems(
        self, context: ProjectContext, design: TrainingDesign, documents: Mapping[str, str], stage: Stage
    ) -> list[str]:
        """What is missing of what was written; empty when all of it is there and whole."""
        ...


class DiskStore:
    """Writes into the project folder; documents that a parent supplied are only returned as texts."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or _today

    def today(self) -> date:
        """The clock's day, or that of `SOURCE_DATE_EPOCH` where it is set."""
        try:
            return date.fromisoformat(writing_date(lambda: datetime.combine(self._clock(), time())))
        except ValueError as error:
            raise ProjectError("SOURCE_DATE_EPOCH", None, f"{error}.", "Correct or unset the variable.") from error

    def write(
        self, context: ProjectContext, design: TrainingDesign, documents: Mapping[str, str], stage: Stage
    ) -> dict[str, str]:
        """Write under the project's lock, atomically, file by file."""
        if not context.project_dir:
            return update_documents(documents, design, stage)
        folder = Path(context.project_dir)
        write_project(folder, design, stage)
        remove_stale(folder, design, documents)
        paths = [*artifact_paths(design), LOG_PATH, SIDECAR_PATH]
        texts = {path: read_text(folder, path) for path in paths}
        return {path: text for path, text in texts.items() if text is not None}

    def problems(
        self, context: ProjectContext, design: TrainingDesign, documents: Mapping[str, str], stage: Stage
    ) -> list[str]:
        """Read the files again and compare."""
        if not context.project_dir:
            return verify_documents(documents, design, stage)
        return verify_written(Path(context.project_dir), design, stage)


def remove_stale(folder: Path, design: TrainingDesign, written: Mapping[str, str]) -> None:
    """Remove the configuration files of an earlier design of this run, unless someone has edited them since."""
    wanted = artifact_paths(design)
    for path, text in written.items():
        if path.startswith(f"{CONFIG_FOLDER}/") and path not in wanted and read_text(folder, path) == text:
            inside(folder, path).unlink()


def _today() -> date:
    return datetime.now().astimezone().date()
