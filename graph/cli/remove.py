"""`runs remove` and `runs prune`: runs that are no longer needed; the files in the projects stay."""

import asyncio
import json
from typing import Annotated

import typer

from .ages import days_of
from .options import AsJson, Database
from .queued_turns import turns_in
from .stored import open_stored


def remove(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Names of runs.", show_default=False)],
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Remove runs with everything that is kept of them; files that they wrote stay."""
    asyncio.run(remove_runs(names, database))
    report(names, [], as_json=as_json)


def prune(
    older_than: Annotated[
        str, typer.Option("--older-than", metavar="AGE", help="For example 90d or 12w.", show_default=False)
    ],
    finished: Annotated[bool, typer.Option("--finished", help="Only runs that came to an end.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say which.")] = False,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Remove the runs that nobody has touched for so long; files that they wrote stay."""
    removed, in_use = asyncio.run(prune_runs(days_of(older_than), database, finished=finished, dry_run=dry_run))
    report(removed, in_use, as_json=as_json, dry_run=dry_run)


def report(names: list[str], in_use: list[str], *, as_json: bool, dry_run: bool = False) -> None:
    """Say what was removed, and what was not because it is open."""
    if as_json:
        typer.echo(json.dumps({"removed": [] if dry_run else names, "would_remove": names, "in_use": in_use}, indent=2))
        return
    from ..texts import text
    from .cleaning import clean

    for name in in_use:
        typer.echo(clean(text("replay", "skipped_in_use", name=name)))
    typer.echo(
        clean(text("replay", "would_remove" if dry_run else "removed", count=len(names), names=", ".join(names)))
    )


async def remove_runs(names: list[str], database: str | None) -> None:
    """Remove the named runs, or none of them.

    Raises:
        UnknownRunError: No run has one of the names.
        RunInUseError: One is open in another process.
    """
    from ..replay.forgetting import forget

    async with open_stored(database) as store, turns_in(database) as remove_turns:
        records = [await store.runs.named(name) for name in dict.fromkeys(names)]
        for record in records:
            async with store.lease(record.name):
                await remove_turns(record.name)
                await forget(store, record.name)


async def prune_runs(
    days: float, database: str | None, *, finished: bool, dry_run: bool
) -> tuple[list[str], list[str]]:
    """Remove old runs; returns the names of those that were removed, and of those that are open elsewhere."""
    from ..replay.forgetting import forget, older_than
    from ..runs.errors import RunInUseError

    removed, in_use = [], []
    async with open_stored(database) as store, turns_in(database) as remove_turns:
        for record in older_than(await store.runs.all(), days, finished=finished):
            try:
                async with store.lease(record.name):
                    if not dry_run:
                        await remove_turns(record.name)
                        await forget(store, record.name)
                    removed.append(record.name)
            except RunInUseError:
                in_use.append(record.name)
    return removed, in_use
