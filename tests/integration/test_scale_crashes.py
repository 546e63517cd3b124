"""Workers killed at any write and at any moment: every consultation ends as if nothing had happened."""

import asyncio
import os
import random
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

pytest.importorskip("psycopg", reason="workers need the `scale` extra")
pytest.importorskip("dbos", reason="workers need the `scale` extra")

from recorded_run import recording
from router_project import write_project
from worker_crashes import Driver, died, files_of
from worker_processes import answers_of, connect, copied_database, create_database, forks, usual

from fine_tuning_specialist.replay.replaying import replay
from fine_tuning_specialist.runs.store import open_store
from fine_tuning_specialist.scale.client import Client
from fine_tuning_specialist.scale.turn import Turn

KILLS = int(os.environ.get("CRASH_TEST_KILLS", "10"))
"""How many workers are killed at random moments of whole consultations; a release is held to 100."""

EVERY_WRITE = "CRASH_TEST_KILLS" in os.environ
"""Whether every write is tried, and not a sample of them."""

SEED = int(os.environ.get("CRASH_TEST_SEED", random.SystemRandom().randrange(1 << 32)))
"""Repeats the moments and the sample of a run that failed; it is printed with every test."""

NAME = "router-help"
AT_ONCE = 2
"""Consultations under way while workers are killed."""
LONGEST_LIFE = 2.5
"""Seconds after which the next worker is killed, at most: about as long as an undisturbed consultation takes."""
PATIENCE = 120
"""Seconds for a consultation with one crash."""


@dataclass(frozen=True)
class Consultation:
    """What a whole consultation left."""

    asked: list[str]
    """The key of every question that the client was given, in order."""
    answers: list[str]
    """The key of the question of every reply that the run took in, in order."""
    result: dict[str, Any]
    files: dict[str, bytes]


async def converse(client: Client, turn: Turn) -> tuple[list[str], Turn]:
    """Answer every question as usual, each once; the client is told each time that its reply was the one taken in."""
    asked = []
    while turn.standing == "asking":
        asked.append(turn.question_key)
        reply = usual(turn)
        turn = await client.submit(turn.run, turn.interrupt_id, reply)
        assert (turn.applied, turn.reply) == (True, reply)
    return asked, turn


async def consult(client: Client, database: str, folder: Path, until: str = "") -> Consultation:
    """A whole consultation about a new project, and that its journal tells the same story."""
    project = folder / NAME
    project.mkdir(parents=True)
    write_project(project)
    asked, last = await converse(client, await client.start(project))
    await check_replay(database, last.run)
    return Consultation(asked, await answers_of(database, last.run), dict(last.result), files_of(project))


async def check_replay(database: str, run: str) -> None:
    """The run, executed again from its journal, leaves the same files byte for byte."""
    async with open_store(database) as store:
        report = await replay(await recording(store, run))
    assert report.differences == []
    assert report.unused == []


@pytest.fixture(scope="module")
def database(postgres: str) -> str:
    return create_database(postgres)


@pytest.fixture
def chance(record_testsuite_property: Callable[[str, object], None]) -> random.Random:
    record_testsuite_property("crash_test_seed", SEED)
    print(f"CRASH_TEST_SEED={SEED}")  # noqa: T201  (pytest shows it when the test fails)
    return random.Random(SEED)  # noqa: S311  (moments of a test, not secrets)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def undisturbed(driver: Driver, database: str, tmp_path_factory: pytest.TempPathFactory) -> Consultation:
    """A consultation that nothing happened to."""
    folder = tmp_path_factory.mktemp("undisturbed")
    worker = driver.start(database)
    async with AsyncExitStack() as opened:
        client = await connect(database, opened)
        found = await consult(client, database, folder / "project")
    driver.kill(worker)
    assert found.result["status"] == "completed"
    assert "phase-2-training/training-spec.md" in found.files
    assert found.asked == found.answers
    assert len(set(found.asked)) == len(found.asked)
    return found


async def test_workers_killed_at_random_moments_change_nothing(
    driver: Driver,
    database: str,
    undisturbed: Consultation,
    stack: AsyncExitStack,
    chance: random.Random,
    tmp_path: Path,
) -> None:
    client = await connect(database, stack)
    workers = [driver.start(database), driver.start(database)]
    taken_over = driver.taken_over()

    async def kill_workers() -> int:
        kills = 0
        while kills < KILLS or driver.taken_over() == taken_over:  # until a kill has hit a turn
            kills += 1
            await asyncio.sleep(chance.uniform(0.01, LONGEST_LIFE))
            victim = chance.randrange(len(workers))
            driver.kill(workers[victim])
            workers[victim] = driver.start(database)
        return kills

    killing = asyncio.create_task(kill_workers())

    async def consult_again_and_again(place: str) -> int:
        held = 0
        while held == 0 or not killing.done():
            held += 1
            folder = tmp_path / f"{place}-{held}"
            assert await consult(client, database, folder) == undisturbed, f"{folder.name}, CRASH_TEST_SEED={SEED}"
        return held

    held = await asyncio.gather(*(consult_again_and_again(f"place-{number}") for number in range(AT_ONCE)))
    kills = await killing
    for worker in workers:
        driver.kill(worker)
    assert forks(database) == []
    print(f"{kills} kills, {sum(held)} consultations, {driver.taken_over() - taken_over} turns taken over")  # noqa: T201


@dataclass(frozen=True)
class Waiting:
    """A run whose last confirmation is still to come, and with it all that is written into the project."""

    database: str
    kept: Path
    project: Path
    turn: Turn

    @contextmanager
    def restored(self) -> Iterator[str]:
        """The project as it was, in the same place, and a copy of the database as it was; its URL."""
        shutil.rmtree(self.project)
        shutil.copytree(self.kept, self.project)
        with copied_database(self.database) as copy:
            yield copy


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def waiting(driver: Driver, postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Waiting:
    database, folder = create_database(postgres), tmp_path_factory.mktemp("waiting")
    project = folder / NAME
    project.mkdir()
    write_project(project)
    worker = driver.start(database)
    async with AsyncExitStack() as opened:
        client = await connect(database, opened)
        turn = await client.start(project)
        while turn.question_key != "document_decisions":
            turn = await client.submit(turn.run, turn.interrupt_id, usual(turn))
    driver.kill(worker)
    return Waiting(database, Path(shutil.copytree(project, folder / "kept")), project, turn)


@dataclass(frozen=True)
class Ending:
    """How a run ended whose worker died at a write."""

    died: bool
    points: int
    """Writes of the first worker."""
    answers: list[str]
    result: dict[str, Any]


async def finish_with_a_crash(driver: Driver, waiting: Waiting, kind: str, point: int) -> Ending:
    """Hold the rest of the run with a worker that dies at a write, if one is chosen, and another that follows it."""
    with waiting.restored() as database:
        first = driver.start(database, point=point, kinds=[kind])
        async with AsyncExitStack() as opened:
            client = await connect(database, opened)
            talking = asyncio.create_task(converse(client, waiting.turn))
            dying = asyncio.create_task(died(driver, first))
            await asyncio.wait([talking, dying], return_when=asyncio.FIRST_COMPLETED, timeout=PATIENCE)
            # The client may be told of the end before the last write.
            await asyncio.wait([dying], timeout=PATIENCE if point else 0)
            alive = not dying.done()
            if alive:
                os.kill(first, signal.SIGKILL)
            _, points = await dying
            second = driver.start(database)
            try:
                _, last = await asyncio.wait_for(talking, PATIENCE)
            finally:
                driver.kill(second)
        await check_replay(database, last.run)
        assert forks(database) == []
        return Ending(not alive, points, await answers_of(database, last.run), dict(last.result))


@pytest.mark.parametrize("kind", ["files", "runs", "queue"])
async def test_a_worker_killed_at_a_write_is_followed_by_another_and_nothing_is_changed(
    driver: Driver, waiting: Waiting, undisturbed: Consultation, chance: random.Random, kind: str
) -> None:
    total = (await finish_with_a_crash(driver, waiting, kind, point=0)).points
    assert total > 10
    points = range(1, total + 1)
    for point in points if EVERY_WRITE else sorted(chance.sample(points, 4)):
        ending = await finish_with_a_crash(driver, waiting, kind, point)
        where = f"{kind}: killed at write {point} of {total}, CRASH_TEST_SEED={SEED}"
        assert ending.died, where
        assert ending.answers == undisturbed.answers, where
        assert ending.result == undisturbed.result, where
        assert files_of(waiting.project) == undisturbed.files, where
    print(f"{kind}: {total} writes")  # noqa: T201
