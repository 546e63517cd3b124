"""The list of runs: names, which run a command means, and what is refused."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fine_tuning_specialist.runs.errors import (
    IncompatibleRunError,
    RunMismatchError,
    StoreUnavailableError,
    UnknownRunError,
)
from fine_tuning_specialist.runs.records import RunList, name_for
from fine_tuning_specialist.runs.store import RunStore, open_store

SHOP = Path("/projects/shop")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[RunStore]:
    async with open_store(str(tmp_path / "runs.sqlite")) as opened:
        yield opened


@pytest.fixture
def runs(store: RunStore) -> RunList:
    return store.runs


async def test_a_run_is_named_after_its_folder_and_then_numbered(runs: RunList) -> None:
    names = [(await runs.claim(SHOP, new=True)).name for _ in range(3)]
    assert names == ["shop", "shop-2", "shop-3"]
    assert (await runs.claim(Path("/elsewhere/shop"))).name == "shop-4"


async def test_the_same_project_continues_its_open_run(runs: RunList) -> None:
    first = await runs.claim(SHOP)
    assert await runs.claim(SHOP) == first


async def test_an_open_run_comes_before_a_finished_one_that_is_newer(runs: RunList) -> None:
    first = await runs.claim(SHOP)
    second = await runs.claim(SHOP, new=True)
    await runs.update(second, status="completed", section="", title="")
    assert (await runs.claim(SHOP)).name == first.name
    await runs.update(first, status="skipped", section="", title="")
    assert (await runs.claim(SHOP)).finished


async def test_a_copy_has_a_run_of_its_own(runs: RunList) -> None:
    original = await runs.claim(SHOP)
    copy = await runs.claim(SHOP, output=Path("/copies/shop"))
    assert copy.name != original.name
    assert await runs.claim(SHOP, output=Path("/copies/shop")) == copy


async def test_a_run_is_found_by_its_name_alone(runs: RunList) -> None:
    run = await runs.claim(SHOP, name="first-try")
    assert run.name == "first-try"
    assert await runs.claim(None, name="first-try") == run


async def test_what_cannot_be_meant_is_refused_with_a_remedy(runs: RunList) -> None:
    await runs.claim(SHOP, name="mine")
    with pytest.raises(UnknownRunError, match="runs"):
        await runs.claim(None, name="other")
    with pytest.raises(RunMismatchError, match="belongs to the project /projects/shop"):
        await runs.claim(Path("/projects/bank"), name="mine")
    with pytest.raises(RunMismatchError, match="already"):
        await runs.claim(SHOP, name="mine", new=True)
    with pytest.raises(RunMismatchError, match="writes to"):
        await runs.claim(SHOP, name="mine", output=Path("/copies"))
    for name in ("../up", "", "a b", ".hidden", "x" * 101):
        with pytest.raises(RunMismatchError, match="letters"):
            await runs.claim(SHOP, name=name)


async def test_a_run_of_another_graph_version_is_refused_until_it_is_finished(
    runs: RunList, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await runs.claim(SHOP)
    monkeypatch.setattr("fine_tuning_specialist.runs.records.GRAPH_VERSION", run.graph_version + 1)
    with pytest.raises(IncompatibleRunError, match="--new"):
        await runs.claim(SHOP)
    await runs.update(run, status="completed", section="", title="")
    assert (await runs.claim(SHOP)).finished


async def test_a_refused_claim_leaves_the_list_usable(runs: RunList) -> None:
    with pytest.raises(UnknownRunError):
        await runs.claim(None, name="other")
    assert await runs.all() == []
    await runs.claim(SHOP)


async def test_progress_is_listed_with_the_latest_first(runs: RunList) -> None:
    first = await runs.claim(SHOP)
    await runs.claim(SHOP, new=True)
    await runs.update(first, status="open", section="6", title="PEFT")
    listed = await runs.all()
    assert [(run.name, run.section) for run in listed] == [("shop", "6"), ("shop-2", "")]
    await runs.remove("shop")
    assert [run.name for run in await runs.all()] == ["shop-2"]


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("/a/My Shop (2)", "My-Shop-2"),
        ("/", "run"),
        ("/a/..b", "b"),
        ("/a/größe", "größe"),
        ("/a/" + "x" * 200, "x" * 80),
    ],
)
def test_a_name_can_stand_in_a_command_and_a_file_name(folder: str, name: str) -> None:
    assert name_for(Path(folder)) == name


async def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no database " * 1000)
    (tmp_path / "file").write_text("")
    for database, words in (
        (str(tmp_path / "text"), "not a database"),
        (str(tmp_path), "unable to open"),
        (str(tmp_path / "file" / "runs.sqlite"), "cannot be used"),
        ("mysql://me:secret@host/db", "postgresql"),
    ):
        with pytest.raises(StoreUnavailableError, match=words) as refused:
            async with open_store(database):
                pass
        assert "secret" not in str(refused.value)
