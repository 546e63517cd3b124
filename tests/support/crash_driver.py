"""Runs the program again and again in children of one warm process, and kills each at a chosen write or moment.

Started as `python crash_driver.py`; reads one JSON object a line (`argv`, `env`, `point`, `seconds`) and answers each
with one (`code`, negative for a signal; `points`, how many writes there were; `out`, `error`). Everything heavy is
imported once, and the knowledge base is in process, so that a child costs no more than the run itself.
"""

import json
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")

from scripted_conversation import ScriptedKnowledge

from fine_tuning_knowledge import load_base
from fine_tuning_specialist.cli import chat_run
from fine_tuning_specialist.cli.main import main
from fine_tuning_specialist.planning.catalogue import load_catalogue
from fine_tuning_specialist.replay.table import JournalTable
from fine_tuning_specialist.runs.records import RunList
from fine_tuning_specialist.runs.sqlite import SqliteSql
from fine_tuning_specialist.runs.sqlite_saver import ThreadedSqliteSaver


class Points:
    """Counts the writes of this process and ends it, as a power cut would, at the chosen one."""

    def __init__(self, chosen: int, record: Path) -> None:
        self._chosen = chosen
        self._record = record
        self._count = 0
        self._lock = threading.Lock()

    def passed(self) -> None:
        with self._lock:
            self._count += 1
            with self._record.open("ab") as record:  # one byte each: a kill from outside leaves a true count behind
                record.write(b".")
            if self._count == self._chosen:
                os.kill(os.getpid(), signal.SIGKILL)

    def around(self, action: Callable[..., Any]) -> Callable[..., Any]:
        def act(*arguments: Any, **named: Any) -> Any:
            self.passed()
            done = action(*arguments, **named)
            self.passed()
            return done

        return act

    def around_async(self, action: Callable[..., Any]) -> Callable[..., Any]:
        async def act(*arguments: Any, **named: Any) -> Any:
            self.passed()
            done = await action(*arguments, **named)
            self.passed()
            return done

        return act


def hook(points: Points, kinds: list[str]) -> None:
    """Count writes of the given kinds: `files`, `runs`, and `forks` for every statement besides."""
    if "files" in kinds:
        for name in ("replace", "fsync", "unlink", "mkdir"):
            setattr(os, name, points.around(getattr(os, name)))
    if "runs" in kinds:
        for owner, name in (
            (ThreadedSqliteSaver, "aput"),
            (ThreadedSqliteSaver, "aput_writes"),
            (JournalTable, "add"),
            (RunList, "update"),
        ):
            setattr(owner, name, points.around_async(getattr(owner, name)))
    if "forks" in kinds:
        for owner, name in (
            (SqliteSql, "execute"),
            (ThreadedSqliteSaver, "aput"),
            (ThreadedSqliteSaver, "aput_writes"),
        ):
            setattr(owner, name, points.around_async(getattr(owner, name)))


class InProcess(ScriptedKnowledge):
    """A knowledge base that has nothing to connect to."""

    def start(self) -> None:
        return None


def child(order: dict[str, Any], folder: Path) -> None:
    """Be the program, once."""
    for number, name in ((1, "out"), (2, "error")):
        os.dup2(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.update(order.get("env", {}))
    points = Points(order.get("point", 0), folder / "points")
    hook(points, order.get("kinds", ["files", "runs"]))
    sys.argv = ["fine-tuning-specialist", *order["argv"]]
    code = 0
    try:
        main()
    except SystemExit as leaving:
        code = int(leaving.code or 0)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def carry_out(order: dict[str, Any]) -> dict[str, Any]:
    """Fork a child, kill it after `seconds` where they are given, and say how it went."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        process = os.fork()
        if process == 0:
            child(order, folder)
        if seconds := order.get("seconds"):
            time.sleep(seconds)
            os.kill(process, signal.SIGKILL)
        _, status = os.waitpid(process, 0)
        count = folder / "points"
        return {
            "code": os.waitstatus_to_exitcode(status),
            "points": count.stat().st_size if count.exists() else 0,
            "out": (folder / "out").read_text(encoding="utf-8", errors="replace"),
            "error": (folder / "error").read_text(encoding="utf-8", errors="replace"),
        }


def serve() -> None:
    """Carry out orders until there are no more."""
    base = load_base()
    load_catalogue()

    @asynccontextmanager
    async def in_process(_: object) -> AsyncIterator[InProcess]:
        yield InProcess(base)

    chat_run.open_knowledge = in_process  # type: ignore[assignment]
    say("ready")
    for line in sys.stdin:
        say(json.dumps(carry_out(json.loads(line))))


def say(line: str) -> None:
    """One line for whoever gives the orders."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    serve()
