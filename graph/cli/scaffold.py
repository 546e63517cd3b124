"""Writes the files of a new project from the templates of `templates/init/`."""

import json
import re
from collections.abc import Iterator
from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath

import jinja2

from .errors import BadInputError
from .init import ARCHITECTURES

TEMPLATE_ENDING = ".j2"
TEMPLATE_DEPTH = 3


def check_target(folder: Path) -> None:
    """Refuse a folder that holds something.

    Raises:
        BadInputError: It does, or is no folder.
    """
    if folder.is_dir() and any(folder.iterdir()):
        raise BadInputError(f"The folder {folder} is not empty.", "Choose a new folder; nothing was changed.")
    if folder.exists() and not folder.is_dir():
        raise BadInputError(f"{folder} is a file.", "Choose a new folder; nothing was changed.")


def check_name(name: str) -> str:
    """The project's name, when it can be one.

    Raises:
        BadInputError: It is empty, too long, a path, or holds control characters.
    """
    if not name.strip() or len(name) > 100 or not name.isprintable() or re.search(r"[/\\]|^\.+$", name):
        raise BadInputError(f"{name!r} cannot be the name of a project.", "Give up to 100 characters, and no path.")
    return name.strip()


def check_architecture(architecture: str) -> str:
    """The architecture, in the words of the sidecar; a beginning that only one of them has will do.

    Raises:
        BadInputError: There is no such architecture.
    """
    wanted = architecture.strip().lower()
    found = [known for known in ARCHITECTURES if wanted and known.startswith(wanted)]
    if len(found) != 1:
        raise BadInputError(f"{architecture!r} is no architecture.", f"There are: {', '.join(ARCHITECTURES)}.")
    return found[0]


def create_project(folder: Path, name: str, architecture: str) -> list[Path]:
    """Write the project and return its files.

    Args:
        folder: A folder that is missing or empty.
        name: The project's name.
        architecture: One of `ARCHITECTURES`, in any case; its beginning will do.

    Raises:
        BadInputError: The architecture is unknown, or the folder cannot be written.
    """
    chosen = check_architecture(architecture)
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False, keep_trailing_newline=True)  # noqa: S701
    # JSON's double-quoted text is YAML's as well, whatever the name holds.
    environment.filters["yaml_text"] = lambda value: json.dumps(value, ensure_ascii=False)
    today = date.today().isoformat()  # noqa: DTZ011 - the user's own day
    written = []
    try:
        for path, template in templates():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            content = environment.from_string(template).render(name=name, architecture=chosen, created=today)
            target.write_text(content, encoding="utf-8")
            written.append(target)
    except OSError as error:
        raise BadInputError(
            f"The folder {folder} cannot be written ({error.strerror}).", "Choose another place."
        ) from error
    return written


def templates() -> Iterator[tuple[PurePosixPath, str]]:
    """Every template with the path of the file that it becomes."""
    yield from _below(files("fine_tuning_specialist.templates").joinpath("init"), PurePosixPath(), TEMPLATE_DEPTH)


def _below(folder: Traversable, path: PurePosixPath, depth: int) -> Iterator[tuple[PurePosixPath, str]]:
    for item in sorted(folder.iterdir(), key=lambda item: item.name):
        if item.name.endswith(TEMPLATE_ENDING):
            yield path / item.name.removesuffix(TEMPLATE_ENDING), item.read_text(encoding="utf-8")
        elif item.is_dir() and depth > 0:
            yield from _below(item, path / item.name, depth - 1)
