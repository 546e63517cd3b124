"""`python -m fine_tuning_knowledge`: run the knowledge server by itself, for any MCP client."""

import argparse
import contextlib
import functools
import sys
from collections.abc import Sequence
from pathlib import Path

EXAMPLES = """\
examples:
  python -m fine_tuning_knowledge serve
      for a client that starts the server itself, over standard input and output
  python -m fine_tuning_knowledge serve --transport http --port 8765
      then connect to http://127.0.0.1:8765/mcp
  python -m fine_tuning_knowledge serve --entries our-findings/
      with your own entries beside the embedded ones

tools: search_knowledge, get_decisions, get_patterns, get_warnings, get_methodologies, list_sources
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line and serve.

    Returns:
        0 when the client is gone or Ctrl-C was pressed, 2 when the entries or the address cannot be used.
    """
    options = _parser().parse_args(arguments)
    from .errors import KnowledgeBaseError
    from .knowledge_base import load_base

    try:
        base = load_base(options.entries)
    except KnowledgeBaseError as error:
        sys.stderr.write(f"The entries cannot be used:\n{error}\n")
        return 2

    import anyio

    from . import serving
    from .server import build_server

    server = build_server(base)
    if options.transport == "stdio":
        run = functools.partial(serving.serve_stdio, server)
    else:
        try:
            listener = serving.listen(options.host, options.port)
        except OSError as error:
            address = f"{options.host}:{options.port}"
            sys.stderr.write(
                f"Cannot listen on {address} ({error.strerror or error}); choose another --host or --port.\n"
            )
            return 2
        serve = serving.serve_http if options.transport == "http" else serving.serve_sse
        run = functools.partial(serve, server, listener, _announce)
    with contextlib.suppress(KeyboardInterrupt):
        anyio.run(run)
    return 0


def _announce(address: str) -> None:
    sys.stderr.write(f"Serving the knowledge base at {address} (Ctrl-C stops)\n")
    sys.stderr.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m fine_tuning_knowledge",
        description="A cited knowledge base on fine-tuning language models, as an MCP server.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    serve = commands.add_parser(
        "serve",
        help="answer MCP clients",
        description="Answer MCP clients from the embedded base and your own entries.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    serve.add_argument(
        "--transport",
        choices=("stdio", "http", "sse"),
        default="stdio",
        help="stdio (default), streamable HTTP at /mcp, or the older HTTP transport at /sse",
    )
    serve.add_argument("--host", default="127.0.0.1", help="where http and sse listen (default: %(default)s)")
    serve.add_argument(
        "--port",
        type=_port,
        default=8765,
        help="port for http and sse; 0 takes a free one (default: %(default)s)",
    )
    serve.add_argument(
        "--entries",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="a folder with entries of your own, in the form of knowledge/README.md; may be repeated",
    )
    return parser


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise ValueError(text)
    return port


if __name__ == "__main__":
    sys.exit(main())
