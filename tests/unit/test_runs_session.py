"""A run, driven question by question, over a step of five questions."""

import importlib.util
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from fine_tuning_specialist.runs.errors import InvalidReplyError
from fine_tuning_specialist.runs.session import RunSession
from fine_tuning_specialist.runs.store import RunStore, open_store


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[RunStore]:
    async with open_store(str(tmp_path / "runs.sqlite")) as opened:
        yield opened


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "sidecar.yaml").touch()
    return folder


class Driver:
    """Opens sessions on one store and keeps the events."""

    def __init__(self, store: RunStore, project: Path) -> None:
        self.store = store
        self.project = project
        self.events: list[Mapping[str, Any]] = []
        file = Path(__file__).parents[1] / "fixtures" / "small_step.py"
        spec = importlib.util.spec_from_file_location("small_step", file)
        assert spec is not None
        assert spec.loader is not None
        self.module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.module)

    async def open(self) -> RunSession:
        run = await self.store.runs.claim(self.project)
        step = self.module.build_graph(None).compile(checkpointer=self.store.saver)
        session = RunSession(step, run, self.store.runs, self._keep)
        await session.start({"project_dir": str(self.project)})
        return session

    async def _keep(self, event: Mapping[str, Any]) -> None:
        self.events.append(event)


@pytest.fixture
def driver(store: RunStore, project: Path) -> Driver:
    return Driver(store, project)


def key(session: RunSession) -> str:
    return session.pending.question_key if session.pending else ""


async def test_a_run_goes_from_question_to_question_to_its_result(driver: Driver, project: Path) -> None:
    session = await driver.open()
    asked = []
    while session.pending is not None:
        asked.append(key(session))
        await session.answer("yes")
    assert asked == ["entry_checkpoint", "welcome", "configure_peft", "document_decisions", "present_menu"]
    assert session.finished
    assert session.result()["status"] == "completed"
    assert (project / "training-spec.md").exists()
    assert session.run.status == "completed"


async def test_each_event_comes_once(driver: Driver) -> None:
    session = await driver.open()
    for _ in range(3):
        await session.answer("yes")
    kinds = [str(event["event"]) for event in driver.events]
    assert kinds == ["decision", "decision", "consulting", "consulted", "decision"]


async def test_opening_again_finds_the_same_question_and_keeps_the_answers(driver: Driver) -> None:
    first = await driver.open()
    await first.answer("yes")
    again = await driver.open()
    assert again.continued
    assert key(again) == key(first) == "welcome"
    assert again.pending == first.pending


async def test_an_invalid_reply_leaves_the_question_pending_and_spoils_nothing(driver: Driver) -> None:
    session = await driver.open()
    await session.answer("yes")
    for wrong in ({"foo": 1}, None, [], 7, "x" * 20_001, {"decisions": []}, {"fields": "x"}):
        with pytest.raises(InvalidReplyError):
            await session.answer(wrong)
        assert key(session) == "welcome"
    await session.answer("a shop")
    assert key(session) == "configure_peft"
    assert [event["choice"] for event in driver.events if event["event"] == "decision"] == ["yes", "a shop"]


async def test_every_form_of_reply_is_taken(driver: Driver) -> None:
    session = await driver.open()
    await session.answer({"decisions": [{"type": "approve"}]})
    await session.answer({"fields": {"domain": "shops"}})
    await session.answer({"fields": {}, "accept_recommended": True})
    await session.answer({"decisions": [{"type": "respond", "message": "fine"}]})
    assert key(session) == "present_menu"


async def test_an_empty_reply_reaches_the_step(driver: Driver) -> None:
    session = await driver.open()
    await session.answer("")
    assert key(session) == "welcome"


async def test_a_finished_run_shows_its_result_and_runs_nothing(driver: Driver) -> None:
    session = await driver.open()
    while session.pending is not None:
        await session.answer("yes")
    seen = len(driver.events)
    again = await driver.open()
    assert again.finished
    assert again.result()["message"] == "**Done.** On to Step 6."
    assert len(driver.events) == seen
    with pytest.raises(LookupError):
        await again.answer("yes")


async def test_the_list_of_runs_follows(driver: Driver) -> None:
    session = await driver.open()
    await session.answer("yes")
    listed = await driver.store.runs.all()
    assert [(run.name, run.status, run.section, run.title) for run in listed] == [("shop", "open", "1", "welcome")]
