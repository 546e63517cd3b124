"""The documents that the earlier steps wrote: which are read, how each reading went, and what they hold."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from .errors import ProjectError
from .facts import DocumentStatus
from .text_files import TextFile, read_text_file, shorten

DECISION_LOG = "decision-log.md"
MANDATORY = (
    "phase-1-feature/embeddings-spec.md",
    "phase-0-scoping/architecture-decision.md",
    "phase-0-scoping/business-requirements.md",
    DECISION_LOG,
    "phase-0-scoping/tech-stack-decision.md",
)
"""The documents that the specification names, in its order."""
WHERE_THEY_EXIST = ("phase-1-feature/data-pipeline-spec.md", "phase-1-feature/data-requirements.md")

_EMBEDDINGS, _ARCHITECTURE, _REQUIREMENTS, _, _TECH_STACK = MANDATORY
_OF_REQUIREMENTS = ("task_type", "use_case", "domain", "license", "privacy", "latency", "languages")
_OF_THE_STACK = ("gpu_type", "gpu_count", "vram_gb", "budget", "tracking", "platform", "mlops")
_OF_THE_DATA = ("data_volume", "preference_pairs", "data_source")
HOMES: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(_OF_REQUIREMENTS, (_REQUIREMENTS, _ARCHITECTURE)),
    **dict.fromkeys(_OF_THE_STACK, (_TECH_STACK,)),
    **dict.fromkeys(_OF_THE_DATA, WHERE_THEY_EXIST),
}
"""The documents that the specification takes a fact from, the first one first; others follow as they are read."""

_LOG_REMEDY = "Repair the file or move it away; it was left as it is."
_OUR_ENTRY = re.compile(r"^## +TRAIN-\d.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL | re.IGNORECASE)


@dataclass
class Documents:
    """What was read: the texts by path, and how reading each document went."""

    texts: dict[str, str] = field(default_factory=dict)
    statuses: list[DocumentStatus] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def add(self, path: str, read: TextFile) -> None:
        """Take in one document, and a warning where it could not be read whole."""
        self.statuses.append(DocumentStatus(path=path, status=read.status, detail=read.detail))
        if read.status == "unreadable":
            self.warnings.append(f"{path} counts as missing: {read.detail}.")
        elif read.status == "truncated":
            self.warnings.append(f"{path}: {read.detail}.")
        if read.status in {"read", "truncated"}:
            self.texts[path] = read.text


def read_documents(project_dir: Path | None, supplied: Mapping[str, str] | None = None) -> Documents:
    """Read every document that the step uses; a bad one counts as missing.

    Args:
        project_dir: The project folder, if there is one.
        supplied: Texts by path, which take precedence over files.

    Raises:
        ProjectError: The decision log exists and cannot be read: it is appended to later, so it has to be whole.
    """
    documents = Documents()
    for path in (*MANDATORY, *WHERE_THEY_EXIST):
        read = supplied_text(supplied, path)
        if read.status == "missing" and project_dir is not None:
            read = read_text_file(project_dir / path, project_dir)
        if path == DECISION_LOG and read.status == "unreadable":
            raise ProjectError(path, None, f"The decision log cannot be read: {read.detail}.", _LOG_REMEDY)
        if read.status != "missing" or path in MANDATORY:
            documents.add(path, read)
    return documents


def supplied_text(supplied: Mapping[str, str] | None, path: str) -> TextFile:
    """A text that a caller supplied under this path, or under a longer one that ends with it."""
    wanted = PurePosixPath(path).parts
    for name, text in (supplied or {}).items():
        if PurePosixPath(str(name).replace("\\", "/")).parts[-len(wanted) :] == wanted:
            return shorten(text) if isinstance(text, str) else TextFile("unreadable", detail="it is not text")
    return TextFile("missing")


def without_our_entries(log: str) -> str:
    """The decision log with this step's entries blanked, line by line, so that a run never reads its own words."""
    return _OUR_ENTRY.sub(lambda entry: "\n" * entry.group().count("\n"), log)
