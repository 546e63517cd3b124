"""`doctor`: whether everything that a conversation needs is in place."""

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer

from .errors import ExitCode
from .options import AsJson, Database, Knowledge, Model, Workflow


def doctor(
    project: Annotated[
        Path | None, typer.Argument(help="A project folder to look at as well.", show_default=False)
    ] = None,
    model: Model = None,
    knowledge: Knowledge = None,
    workflow: Workflow = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Check Python, packages, data folder, database, knowledge, model and project; say what to do about a failure."""
    from .checks import run_checks

    checks = asyncio.run(run_checks(project, knowledge, workflow, database, model))
    if as_json:
        typer.echo(json.dumps([check.as_dict() for check in checks], ensure_ascii=False, indent=2))
    else:
        from .cleaning import clean

        for check in checks:
            typer.echo(clean(f"{'ok  ' if check.ok else 'FAIL'}  {check.name}: {check.detail}"))
    broken = {check.code for check in checks if not check.ok}
    raise typer.Exit(int(min(broken, default=ExitCode.DONE)))
