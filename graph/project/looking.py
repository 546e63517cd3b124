"""Looking where a path of the project leads, so that what was seen can be written down and seen again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Literal

Seen = Literal["there", "missing", "outside"]
"""Where a path leads: to something in the project, to nothing, or out of the project."""

Look = Callable[[Path, str], Seen]
"""Follows a path from the project folder."""


def on_disk(project: Path, path: str) -> Seen:
    """What the disk says now."""
    try:
        root, target = project.resolve(), (project / path).resolve()
        if not target.is_relative_to(root):
            return "outside"
        return "there" if target.exists() else "missing"
    except (OSError, RuntimeError, ValueError):  # a name that no file can have, or links in a circle
        return "missing"


_LOOKING: ContextVar[Look] = ContextVar("looking", default=on_disk)


def follow(project: Path, path: str) -> Seen:
    """Where a path leads for the run that asks."""
    return _LOOKING.get()(project, path)


@contextmanager
def looking(look: Look) -> Iterator[None]:
    """Let a run look through something else than the disk; other runs of the process are not concerned."""
    token = _LOOKING.set(look)
    try:
        yield
    finally:
        _LOOKING.reset(token)
