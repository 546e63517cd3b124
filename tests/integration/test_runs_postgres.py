"""Runs in a real PostgreSQL, started for these tests."""

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

pytest.importorskip("psycopg", reason="PostgreSQL needs the `postgres` extra")
pytest.importorskip("langgraph.checkpoint.postgres", reason="PostgreSQL needs the `postgres` extra")

from fine_tuning_specialist.runs.errors import RunInUseError, StoreUnavailableError
from fine_tuning_specialist.runs.session import RunSession
from fine_tuning_specialist.runs.store import open_store

PROJECT = Path("/projects/shop")


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server on a socket of its own; it refuses to run as root, so root lends it another user."""
    given = os.environ.get("FINE_TUNING_TEST_POSTGRES")
    if given:
        yield given
        return
    if shutil.which("initdb") is None or shutil.which("pg_ctl") is None:
        pytest.skip("PostgreSQL's initdb and pg_ctl are not installed")
    user = "nobody" if os.geteuid() == 0 else None
    folder = Path("/tmp") / f"fts-postgres-{os.getpid()}"  # noqa: S108 - a socket's path must be short
    folder.mkdir(mode=0o700)
    if user:
        shutil.chown(folder, user)
    data = folder / "data"

    def command(*arguments: str) -> None:
        # Not captured: the server would inherit the pipe and keep it open.
        subprocess.run(
            arguments,
            check=True,
            user=user,
            cwd=folder,
            timeout=60,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    try:
        command("initdb", "-D", str(data), "-A", "trust", "-U", "tests", "--no-sync")
        options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
        command("pg_ctl", "-D", str(data), "-l", str(folder / "log"), "-w", "-o", options, "start")
        try:
            yield f"postgresql:///postgres?host={folder}&user=tests"
        finally:
            command("pg_ctl", "-D", str(data), "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


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
