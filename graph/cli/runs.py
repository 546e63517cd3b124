"""`runs`: which runs there are, and how far each has come."""

import asyncio
import json
import time
from typing import Any

import typer

from .options import AsJson, Database
from .remove import prune, remove
from .stored import open_stored

PROJECT, SECTION = 1, 3
"""The columns that give way in a narrow terminal."""

runs = typer.Typer(
    help="List the runs: name, project, status, section, age and model; the one touched last comes first.",
    invoke_without_command=True,
    rich_markup_mode=None,
)
runs.command()(remove)
runs.command()(prune)


@runs.callback()
def list_all(context: typer.Context, database: Database = None, as_json: AsJson = False) -> None:
    """List the runs, unless one of the commands below is given."""
    if context.invoked_subcommand is not None:
        return
    listed = asyncio.run(list_runs(database))
    if as_json:
        typer.echo(json.dumps(listed, ensure_ascii=False, indent=2))
        return
    from ..texts import text
    from .cleaning import clean
    from .columns import aligned

    if not listed:
        typer.echo(text("terminal", "no_runs"))
        return
    now = time.time()
    rows = [("RUN", "PROJECT", "STATUS", "SECTION", "AGE", "MODEL")]
    rows += [
        (
            run["name"],
            run["project"],
            run["status"],
            f"{run['section']} {run['title']}".strip(),
            age(now - run["updated"]),
            run["model"] or "guided",
        )
        for run in listed
    ]
    for line in aligned(rows, shrinking=(PROJECT, SECTION), beginnings=(SECTION,)):
        typer.echo(clean(line))


async def list_runs(database: str | None) -> list[dict[str, Any]]:
    """Every run as plain data."""
    from dataclasses import asdict

    async with open_stored(database) as store:
        return [asdict(run) for run in await store.runs.all()]


def age(seconds: float) -> str:
    """A duration in its largest unit."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return "now"
