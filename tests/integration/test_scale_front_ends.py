"""A worker dies in mid-turn and somebody answers in `chat` before another one takes over: the client is told so."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

pytest.importorskip("psycopg", reason="workers need the `scale` extra")
pytest.importorskip("dbos", reason="workers need the `scale` extra")

from recorded_run import recording
from worker_crashes import Driver, died
from worker_processes import PROGRAM, answers_of, connect, forks, usual

from fine_tuning_specialist.runs.store import open_store
from fine_tuning_specialist.scale.client import Client
from fine_tuning_specialist.scale.turn import Turn

SAID_IN_CHAT = "classification"
PAUSED = 3


@pytest.fixture
def folder(project: Callable[..., Path]) -> Path:
    return project()


async def chat(project: Path, database: str, typed: str) -> str:
    """Somebody opens the project's run in a terminal, types this, and leaves."""
    held = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", PROGRAM, "chat", str(project), "--database", database],
        input=typed,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "FINE_TUNING_DATA": str(project.parent / "data")},
        check=False,
    )
    assert held.returncode == PAUSED, held.stderr
    return held.stdout


async def at_welcome(client: Client, folder: Path) -> Turn:
    turn = await client.start(folder)
    turn = await client.submit(turn.run, turn.interrupt_id, usual(turn))
    assert turn.question_key == "welcome"
    return turn


@pytest.mark.parametrize("point", [3, 4], ids=["before-the-reply-is-written-down", "before-the-graph-takes-it-in"])
async def test_the_reply_that_was_given_in_chat_is_the_one_that_the_client_is_told_of(
    driver: Driver, database: str, stack: AsyncExitStack, folder: Path, point: int
) -> None:
    first = driver.start(database, point=point, kinds=["replies"])
    client = await connect(database, stack)
    turn = await at_welcome(client, folder)
    submitted = asyncio.create_task(client.submit(turn.run, turn.interrupt_id, usual(turn)))
    await died(driver, first)
    await chat(folder, database, f"{SAID_IN_CHAT}\ndata source: expert-annotation\nok\n")
    assert not submitted.done()
    second = driver.start(database)
    outcome = await asyncio.wait_for(submitted, 60)
    assert not outcome.applied
    assert outcome.reply == SAID_IN_CHAT
    assert outcome.interrupt_id == (await client.open(turn.run)).interrupt_id != turn.interrupt_id
    async with open_store(database) as store:
        sections = (await recording(store, turn.run)).values["sections"]
    assert sections["welcome"]["fields"]["task_type"] == SAID_IN_CHAT
    driver.kill(second)
    assert forks(database) == []


async def test_a_reply_that_was_taken_in_before_the_worker_died_is_told_as_applied(
    driver: Driver, database: str, stack: AsyncExitStack, folder: Path
) -> None:
    first = driver.start(database, point=5, kinds=["outcomes"])
    client = await connect(database, stack)
    turn = await at_welcome(client, folder)
    submitted = asyncio.create_task(client.submit(turn.run, turn.interrupt_id, usual(turn)))
    await died(driver, first)
    assert "Training Data Assessment" in await chat(folder, database, "why?\n")
    assert not submitted.done()
    second = driver.start(database)
    outcome = await asyncio.wait_for(submitted, 60)
    assert (outcome.applied, outcome.reply) == (True, usual(turn))
    assert outcome.question_key == "assess_training_data"
    assert (await answers_of(database, turn.run)).count("welcome") == 1
    driver.kill(second)


async def test_a_reply_to_a_question_that_was_answered_in_chat_is_told_what_was_said_there(
    driver: Driver, database: str, stack: AsyncExitStack, folder: Path
) -> None:
    worker = driver.start(database)
    client = await connect(database, stack)
    turn = await at_welcome(client, folder)
    await chat(folder, database, f"{SAID_IN_CHAT}\n")
    outcome = await client.submit(turn.run, turn.interrupt_id, usual(turn))
    assert (outcome.applied, outcome.reply) == (False, SAID_IN_CHAT)
    driver.kill(worker)
