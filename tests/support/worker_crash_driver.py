"""Starts workers as children of one warm process; each can be told to die, as in a power cut, at a chosen write.

Started as `python worker_crash_driver.py`; reads one JSON object a line and answers each with one:

    {"start": {"argv", "env", "log", "point", "kinds"}} → {"pid"}
    {"wait": pid} → {"code", "points"}: how it ended, and how many writes it made

Everything heavy is imported once, and the knowledge base is in process, so that a worker serves within half a second.
"""

import json
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from crash_driver import InProcess, Points, hook, say
from dbos._sys_db import SystemDatabase
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver

import fine_tuning_specialist.scale.worker  # noqa: F401  (imported once, for all children)
from fine_tuning_knowledge import load_base
from fine_tuning_specialist.cli.main import main
from fine_tuning_specialist.knowledge import client
from fine_tuning_specialist.planning.catalogue import load_catalogue
from fine_tuning_specialist.replay.journal import Journal

QUEUE_WRITES = ("write_stream_from_step", "record_operation_result", "update_workflow_outcome")


def hook_worker(points: Points, kinds: list[str]) -> None:
    """Count writes of the given kinds: `files`, `runs`, `queue`; of the latter `outcomes` alone, and `replies`."""
    hook(points, kinds)
    if "runs" in kinds:
        for name in ("aput", "aput_writes"):
            setattr(AsyncPostgresSaver, name, points.around_async(getattr(AsyncPostgresSaver, name)))
    if "queue" in kinds:
        for name in QUEUE_WRITES:
            setattr(SystemDatabase, name, points.around(getattr(SystemDatabase, name)))
    if "outcomes" in kinds:
        name = "record_operation_result"
        setattr(SystemDatabase, name, points.around(getattr(SystemDatabase, name)))
    if "replies" in kinds:
        Journal.reply = points.around_async(Journal.reply)  # type: ignore[method-assign]


def child(order: dict[str, Any], record: Path) -> None:
    """Be a worker."""
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for number in (1, 2):
        os.dup2(log, number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.update(order.get("env", {}))
    hook_worker(Points(order.get("point", 0), record), order.get("kinds", []))
    sys.argv = ["fine-tuning-specialist", "worker", *order["argv"]]
    main()


def start(order: dict[str, Any], folder: Path, number: int) -> tuple[int, Path]:
    """Start a worker; its process, and where it counts."""
    record = folder / f"points-{number}"
    process = os.fork()
    if process == 0:
        try:
            child(order, record)
        finally:
            os._exit(1)
    return process, record


def wait(process: int, record: Path) -> dict[str, int]:
    """Wait for the end of a worker."""
    _, status = os.waitpid(process, 0)
    points = record.stat().st_size if record.exists() else 0
    return {"code": os.waitstatus_to_exitcode(status), "points": points}


def serve(folder: Path) -> None:
    """Carry out orders until there are no more; then nothing is left running."""
    base = load_base()
    load_catalogue()

    @asynccontextmanager
    async def in_process(_: object) -> AsyncIterator[InProcess]:
        yield InProcess(base)

    client.open_knowledge = in_process  # type: ignore[assignment]
    running: dict[int, Path] = {}
    say("ready")
    for number, line in enumerate(sys.stdin):
        order = json.loads(line)
        if "start" in order:
            process, record = start(order["start"], folder, number)
            running[process] = record
            say(json.dumps({"pid": process}))
        else:
            say(json.dumps(wait(order["wait"], running.pop(order["wait"]))))
    for process in running:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        serve(Path(name))
