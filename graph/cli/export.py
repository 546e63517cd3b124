"""`export`: the confirmed design of a run as the files of any of the trainers."""

import json
from pathlib import Path
from typing import Annotated

import typer

from .options import AsJson, Database


def export(
    project: Annotated[Path, typer.Argument(help="The project folder.", show_default=False)],
    trainer: Annotated[
        str,
        typer.Option("--format", metavar="trl|axolotl|llama-factory|unsloth", help="The trainer.", show_default=False),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", metavar="DIR", help="Write here. [default: the project's phase-2-training/training-config]"
        ),
    ] = None,
    run: Annotated[
        str | None, typer.Option("--run", metavar="NAME", help="This run's design. [default: the latest confirmed one]")
    ] = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Write the configuration of a confirmed design for a trainer, and say what that trainer cannot express."""
    from .exporting import export_design

    done = export_design(project, trainer, output=output, run=run, database=database)
    if as_json:
        typer.echo(json.dumps(done.as_json(), ensure_ascii=False, indent=2))
        return
    from .cleaning import clean

    typer.echo(clean(done.as_text()))
