"""`chat`: a conversation about one project, begun or continued."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from .options import AcceptRecommended, Answers, AsJsonLines, Database, Knowledge, Model, Workflow

Project = Annotated[
    Path | None,
    typer.Argument(help="The project folder; the current one where it is a project.", show_default=False),
]
Run = Annotated[
    str | None,
    typer.Option(
        "--run", metavar="NAME", help="Continue the run of this name; with a project, begin it if there is none."
    ),
]
New = Annotated[bool, typer.Option("--new", help="Start another run although the project has one.")]
Output = Annotated[
    Path | None, typer.Option("--output", metavar="DIR", help="Write to a copy of the project in this folder.")
]


def chat(
    project: Project = None,
    model: Model = None,
    run: Run = None,
    new: New = False,
    answers: Answers = None,
    accept_recommended: AcceptRecommended = False,
    output: Output = None,
    workflow: Workflow = None,
    knowledge: Knowledge = None,
    database: Database = None,
    as_json: AsJsonLines = False,
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
