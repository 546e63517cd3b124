"""Workers that are killed, and what must come out all the same."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, NamedTuple

from worker_processes import connect

from fine_tuning_specialist.scale.client import Client
from fine_tuning_specialist.scale.turn import Turn

DRIVER = Path(__file__).with_name("worker_crash_driver.py")
DAY = "1794182400"
"""The moment that goes into the files, in seconds since the epoch."""


class Driver:
    """Starts workers in warm children, and says how each ended."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        environment = {
            **os.environ,
            "PYTHONPATH": str(DRIVER.parent),
            "SOURCE_DATE_EPOCH": DAY,
            "PYTHONWARNINGS": "ignore",  # of os.fork
        }
        self._process = subprocess.Popen(
            [sys.executable, str(DRIVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def start(self, database: str, *, options: Sequence[str] = (), point: int = 0, kinds: Sequence[str] = ()) -> int:
        """Start a worker, which dies at the chosen write of these kinds; its process id."""
        settings = {name: value for name, value in os.environ.items() if name.startswith("FINE_TUNING_")}
        order = {
            "argv": ["--database", database, *options],
            "env": {**settings, "FINE_TUNING_DATA": str(self._folder / "data")},
            "log": str(self._folder / "workers.log"),
            "point": point,
            "kinds": list(kinds),
        }
        return int(self._order(start=order)["pid"])

    def wait(self, process: int) -> tuple[int, int]:
        """How a worker ended, and how many writes it made."""
        ended = self._order(wait=process)
        return ended["code"], ended["points"]

    def kill(self, process: int) -> tuple[int, int]:
        """Kill a worker, as a power cut would, unless it is dead already."""
        os.kill(process, signal.SIGKILL)  # it is a zombie at least, until it is waited for
        return self.wait(process)

    def taken_over(self) -> int:
        """How many turns were taken over from dead workers so far."""
        log = self._folder / "workers.log"
        return log.read_text(encoding="utf-8").count("taking over") if log.exists() else 0

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)
        self._process.stdout.close()

    def _order(self, **order: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return dict(json.loads(self._process.stdout.readline()))


async def died(driver: Driver, process: int) -> tuple[int, int]:
    """Wait for the end of a worker without holding up the conversation; nothing else may be asked meanwhile."""
    return await asyncio.to_thread(driver.wait, process)


class Waiting(NamedTuple):
    """A reply that waits in the queue, because the only worker has died."""

    client: Client
    turn: Turn
    submitted: "asyncio.Task[Turn]"


async def with_a_reply_waiting(driver: Driver, database: str, stack: AsyncExitStack, project: Path) -> Waiting:
    """Begin a run, kill the worker, and answer the first question."""
    worker = driver.start(database)
    client = await connect(database, stack)
    turn = await client.start(project)
    driver.kill(worker)
    return Waiting(client, turn, asyncio.create_task(client.submit(turn.run, turn.interrupt_id, "yes")))


def files_of(project: Path) -> dict[str, bytes]:
    """Every file of a project by name, leftovers of writing included."""
    return {
        str(path.relative_to(project)): path.read_bytes()
        for path in project.rglob("*")
        if path.is_file() and not path.name.endswith(".lock")
    }
