"""Runs in a real PostgreSQL, started for these tests."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

pytest.importorskip("psycopg", reason="PostgreSQL needs the `postgres` extra")
pytest.importorskip("langgraph.checkpoint.postgres", reason="PostgreSQL needs the `postgres` extra")

from fine_tuning_specialist.runs.errors import RunInUseError, StoreUnavailableError
from fine_tuning_specialist.runs.session import RunSession
from fine_tuning_specialist.runs.store import open_store

PROJECT = Path("/projects/shop")


@pytest.fixture
def database(postgres: str) -> str:
    return postgres


@pytest.fixture
def small_step() -> ModuleType:
    file = Path(__file__).parents[1] / "fixtures" / "small_step.py"
    spec = importlib.util.spec_from_file_location("small_step", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def test_a_run_is_kept_and_continued(database: str, small_step: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "sidecar.yaml").touch()

    async def ignore(_: object) -> None:
        return None

    for reply in ("yes", "a shop", "ok", "yes", "C"):
        async with open_store(database) as store:
            run = await store.runs.claim(tmp_path)
            async with store.lease(run.name):
                step = small_step.build_graph(None).compile(checkpointer=store.saver)
                session = RunSession(step, run, store.runs, ignore)
                await session.start({"project_dir": str(tmp_path)})
                await session.answer(reply)
    assert session.finished
    assert session.result()["status"] == "completed"


async def test_a_second_writer_is_refused_until_the_first_has_left(database: str) -> None:
    async with open_store(database) as first, open_store(database) as second:
        run = await first.runs.claim(PROJECT)
        assert await second.runs.claim(PROJECT) == run
        async with first.lease(run.name):
            with pytest.raises(RunInUseError, match=run.name):
                async with second.lease(run.name):
                    pass
            async with second.lease("another"):
                pass
        async with second.lease(run.name):
            pass


async def test_a_database_that_cannot_be_reached_is_refused_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailableError, match="cannot be used") as refused:
        async with open_store(f"postgresql://me:secret@/db?host={tmp_path}"):
            pass
    assert "secret" not in str(refused.value)
