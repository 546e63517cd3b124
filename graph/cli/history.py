"""`history`: what was asked, answered, queried and decided in a run."""

import asyncio
import json
from typing import Any

import typer

from .options import AsJson, Database, Run
from .stored import open_stored


def history(
    run: Run,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Show a run turn by turn: question, answer, queries and decisions; and its checkpoints as a tree.

    With --json the questions stand in full, and every checkpoint with its id and its parent's.
    """
    told = asyncio.run(tell(run, database))
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    from ..replay.showing import history_lines
    from .cleaning import clean

    for line in history_lines(told):
        typer.echo(clean(line))


async def tell(name: str, database: str | None) -> dict[str, Any]:
    """The history of a run as plain data.

    Raises:
        UnknownRunError: No run has that name.
        IncompatibleRunError: It was started by another, incompatible version of the graph.
    """
    from ..replay.history import history as history_of
    from ..runs.records import check_version
    from .step import compile_step

    async with open_stored(database) as store:
        record = check_version(await store.runs.named(name))
        return await history_of(record, compile_step(saver=store.saver))
