"""Worker processes on a database of their own, and what a client does with them."""

import asyncio
import os
import subprocess
import sys
import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from scripted_conversation import ACCEPT, USUAL

from fine_tuning_specialist.cli.step import compile_step
from fine_tuning_specialist.runs.errors import StoreUnavailableError
from fine_tuning_specialist.runs.store import open_store
from fine_tuning_specialist.scale.client import Client, open_client
from fine_tuning_specialist.scale.turn import Turn

PROGRAM = "from fine_tuning_specialist.cli.main import main; main()"


def create_database(url: str, template: str = "template1") -> str:
    """A new database on the same server, empty or a copy of one to which nobody is connected; its URL."""
    name = f"runs_{uuid.uuid4().hex[:12]}"
    postgres = url_of(url, "postgres")
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
    return url_of(url, name)


def url_of(url: str, name: str) -> str:
    """The address of another database on the same server."""
    return urlsplit(url)._replace(path=f"/{name}").geturl()


@contextmanager
def copied_database(database: str) -> Iterator[str]:
    """A copy of a database to which nobody is connected, for a while; its URL."""
    copy = create_database(database, template=name_of(database))
    try:
        yield copy
    finally:
        with psycopg.connect(url_of(database, "postgres"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name_of(copy)} WITH (FORCE)".encode())


def name_of(database: str) -> str:
    """The name of the database at a URL."""
    return urlsplit(database).path.lstrip("/")


class Workers:
    """Workers that are started, and killed, one by one."""

    def __init__(self, database: str, folder: Path) -> None:
        self.database = database
        self._folder = folder
        self.processes: list[subprocess.Popen[str]] = []

    def start(self, *options: str) -> "subprocess.Popen[str]":
        with (self._folder / f"worker-{len(self.processes)}.log").open("w", encoding="utf-8") as log:
            process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM, "worker", "--database", self.database, *options],
                stdout=log,
                stderr=subprocess.STDOUT,
                text=True,
                env={**os.environ, "FINE_TUNING_DATA": str(self._folder / "data"), "PYTHONWARNINGS": "ignore"},
            )
        self.processes.append(process)
        return process

    def logs(self) -> str:
        return "\n".join(file.read_text(encoding="utf-8") for file in sorted(self._folder.glob("worker-*.log")))

    def stop(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()

    async def client(self, stack: AsyncExitStack) -> Client:
        """A client, as soon as a worker has set the database up."""

        def check() -> None:
            assert any(process.poll() is None for process in self.processes), self.logs()

        return await connect(self.database, stack, check)


async def connect(database: str, stack: AsyncExitStack, check: Callable[[], None] = lambda: None) -> Client:
    """A client, as soon as a worker has set the database up; `check` fails when none will."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await stack.enter_async_context(open_client(database))
            except StoreUnavailableError:
                check()
                await asyncio.sleep(0.1)


Answer = Callable[[Turn], Any]
Submit = Callable[[Turn, Any], Awaitable[Turn]]


def usual(turn: Turn, **own: Any) -> Any:
    """The usual reply to the pending question."""
    return own.get(turn.question_key, USUAL.get(turn.question_key, ACCEPT))


async def finish(client: Client, turn: Turn, own: Mapping[str, Any] | None = None, *, twice: bool = False) -> Turn:
    """Answer every question to the end; each reply from two callers at once where asked for."""
    while turn.standing == "asking":
        reply = usual(turn, **(own or {}))
        submitted = [client.submit(turn.run, turn.interrupt_id, reply) for _ in range(2 if twice else 1)]
        outcomes = await asyncio.gather(*submitted)
        assert all(outcome == outcomes[0] for outcome in outcomes)
        assert outcomes[0].applied
        turn = outcomes[0]
    return turn


async def answers_of(database: str, run: str) -> list[str]:
    """The key of the question of every reply that a run has taken in."""
    async with open_store(database) as store:
        config: Any = {"configurable": {"thread_id": run}}
        values = (await compile_step(saver=store.saver).aget_state(config)).values
    return [entry["question_key"] for entry in values["turns"]]


def forks(database: str) -> list[Any]:
    """Checkpoints from which two writers went on: none where every run had one writer."""
    with psycopg.connect(database) as connection:
        return connection.execute(
            "SELECT thread_id, checkpoint_ns, parent_checkpoint_id FROM checkpoints"
            " WHERE parent_checkpoint_id IS NOT NULL"
            " GROUP BY thread_id, checkpoint_ns, parent_checkpoint_id HAVING count(*) > 1"
        ).fetchall()
