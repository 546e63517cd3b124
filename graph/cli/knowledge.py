"""`knowledge`: run the embedded server alone, or ask whichever server is chosen."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .options import AsJson, Knowledge, Workflow

if TYPE_CHECKING:
    from ..knowledge.evidence import Evidence, Tool

Project = Annotated[
    Path | None,
    typer.Option("--project", metavar="DIR", help="The project whose .mcp.json counts.", show_default=False),
]

knowledge = typer.Typer(
    help="Run the knowledge base alone, or look into it.", no_args_is_help=True, rich_markup_mode=None
)


@knowledge.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
def serve(context: typer.Context) -> None:
    """Run the embedded knowledge server for any MCP client; `serve --help` lists its options."""
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "fine_tuning_knowledge", "serve", *context.args])  # noqa: S606


@knowledge.command()
def search(
    query: Annotated[list[str], typer.Argument(metavar="QUERY...", help="What to look for, in your own words.")],
    tool: Annotated[
        str,
        typer.Option(help="search_knowledge, get_decisions, get_patterns, get_warnings or get_methodologies."),
    ] = "search_knowledge",
    limit: Annotated[int, typer.Option(min=1, max=100, metavar="N", help="How many results.")] = 8,
    server: Knowledge = None,
    project: Project = None,
    workflow: Workflow = None,
    as_json: AsJson = False,
) -> None:
    """Ask the knowledge base, as the specialist does."""
    from .errors import BadInputError

    wanted = " ".join(query).strip()
    if not wanted:
        raise BadInputError("The query is empty.", 'Say what to look for, for example "DPO beta".')
    found = asyncio.run(ask(tool, wanted, limit, server, project, workflow))
    show(found, as_json=as_json)


@knowledge.command()
def sources(
    limit: Annotated[int, typer.Option(min=1, max=500, metavar="N", help="How many sources.")] = 100,
    server: Knowledge = None,
    project: Project = None,
    workflow: Workflow = None,
    as_json: AsJson = False,
) -> None:
    """List the sources that the knowledge base rests on."""
    found = asyncio.run(ask("list_sources", "", limit, server, project, workflow))
    show(found, as_json=as_json)


async def ask(
    tool: str, query: str, limit: int, server: str | None, project: Path | None, workflow: Path | None
) -> "list[Evidence]":
    """One query on a session of its own."""
    from typing import cast, get_args

    from ..knowledge.evidence import Query, Tool
    from .errors import BadInputError
    from .knowledge_choice import knowledge_server, open_to_look

    if tool not in get_args(Tool):
        raise BadInputError(f"There is no knowledge tool {tool!r}.", f"There are: {', '.join(get_args(Tool))}.")
    chosen = knowledge_server(server, project, workflow)
    async with open_to_look(chosen) as client:
        answers = await client.consult([Query(tool=cast("Tool", tool), text=query, limit=limit)])
    return [result for answer in answers for result in answer.results][:limit]


def show(found: "list[Evidence]", *, as_json: bool) -> None:
    """Print results as JSON, or one block each."""
    if as_json:
        typer.echo(json.dumps([item.model_dump(mode="json", exclude_none=True) for item in found], indent=2))
        return
    from .cleaning import clean

    if not found:
        typer.echo("Nothing was found.")
    for item in found:
        place = ", ".join(part for part in (item.source_title, item.locator, item.url) if part)
        text = "\n".join(f"  {line}" for line in item.text.splitlines())
        typer.echo(clean(f"{item.title or item.id} [{item.kind}]\n{text}\n  — {place}\n"))
