"""`chat`: a conversation about one project, begun or continued."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from .options import Database, Knowledge, Model, Workflow


def chat(
    project: Annotated[
        Path | None,
        typer.Argument(help="The project folder; the current one where it is a project.", show_default=False),
    ] = None,
    model: Model = None,
    run: Annotated[str | None, typer.Option("--run", metavar="NAME", help="Continue the run of this name.")] = None,
    new: Annotated[bool, typer.Option("--new", help="Start another run although the project has one.")] = False,
    answers: Annotated[
        Path | None, typer.Option("--answers", metavar="FILE", help="YAML: node name → a reply, or a list of replies.")
    ] = None,
    accept_recommended: Annotated[
        bool,
        typer.Option(
            "--accept-recommended",
            help="Take the recommendations where no reply is given; never the last confirmation.",
        ),
    ] = False,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="DIR", help="Write to a copy of the project in this folder.")
    ] = None,
    workflow: Workflow = None,
    knowledge: Knowledge = None,
    database: Database = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON Lines: question, answer, decision, file, end.")
    ] = False,
) -> None:
    """Talk with the specialist; the same command continues where you left.

    Ctrl-C or Ctrl-D leaves at any prompt; while a model speaks, Ctrl-C stops its words. Without a terminal, each line
    of standard input is one reply.
    """
    from .chat_run import ChatOptions, run_chat

    options = ChatOptions(
        project=project,
        model=model,
        run=run,
        new=new,
        answers=answers,
        accept_recommended=accept_recommended,
        output=output,
        workflow=workflow,
        knowledge=knowledge,
        database=database,
        as_json=as_json,
    )
    code = asyncio.run(run_chat(options))
    raise typer.Exit(int(code))
