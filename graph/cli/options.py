"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Database = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="URL",
        envvar="FINE_TUNING_DATABASE",
        help="Where runs are kept: a file, or postgresql://…; a file in your data folder by default.",
        show_default=False,
    ),
]
Knowledge = Annotated[
    str | None,
    typer.Option(
        "--knowledge",
        metavar="URL|COMMAND",
        help="The knowledge server: a URL, a command, a name in .mcp.json, `config`, or `embedded`. Else the"
        " environment variable FINE_TUNING_KNOWLEDGE, .mcp.json, or the embedded one.",
        show_default=False,
    ),
]
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="PROVIDER:NAME",
        help="A language model for free conversation: openai, anthropic, google or ollama, with its name. Else the"
        " environment variable FINE_TUNING_MODEL; FINE_TUNING_MODEL_BASE_URL for any other OpenAI-compatible endpoint."
        " Without one, the guided mode.",
        show_default=False,
    ),
]
Workflow = Annotated[
    Path | None,
    typer.Option("--workflow", metavar="DIR", help="The folder of the workflow's config.yaml.", show_default=False),
]
Run = Annotated[str, typer.Argument(metavar="RUN", help="The run's name, as `runs` lists it.", show_default=False)]
Answers = Annotated[
    Path | None,
    typer.Option("--answers", metavar="FILE", help="YAML: node name → a reply, or a list of replies."),
]
AcceptRecommended = Annotated[
    bool,
    typer.Option(
        "--accept-recommended", help="Take the recommendations where no reply is given; never the last confirmation."
    ),
]
AsJsonLines = Annotated[bool, typer.Option("--json", help="Print JSON Lines: question, answer, decision, file, end.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
