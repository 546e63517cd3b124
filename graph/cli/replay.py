"""`replay`: a run executed again from its journal, and held against what it left."""

import asyncio
import json
from contextlib import AsyncExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .errors import BadInputError, ExitCode
from .options import AsJson, Database, Knowledge, Run
from .stored import open_stored

if TYPE_CHECKING:
    from ..replay.replaying import ReplayReport


def replay(
    run: Run,
    live: Annotated[
        bool, typer.Option("--live", help="Ask knowledge base and model again, and show what they say otherwise.")
    ] = False,
    knowledge: Knowledge = None,
    keep: Annotated[
        Path | None,
        typer.Option("--keep", metavar="DIR", help="Write into this new folder, and leave it.", show_default=False),
    ] = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Execute a finished or paused run again from its journal, and compare what it writes, byte for byte.

    Nothing outside is asked, and the project stays untouched. Exits with 0 when both agree and with 1 when they differ.
    Files that someone has edited since the run are named, and are no failure.
    """
    if knowledge is not None and not live:
        raise BadInputError("--knowledge is for --live only.", "Without it, the journal answers.")
    report = asyncio.run(execute(run, database, live=live, knowledge=knowledge, keep=keep))
    if as_json:
        typer.echo(json.dumps({**asdict(report), "agrees": report.agrees}, ensure_ascii=False, indent=2))
    else:
        from ..replay.showing import replay_lines
        from ..texts import text
        from .cleaning import clean

        for line in replay_lines(report):
            typer.echo(clean(line))
        if keep is not None:
            typer.echo(text("replay", "kept_in", folder=keep))
    raise typer.Exit(int(ExitCode.DONE if report.agrees else ExitCode.FAULT))


async def execute(
    name: str, database: str | None, *, live: bool = False, knowledge: str | None = None, keep: Path | None = None
) -> "ReplayReport":
    """Replay the run of that name.

    Raises:
        UnknownRunError: No run has that name.
        JournalError: Its journal was changed; the entry is named.
        NoJournalError: It has none.
        BadInputError: The folder to write into is in use.
    """
    from ..replay.replaying import replay_run

    folder = new_folder(keep) if keep is not None else None
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_stored(database))
        record = await store.runs.named(name)
        if not live:
            return await replay_run(store, record, folder)
        from ..facilitation.model.choice import choose_model, open_model
        from ..knowledge.client import open_knowledge
        from .knowledge_choice import knowledge_server

        server = knowledge_server(knowledge, Path(record.project), None)
        asked = await stack.enter_async_context(open_knowledge(server))
        choice = choose_model(record.model) if record.model else None
        return await replay_run(store, record, folder, asked, open_model(choice) if choice else None)


def new_folder(folder: Path) -> Path:
    """The folder, created.

    Raises:
        BadInputError: There is something in it, or it cannot be created.
    """
    place = folder.expanduser().resolve()
    try:
        place.mkdir(parents=True, exist_ok=True)
        in_use = any(place.iterdir())
    except OSError as error:
        raise BadInputError(f"{folder} cannot be used ({error.strerror or error}).", "Name a new folder.") from error
    if in_use:
        raise BadInputError(f"{folder} is not empty.", "Name a new folder.")
    return place
