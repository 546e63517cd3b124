"""Journal, replay, fork and removal in a real PostgreSQL."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from recorded_run import NothingThere, hold, open_run, record, recording
from scripted_conversation import ScriptedKnowledge

from fine_tuning_specialist.builder import build_graph
from fine_tuning_specialist.replay.forgetting import forget
from fine_tuning_specialist.replay.forking import fork
from fine_tuning_specialist.replay.replaying import replay
from fine_tuning_specialist.runs.store import RunStore, open_store

pytest.importorskip("psycopg", reason="PostgreSQL needs the `postgres` extra")

MakeProject = Callable[..., Path]
TABLES = {
    "checkpoints": "thread_id",
    "checkpoint_writes": "thread_id",
    "checkpoint_blobs": "thread_id",
    "journal": "run",
}


@pytest.fixture
async def store(postgres: str) -> AsyncIterator[RunStore]:
    async with open_store(postgres) as opened:
        yield opened


async def counts(store: RunStore, run: str) -> list[int]:
    return [
        (await store.sql.execute(f"SELECT COUNT(*) FROM {table} WHERE {column} = ?", (run,)))[0][0]  # noqa: S608
        for table, column in TABLES.items()
    ]


async def test_a_run_in_postgresql_is_replayed_forked_and_removed(
    store: RunStore, project: MakeProject, knowledge: ScriptedKnowledge
) -> None:
    old = (await record(store, project(), knowledge)).run
    look = build_graph(NothingThere()).compile(checkpointer=store.saver)
    before = await counts(store, old.name)
    assert all(before)
    new = await fork(store, old, "configure_peft", look)
    told = {"configure_peft": {"fields": {"rank": 24}, "accept_recommended": True}}
    session = await hold(await open_run(store, new, knowledge), told)
    assert session.finished
    assert "24" in session.result()["artifacts"]["phase-2-training/training-spec.md"]
    for run in (old, new):
        report = await replay(await recording(store, run.name))
        assert report.differences == [], run.name
    assert await counts(store, old.name) == before
    await forget(store, new.name)
    assert await counts(store, new.name) == [0, 0, 0, 0]
    assert await counts(store, old.name) == before
    assert [run.name for run in await store.runs.all() if run.name == new.name] == []
    await forget(store, old.name)
