"""`init`: a project folder for someone who has no workflow around it."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

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
    from .scaffold import check_name, check_target, create_project

    folder = project.expanduser().absolute()
    check_target(folder)
    asks = sys.stdin.isatty() and sys.stdout.isatty()
    if name is None and asks:
        name = input(text("terminal", "init_name", default=folder.name) + " ").strip()
    if architecture is None and asks:
        architecture = input(text("terminal", "init_architecture") + " ").strip()
    files = create_project(folder, check_name(name or folder.name), architecture or DEFAULT_ARCHITECTURE)
    command = shlex.join([program(), "chat", str(project)])
    typer.echo(text("terminal", "init_done", folder=folder, count=len(files), command=command))
