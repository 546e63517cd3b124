"""`worker`: serve the turns of runs in PostgreSQL, together with any number of other workers."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .ages import days_of
from .errors import BadInputError
from .options import Database, Knowledge, Model

if TYPE_CHECKING:
    from ..hosting.host import ServedModel

EXTRA = "A worker needs the `scale` extra, which is not installed."


def worker(
    database: Database = None,
    knowledge: Knowledge = None,
    model: Model = None,
    concurrency: Annotated[
        int, typer.Option("--concurrency", min=1, max=256, metavar="N", help="Turns under way at once.")
    ] = 4,
    keep_turns: Annotated[
        str,
        typer.Option("--keep-turns", metavar="AGE", help="How long finished turns stay in the queue's tables."),
    ] = "7d",
) -> None:
    """Serve runs until stopped: take replies from the queue in PostgreSQL and carry out their turns.

    Start as many as you like, on any machine that sees the database and the project folders. A turn that a worker
    leaves behind when it is stopped or killed is taken over by another one.
    """
    asyncio.run(serve(database, knowledge, model, concurrency, timedelta(days=days_of(keep_turns))))


async def serve(
    database: str | None, knowledge: str | None, model: str | None, concurrency: int, kept: timedelta
) -> None:
    """Open the knowledge base and serve until a signal says to stop.

    Raises:
        BadInputError: The database is not PostgreSQL, or the extra is missing.
        ModelChoiceError: The model cannot be used.
    """
    from ..runs.location import is_postgres

    if database is None or not is_postgres(database):
        raise BadInputError(
            "Workers share their runs through PostgreSQL.", "Give its address with --database postgresql://…"
        )
    try:
        from ..scale.worker import work
    except ModuleNotFoundError as missing:
        raise BadInputError(EXTRA, "Install it with: pip install 'fine-tuning-specialist[scale]'.") from missing
    from ..knowledge.client import open_knowledge
    from ..texts import text
    from .knowledge_choice import knowledge_server
    from .signals import pausing_signals

    served = await served_model(model)
    with pausing_signals() as pause:
        try:
            async with open_knowledge(knowledge_server(knowledge, Path.cwd(), None)) as opened:
                opened.start()
                typer.echo(text("terminal", "worker_serves", count=concurrency))
                await work(database, opened, model=served, concurrency=concurrency, kept=kept)
        except asyncio.CancelledError:
            if not pause.requested:
                raise
            typer.echo(text("terminal", "worker_stopped"))


async def served_model(option: str | None) -> "ServedModel | None":
    """The chosen model once it has answered a first, tiny call; None in guided mode.

    Raises:
        ModelChoiceError: It cannot be used.
    """
    from ..facilitation.model.choice import check_model, choose_model, open_model
    from ..hosting.host import ServedModel

    choice = choose_model(option)
    if choice is None:
        return None
    model = open_model(choice)
    await check_model(model, choice)
    return ServedModel(model, choice.spec)
