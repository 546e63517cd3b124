"""`graph`: the picture of the state graph."""

from pathlib import Path
from typing import Annotated

import typer


def graph(
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write here: .mmd, .svg or .png. Else Mermaid is printed."),
    ] = None,
    sections: Annotated[bool, typer.Option("--sections", help="Show the inside of each section as well.")] = False,
) -> None:
    """Print the state graph as Mermaid, or draw it with a renderer of this machine."""
    from .picture import draw, mermaid

    drawn = mermaid(sections=sections)
    if output is None:
        typer.echo(drawn)
        return
    draw(drawn, output, sections=sections)
    typer.echo(f"Wrote {output}")
