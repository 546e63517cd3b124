"""What two executions of a run have in common, and where they differ, in a form that people can read."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..project.errors import ProjectError
from ..project.writing.files import ProjectFileError, read_text

Subject = Literal["file", "question", "query", "course", "outcome"]

CONTEXT_LINES = 2


@dataclass(frozen=True)
class Difference:
    """One place where the executions differ."""

    subject: Subject
    name: str
    text: str
    """A unified diff, or a sentence."""


def compare_files(recorded: Mapping[str, str], replayed: Mapping[str, str]) -> list[Difference]:
    """File by file, byte for byte."""
    found = []
    for path in sorted({*recorded, *replayed}):
        before, after = recorded.get(path), replayed.get(path)
        if before is None:
            found.append(Difference("file", path, "It is written now, and was not then."))
        elif after is None:
            found.append(Difference("file", path, "It was written then, and is not now."))
        elif before != after:
            found.append(Difference("file", path, unified(before, after, path)))
    return found


def compare_texts(subject: Subject, name: str, recorded: str, replayed: str) -> list[Difference]:
    """One text, then and now."""
    return [] if recorded == replayed else [Difference(subject, name, unified(recorded, replayed, name))]


def unified(recorded: str, replayed: str, name: str) -> str:
    """A unified diff; line ends and a missing last one are shown, because they are differences as well."""
    lines = difflib.unified_diff(
        _lines(recorded), _lines(replayed), f"{name} (recorded)", f"{name} (replayed)", lineterm="", n=CONTEXT_LINES
    )
    return "\n".join(lines)


def changed_since(project: Path, recorded: Mapping[str, str]) -> list[str]:
    """The run's files that are no longer on disk as it wrote them: someone has edited, moved or removed them."""
    changed = []
    for path, text in sorted(recorded.items()):
        try:
            now = read_text(project, path)
        except (ProjectFileError, ProjectError):
            now = None
        if now != text:
            changed.append(path)
    return changed


def _lines(text: str) -> list[str]:
    lines = text.split("\n")
    shown = [line.replace("\r", "␍") for line in lines[:-1]]
    return [*shown, f"{lines[-1]} (no line end)"] if lines[-1] else shown
