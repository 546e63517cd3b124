"""`fork`: a new run from the boundary before a node of another one."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .options import Database, Knowledge, Model

if TYPE_CHECKING:
    from ..runs.records import RunRecord


def fork(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The run's name, as `runs` lists it.", show_default=False)],
    node: Annotated[
        str,
        typer.Option(
            "--from", metavar="NODE", help="The node to ask again, for example configure_peft.", show_default=False
        ),
    ],
    answers: Annotated[
        Path | None, typer.Option("--answers", metavar="FILE", help="YAML: node name → a reply, or a list of replies.")
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", help="The new run's name; RUN-fork by default.", show_default=False)
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            metavar="DIR",
            help="Work on a copy of the project in this folder; by default the fork works on the same project folder"
            " as RUN, and what it writes replaces RUN's files there.",
            show_default=False,
        ),
    ] = None,
    accept_recommended: Annotated[
        bool, typer.Option("--accept-recommended", help="As for `chat`.", show_default=False)
    ] = False,
    model: Model = None,
    knowledge: Knowledge = None,
    database: Database = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON Lines, as `chat` does.")] = False,
) -> None:
    """Start a new run from where another one came to NODE, and go on with it: NODE is asked again.

    RUN stays as it is. Where it came to NODE several times, the last time counts. Later sections keep what was decided
    in them as long as nothing that they depend on has changed.
    """
    from .answers import read_answers
    from .chat_run import ChatOptions, run_chat

    if answers is not None:
        read_answers(answers)  # before anything is made
    copy = output.expanduser().resolve() if output else None
    new = asyncio.run(make(run, node, database, name_of_new=name, output=copy))
    if not as_json:
        from ..texts import text
        from .cleaning import clean

        place = new.output or new.project
        typer.echo(clean(text("replay", "forked", new=new.name, old=run, node=node, place=place)))
    options = ChatOptions(
        run=new.name,
        answers=answers,
        accept_recommended=accept_recommended,
        model=model,
        knowledge=knowledge,
        database=database,
        as_json=as_json,
    )
    raise typer.Exit(int(asyncio.run(run_chat(options))))


async def make(
    name: str, node: str, database: str | None, *, name_of_new: str | None, output: Path | None
) -> "RunRecord":
    """Make the new run.

    Raises:
        UnknownRunError: No run has that name.
        ForkError: The step has no such node, or the run has not come to it.
        RunMismatchError: The new name is taken.
        ProjectError: The copy cannot be made.
    """
    from ..replay.forking import fork as fork_of
    from ..runs.store import open_store
    from .step import compile_step

    async with open_store(database) as store:
        record = await store.runs.named(name)
        return await fork_of(store, record, node, compile_step(saver=store.saver), name=name_of_new, output=output)
