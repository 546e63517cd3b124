"""The state graph as Mermaid, and as a picture where this machine has a renderer; the network is never used."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from langchain_core.runnables.graph import Graph

from ..builder import BACK
from .errors import BadInputError
from .step import compile_step

RENDER_SECONDS = 120
PICTURES = {".svg", ".png"}
TEXTS = {".mmd", ".mermaid", ".md"}


def mermaid(*, sections: bool = False) -> str:
    """The graph in Mermaid's language."""
    return forward(sections=sections).draw_mermaid()


def forward(*, sections: bool = False) -> Graph:
    """The graph without its edges back: every section leads back to every earlier one, which would hide the way."""
    graph = compile_step().get_graph(xray=sections)
    graph.edges = [edge for edge in graph.edges if not str(edge.data or "").startswith(BACK)]
    return graph


def draw(drawn: str, output: Path, *, sections: bool = False) -> None:
    """Write the picture in the format that the file's name asks for.

    Args:
        drawn: The graph as Mermaid.
        output: The file to write.
        sections: Whether the inside of each section is shown.

    Raises:
        BadInputError: The format is unknown, no renderer is at hand, or the renderer failed.
    """
    kind = output.suffix.lower()
    if kind not in PICTURES | TEXTS:
        raise BadInputError(f"{output} has no ending that says its format.", "End the name in .svg, .png or .mmd.")
    if not output.absolute().parent.is_dir():
        raise BadInputError(f"There is no folder {output.absolute().parent}.", "Create it, or choose another file.")
    if kind in TEXTS:
        fenced = f"```mermaid\n{drawn.strip()}\n```\n" if kind == ".md" else drawn
        output.write_text(fenced, encoding="utf-8")
    elif (program := shutil.which("mmdc")) is not None:
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "graph.mmd"
            source.write_text(drawn, encoding="utf-8")
            render([program, "--input", str(source), "--output", str(output.absolute())])
    elif (program := shutil.which("dot")) is not None:
        graph = forward(sections=sections)
        render([program, f"-T{kind[1:]}", "-o", str(output.absolute())], graphviz(graph))
    else:
        raise BadInputError(
            f"{output} cannot be drawn: neither `mmdc` (mermaid-cli) nor `dot` (Graphviz) is installed.",
            "Install one of them, or write Mermaid with --output graph.mmd and open it in any Mermaid viewer.",
        )


def render(command: list[str], source: str | None = None) -> None:
    """Run a renderer.

    Raises:
        BadInputError: It failed; says what it wrote.
    """
    try:
        subprocess.run(  # noqa: S603 - a fixed program with our own arguments
            command, input=source, check=True, capture_output=True, text=True, timeout=RENDER_SECONDS
        )
    except subprocess.CalledProcessError as error:
        said = (error.stderr or error.stdout or "").strip().splitlines()
        raise BadInputError(
            f"{Path(command[0]).name} failed ({said[-1] if said else f'exit {error.returncode}'}).",
            "Write Mermaid instead, with --output graph.mmd.",
        ) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BadInputError(
            f"{Path(command[0]).name} could not be run ({type(error).__name__}).",
            "Write Mermaid instead, with --output graph.mmd.",
        ) from error


def graphviz(graph: Graph) -> str:
    """The same graph in Graphviz's language; conditional edges are dashed."""
    lines = ["digraph step {", "  node [shape=box, style=rounded, fontname=Helvetica];"]
    lines += [f"  {quoted(node.id)} [label={quoted(node.name)}];" for node in graph.nodes.values()]
    lines += [
        f"  {quoted(edge.source)} -> {quoted(edge.target)}{' [style=dashed]' if edge.conditional else ''};"
        for edge in graph.edges
    ]
    return "\n".join([*lines, "}"])


def quoted(name: str) -> str:
    """A name as Graphviz takes it."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
