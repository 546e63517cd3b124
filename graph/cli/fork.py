"""`fork`: a new run from the boundary before a node of another one."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .options import AcceptRecommended, Answers, AsJsonLines, Database, Knowledge, Model, Run
from .stored import open_stored

if TYPE_CHECKING:
    from ..runs.records import RunRecord

Node = Annotated[
    str,
    typer.Option(
        "--from", metavar="NODE", help="The node to ask again, for example configure_peft.", show_default=False
    ),
]
Name = Annotated[
    str | None, typer.Option("--name", help="The new run's name; RUN-fork by default.", show_default=False)
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        metavar="DIR",
        help="Work on a copy of the project in this folder; by default the fork works on the same project folder"
        " as RUN, and what it writes replaces RUN's files there.",
        show_default=False,
    ),
]


def fork(
    run: Run,
    node: Node,
    answers: Answers = None,
    name: Name = None,
    output: Output = None,
    accept_recommended: AcceptRecommended = False,
    model: Model = None,
    knowledge: Knowledge = None,
    database: Database = None,
    as_json: AsJsonLines = False,
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
        announce(new, run, node)
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


def announce(new: "RunRecord", old: str, node: str) -> None:
    """Say which run was made, and where it works."""
    from ..texts import text
    from .cleaning import clean

    typer.echo(clean(text("replay", "forked", new=new.name, old=old, node=node, place=new.output or new.project)))


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
    from .step import compile_step

    async with open_stored(database) as store:
        record = await store.runs.named(name)
        return await fork_of(store, record, node, compile_step(saver=store.saver), name=name_of_new, output=output)
