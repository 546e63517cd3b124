"""Finished turns come to an end: with their run, or when a worker has kept them long enough."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import psycopg
import pytest

pytest.importorskip("psycopg", reason="workers need the `scale` extra")
pytest.importorskip("dbos", reason="workers need the `scale` extra")

from router_project import write_project
from worker_crashes import Driver, with_a_reply_waiting
from worker_processes import connect, finish

from fine_tuning_specialist.cli.errors import BadInputError
from fine_tuning_specialist.cli.remove import prune_runs, remove_runs
from fine_tuning_specialist.cli.worker import worker
from fine_tuning_specialist.runs.records import RunRecord
from fine_tuning_specialist.runs.store import open_store
from fine_tuning_specialist.scale import client as scale_client
from fine_tuning_specialist.scale import pruning
from fine_tuning_specialist.scale.client import Client
from fine_tuning_specialist.scale.queue import open_queue
from fine_tuning_specialist.scale.turn import TurnFailedError

OF_TURNS = ("workflow_status", "workflow_input", "workflow_output", "operation_outputs", "streams")
"""The tables in which DBOS keeps what a turn leaves; the first one has its state."""


async def skip(client: Client, folder: Path) -> str:
    """A short run to its end; its name."""
    turn = await client.start(write_project(folder, architecture="rag-only"))
    assert (await finish(client, turn)).standing == "finished"
    return turn.run


def kept_of(database: str, run: str = "") -> dict[str, int]:
    """How many rows the queue's tables hold of the turns of a run, or of all turns."""
    with psycopg.connect(database) as connection:
        return {
            table: connection.execute(
                f"SELECT count(*) FROM dbos.{table} WHERE starts_with(workflow_uuid, %s)".encode(),  # noqa: S608
                (f"{run}:" if run else "",),
            ).fetchall()[0][0]
            for table in OF_TURNS
        }


async def until(holds: Callable[[], bool]) -> None:
    """Wait for what another process does to the database."""
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110  (no event of ours)
            await asyncio.sleep(0.02)


async def test_a_removed_run_takes_its_finished_turns_with_it_and_no_others(
    driver: Driver, database: str, stack: AsyncExitStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "BATCH", 1)
    worker = driver.start(database)
    client = await connect(database, stack)
    shop, shop_2 = [await skip(client, tmp_path / name) for name in ("shop", "shop-2")]
    driver.kill(worker)
    before = kept_of(database, shop_2)
    assert before["workflow_status"] == 2
    assert all(kept_of(database, shop)[table] for table in OF_TURNS[:-1])
    await remove_runs([shop], database)
    assert not any(kept_of(database, shop).values())
    assert kept_of(database, shop_2) == before
    assert [run.name for run in await client.runs()] == [shop_2]


async def test_pruned_runs_take_their_turns_with_them(
    driver: Driver, database: str, stack: AsyncExitStack, tmp_path: Path
) -> None:
    worker = driver.start(database)
    client = await connect(database, stack)
    run = await skip(client, tmp_path / "shop")
    driver.kill(worker)
    assert await prune_runs(0, database, finished=True, dry_run=True) == ([run], [])
    assert kept_of(database)["workflow_status"] == 2
    assert await prune_runs(0, database, finished=True, dry_run=False) == ([run], [])
    assert not any(kept_of(database).values())


async def test_runs_are_removed_from_a_database_that_no_worker_ever_served(database: str, tmp_path: Path) -> None:
    async with open_store(database) as store:
        run: RunRecord = await store.runs.claim(write_project(tmp_path / "shop", architecture="rag-only"))
    await remove_runs([run.name], database)
    async with open_store(database) as store:
        assert await store.runs.all() == []


async def test_a_turn_that_waits_is_told_that_its_run_was_removed(
    driver: Driver, database: str, stack: AsyncExitStack, tmp_path: Path
) -> None:
    _, turn, submitted = await with_a_reply_waiting(
        driver, database, stack, write_project(tmp_path / "shop", architecture="rag-only")
    )
    await until(lambda: kept_of(database, turn.run)["workflow_status"] == 2)
    await remove_runs([turn.run], database)
    assert kept_of(database, turn.run)["workflow_status"] == 1
    second = driver.start(database)
    with pytest.raises(TurnFailedError, match="no run named"):
        await asyncio.wait_for(submitted, 60)
    driver.kill(second)


async def test_a_client_does_not_wait_for_a_turn_that_is_no_more(
    driver: Driver, database: str, stack: AsyncExitStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scale_client, "LOOK_SECONDS", 0.1)
    _, turn, submitted = await with_a_reply_waiting(
        driver, database, stack, write_project(tmp_path / "shop", architecture="rag-only")
    )
    await until(lambda: kept_of(database, turn.run)["workflow_status"] == 2)
    async with open_queue(database) as queue:
        left = await queue.list_workflows_async(workflow_id_prefix=f"{turn.run}:")
        await queue.delete_workflows_async([workflow.workflow_id for workflow in left])
    with pytest.raises(TurnFailedError, match="Open the run"):
        await asyncio.wait_for(submitted, 60)


async def test_a_worker_prunes_turns_that_were_kept_long_enough_and_no_others(
    driver: Driver, database: str, stack: AsyncExitStack, tmp_path: Path
) -> None:
    first = driver.start(database)
    client = await connect(database, stack)
    old = await skip(client, tmp_path / "old")
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("UPDATE dbos.workflow_status SET completed_at = completed_at - 2 * 3600 * 1000")
    new = await skip(client, tmp_path / "new")
    waiting = await client.start(write_project(tmp_path / "waiting", architecture="rag-only"))
    driver.kill(first)
    submitted = asyncio.create_task(client.submit(waiting.run, waiting.interrupt_id, "yes"))
    second = driver.start(database, options=["--keep-turns", "1h"])
    await until(lambda: not any(kept_of(database, old).values()))
    assert (await submitted).standing == "finished"
    assert kept_of(database, new)["workflow_status"] == 2
    assert {run.name for run in await client.runs()} == {old, new, waiting.run}
    driver.kill(second)


async def test_a_reply_whose_turn_was_pruned_can_be_submitted_again_and_is_not_applied_again(
    driver: Driver, database: str, stack: AsyncExitStack, tmp_path: Path
) -> None:
    worker = driver.start(database)
    client = await connect(database, stack)
    turn = await client.start(write_project(tmp_path / "shop", architecture="rag-only"))
    first = await client.submit(turn.run, turn.interrupt_id, "yes")
    async with open_queue(database) as queue:
        await pruning.remove_turns_of(queue, turn.run)
    assert not any(kept_of(database).values())
    assert await client.submit(turn.run, turn.interrupt_id, "yes") == first
    other = await client.submit(turn.run, "0" * 32, "yes")
    assert (other.applied, other.reply) == (False, None)
    driver.kill(worker)


def test_an_age_that_is_none_is_refused() -> None:
    with pytest.raises(BadInputError, match="soon"):
        worker("postgresql://nobody@localhost/none", keep_turns="soon")
