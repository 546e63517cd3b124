"""The program: its commands, and how any error becomes an exit code and one clear sentence."""

import atexit
import gc
import os
import sys
import time
import traceback
from typing import Annotated

import typer

from .chat import chat
from .doctor import doctor
from .errors import ExitCode, Failure, expected_failure
from .estimate import estimate
from .export import export
from .fork import fork
from .graph import graph
from .history import history
from .init import init
from .knowledge import knowledge
from .replay import replay
from .runs import runs
from .worker import worker

COLLECT_AFTER = (50_000, 20, 50)
"""When to look for garbage: with Python's own thresholds a command spends a tenth of its time on looking in vain."""

app = typer.Typer(
    name="fine-tuning-specialist",
    help="Designs a fine-tuning pipeline together with you: a conversation that leaves a specification, decisions,"
    " stories and a configuration that a trainer runs.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # plain help: Rich alone would take longer to import than all the rest
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)
app.command(short_help="Talk with the specialist about a project")(chat)
app.command(short_help="Create a project to begin with")(init)
app.add_typer(runs, name="runs", short_help="List the runs, or remove some")
app.command(short_help="Show a run turn by turn")(history)
app.command(short_help="Execute a run again and compare what it leaves")(replay)
app.command(short_help="Start a new run from a point of another")(fork)
app.command(short_help="Write a design's configuration for any trainer")(export)
app.command(short_help="Memory, fit, time and cost of a training run")(estimate)
app.command(short_help="Draw the state graph")(graph)
app.command(short_help="Check that all that is needed is in place")(doctor)
app.command(short_help="Serve runs that are kept in PostgreSQL")(worker)
app.add_typer(knowledge, name="knowledge", short_help="Run the knowledge base alone, or look into it")


def show_version(wanted: bool) -> None:
    """Print the version and end, when asked to."""
    if wanted:
        from importlib.metadata import version

        typer.echo(f"fine-tuning-specialist {version('fine-tuning-specialist')}")
        raise typer.Exit


@app.callback()
def program(
    version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Options of the program itself."""


def main() -> None:
    """Run the command line and leave with its exit code."""
    os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")  # read once, when LangGraph is imported
    gc.set_threshold(*COLLECT_AFTER)
    atexit.register(gc.freeze)  # else Python looks through everything once more on its way out, for a quarter second
    try:
        app()
    except SystemExit as ending:
        # Typer turns these into exits of its own before they come here.
        if comes_from(ending, BrokenPipeError):
            # Whoever read our output has left; a second error while flushing would only hide that.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            sys.exit(ExitCode.DONE)
        if comes_from(ending, KeyboardInterrupt, EOFError):
            leave(Failure(ExitCode.PAUSED, "Interrupted."))
        raise
    except KeyboardInterrupt:
        leave(Failure(ExitCode.PAUSED, "Interrupted."))
    except Exception as error:  # noqa: BLE001 - the outermost boundary: the user gets a sentence, the log the rest
        leave(expected_failure(error) or our_fault(error))


def comes_from(error: BaseException | None, *kinds: type[BaseException]) -> bool:
    """Whether an error was raised while one of these was handled."""
    while error is not None:
        if isinstance(error, kinds):
            return True
        error = error.__cause__ or error.__context__
    return False


def leave(failure: Failure) -> None:
    """Write the sentence and exit with the code."""
    from .cleaning import clean

    sys.stderr.write(clean(f"error: {failure.sentence}").rstrip() + "\n")
    sys.exit(failure.code)


def our_fault(error: BaseException) -> Failure:
    """Keep the details in a log and say where it lies."""
    from ..runs.errors import RunError
    from ..runs.location import data_folder, ensure_folder
    from ..texts import text

    log = data_folder() / "errors.log"
    try:
        with (ensure_folder(log.parent) / log.name).open("a", encoding="utf-8") as file:
            file.write(f"{time.strftime('%Y-%m-%dT%H:%M:%S%z')}\n{''.join(traceback.format_exception(error))}\n")
        place = str(log)
    except (OSError, RunError):
        traceback.print_exception(error)
        place = "the lines above"
    problem = str(error).strip().split("\n", maxsplit=1)[0][:300]
    return Failure(ExitCode.FAULT, text("terminal", "fault", kind=type(error).__name__, problem=problem, log=place))
