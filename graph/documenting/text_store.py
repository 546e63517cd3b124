"""Files as texts: for a parent that wants nothing written, or wants to keep the files itself."""

from collections.abc import Callable, Mapping
from pathlib import Path

from typing_extensions import override

from ..project.facts import ProjectContext
from ..project.writing.artifacts import update_documents, verify_documents
from ..project.writing.design import TrainingDesign
from ..project.writing.files import read_text
from ..project.writing.places import LOG_PATH, SIDECAR_PATH
from ..project.writing.sidecar_update import Stage
from .store import Clock, DiskStore

Keep = Callable[[str, Mapping[str, str]], None]
"""Takes the project (its folder, or its name where only documents were given) and the texts by path."""


class TextStore(DiskStore):
    """Writes nothing to disk: the texts are the run's artifacts, and go to whoever is given as `keep`.

    A project folder is still read: sidecar and decision log are continued from there.
    """

    def __init__(self, clock: Clock | None = None, keep: Keep | None = None) -> None:
        """Choose where the texts go.

        Args:
            clock: Tells the day that goes into the texts; the machine's by default.
            keep: Is handed every text whenever it is made or changed, in the order of writing; the sidecar, which
                says that the others are there, comes last. It may be handed the same text again after a crash, and
                an exception of it stops the run, which can be continued.
        """
        super().__init__(clock)
        self._keep = keep

    @override
    def write(
        self, context: ProjectContext, design: TrainingDesign, documents: Mapping[str, str], stage: Stage
    ) -> dict[str, str]:
        """Make the texts, and hand on what is new or has changed; returns the same."""
        texts = update_documents(_known(context, documents), design, stage)
        if self._keep is not None and texts:
            self._keep(context.project_dir or context.project_name, texts)
        return texts

    @override
    def problems(
        self, context: ProjectContext, design: TrainingDesign, documents: Mapping[str, str], stage: Stage
    ) -> list[str]:
        """Compare the texts of the run with the design."""
        return verify_documents(_known(context, documents), design, stage)


def _known(context: ProjectContext, documents: Mapping[str, str]) -> dict[str, str]:
    """What the run holds, over what lies in the project folder."""
    found: dict[str, str] = {}
    if context.project_dir:
        texts = {path: read_text(Path(context.project_dir), path) for path in (SIDECAR_PATH, LOG_PATH)}
        found = {path: text for path, text in texts.items() if text is not None}
    return {**found, **documents}
