"""`init`: a project folder for someone who has no workflow around it."""

import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from .errors import BadInputError

ARCHITECTURES = ("fine-tuning", "hybrid", "rag-only")
DEFAULT_ARCHITECTURE = "hybrid"


def init(
    project: Annotated[Path, typer.Argument(help="The folder to create; it may exist when it is empty.")],
    architecture: Annotated[
        str | None, typer.Option("--architecture", metavar="NAME", help="fine-tuning, hybrid or rag-only.")
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help="The project's name; else that of the folder.")] = None,
) -> None:
    """Create a minimal project: a sidecar, a decision log, and documents with headings and hints to fill in."""
    from ..texts import text
    from .program import program
    from .scaffold import check_architecture, check_name, check_target, create_project

    folder = project.expanduser().absolute()
    check_target(folder)
    if name is not None:
        check_name(name)
    if architecture is not None:
        check_architecture(architecture)
    asks = sys.stdin.isatty() and sys.stdout.isatty()
    if name is None:
        name = ask(text("terminal", "init_name", default=folder.name), folder.name, check_name) if asks else folder.name
    if architecture is None:
        question = text("terminal", "init_architecture", default=DEFAULT_ARCHITECTURE)
        architecture = ask(question, DEFAULT_ARCHITECTURE, check_architecture) if asks else DEFAULT_ARCHITECTURE
    files = create_project(folder, check_name(name), architecture)
    command = shlex.join([program(), "chat", str(project)])
    typer.echo(text("terminal", "init_done", folder=folder, count=len(files), command=command))


def ask(question: str, default: str, check: Callable[[str], str]) -> str:
    """What is typed at the terminal, asked for until it can be used; nothing typed is the default.

    Raises:
        EOFError, KeyboardInterrupt: Whoever types has left.
    """
    while True:
        try:
            return check(input(f"{question} ").strip() or default)
        except BadInputError as error:
            typer.echo(str(error))
