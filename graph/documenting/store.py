"""Where the files of a run go: the project folder, or wherever a parent wants them."""

import os
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Protocol

from ..project.facts import ProjectContext
from ..project.writing.artifacts import (
    render_artifacts,
    update_documents,
    verify_documents,
    verify_written,
    write_project,
)
from ..project.writing.design import TrainingDesign
from ..project.writing.files import read_text
from ..project.writing.places import LOG_PATH, SIDECAR_PATH
from ..project.writing.sidecar_update import Stage


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

    def __init__(self, clock: Callable[[], date] | None = None) -> None:
        self._clock = clock or source_date

    def today(self) -> date:
        """The day that goes into the files."""
        return self._clock()

    def write(
        self, context: ProjectContext, design: TrainingDesign, documents: Mapping[str, str], stage: Stage
    ) -> dict[str, str]:
        """Write under the project's lock, atomically, file by file."""
        if not context.project_dir:
            return update_documents(documents, design, stage)
        folder = Path(context.project_dir)
        write_project(folder, design, stage)
        paths = [*render_artifacts(design), LOG_PATH, SIDECAR_PATH]
        texts = {path: read_text(folder, path) for path in paths}
        return {path: text for path, text in texts.items() if text is not None}

    def problems(
        self, context: ProjectContext, design: TrainingDesign, documents: Mapping[str, str], stage: Stage
    ) -> list[str]:
        """Read the files again and compare."""
        if not context.project_dir:
            return verify_documents(documents, design, stage)
        return verify_written(Path(context.project_dir), design, stage)


def source_date() -> date:
    """Today, or the day of `SOURCE_DATE_EPOCH` where it is set, so that builds can be reproduced."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    moment = datetime.fromtimestamp(int(epoch), UTC) if epoch and epoch.isdigit() else datetime.now(UTC)
    return moment.date()
