"""A fork starts a new run at a boundary of another one, asks there again, and leaves the old one alone."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from recorded_run import NothingThere, hold, open_run, record, recording
from scripted_conversation import ScriptedKnowledge

from fine_tuning_specialist.builder import build_graph
from fine_tuning_specialist.replay.forking import ForkError, fork
from fine_tuning_specialist.replay.replaying import replay
from fine_tuning_specialist.runs.errors import RunMismatchError
from fine_tuning_specialist.runs.session import Step
from fine_tuning_specialist.runs.store import RunStore, open_store

MakeProject = Callable[..., Path]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[RunStore]:
    async with open_store(str(tmp_path / "data" / "runs.sqlite")) as opened:
        yield opened


def look(store: RunStore) -> Step:
    return build_graph(NothingThere()).compile(checkpointer=store.saver)


async def rows(store: RunStore, run: str) -> list[tuple[object, ...]]:
    """Everything that is stored of a run."""
    found = await store.sql.execute("SELECT * FROM checkpoints WHERE thread_id = ?", (run,))
    found += await store.sql.execute("SELECT * FROM writes WHERE thread_id = ?", (run,))
    return found + await store.sql.execute("SELECT * FROM journal WHERE run = ?", (run,))


@pytest.mark.parametrize(
    "node", ["entry_checkpoint", "welcome", "query_methodologies", "configure_peft", "document_decisions", "hand_off"]
)
async def test_a_fork_of_a_finished_run_asks_again_and_both_can_be_replayed(
    store: RunStore, project: MakeProject, knowledge: ScriptedKnowledge, node: str
) -> None:
    old = (await record(store, project(), knowledge)).run
    before = await rows(store, old.name)
    new = await fork(store, old, node, look(store))
    session = await open_run(store, new, knowledge)
    if node not in ("query_methodologies", "hand_off"):
        assert session.pending is not None
        assert session.pending.question_key == node
    told = {"configure_peft": {"fields": {"rank": 24}, "accept_recommended": True}}
    await hold(session, told if node != "hand_off" else None)
    assert session.result()["status"] == "completed"
    if node not in ("document_decisions", "hand_off"):
        assert "24" in session.result()["artifacts"]["phase-2-training/training-spec.md"]
    assert await rows(store, old.name) == before
    for name in (old.name, new.name):
        report = await replay(await recording(store, name))
        assert report.differences == [], name


async def test_a_fork_of_a_fork_is_replayed_as_well(
    store: RunStore, project: MakeProject, knowledge: ScriptedKnowledge
) -> None:
    first = (await record(store, project(), knowledge, until="choose_infrastructure")).run
    second = await fork(store, first, "configure_peft", look(store))
    await hold(await open_run(store, second, knowledge), until="document_decisions")
    third = await fork(store, second, "welcome", look(store))
    await hold(await open_run(store, third, knowledge), until="configure_peft")
    fourth = await fork(store, second, "choose_infrastructure", look(store))
    await hold(await open_run(store, fourth, knowledge))
    for run in (first, second, third, fourth):
        assert (await replay(await recording(store, run.name))).differences == [], run.name
    assert [run.name for run in (second, third, fourth)] == [
        "router-help-fork",
        "router-help-fork-fork",
        "router-help-fork-fork-2",
    ]


async def test_a_fork_before_the_documents_are_read_reads_them_as_they_are_now(
    store: RunStore, project: MakeProject, knowledge: ScriptedKnowledge
) -> None:
    folder = project()
    old = (await record(store, folder, knowledge, until="welcome")).run
    document = folder / "phase-0-scoping" / "business-requirements.md"
    document.write_text(document.read_text().replace("400 USD", "900 USD"))
    new = await fork(store, old, "load_context", look(store))
    session = await hold(await open_run(store, new, knowledge), until="present_menu")
    assert (await replay(await recording(store, new.name))).differences == []
    assert session.pending is not None
    assert (await replay(await recording(store, old.name))).differences == []


async def test_a_fork_can_work_on_a_copy(
    store: RunStore, project: MakeProject, knowledge: ScriptedKnowledge, tmp_path: Path
) -> None:
    folder = project()
    old = (await record(store, folder, knowledge)).run
    before = (folder / "phase-2-training" / "training-spec.md").read_text()
    new = await fork(store, old, "configure_peft", look(store), name="second", output=tmp_path / "copy")
    told = {"configure_peft": {"fields": {"rank": 24}, "accept_recommended": True}}
    await hold(await open_run(store, new, knowledge), told)
    assert (folder / "phase-2-training" / "training-spec.md").read_text() == before
    assert (tmp_path / "copy" / "phase-2-training" / "training-spec.md").read_text() != before
    assert (await replay(await recording(store, "second"))).differences == []


async def test_a_node_that_the_run_has_not_come_to_is_refused(
    store: RunStore, project: MakeProject, knowledge: ScriptedKnowledge
) -> None:
    run = (await record(store, project(), knowledge, until="welcome")).run
    with pytest.raises(ForkError, match="has not come to configure_peft"):
        await fork(store, run, "configure_peft", look(store))
    with pytest.raises(ForkError, match="no node 'peft'"):
        await fork(store, run, "peft", look(store))
    with pytest.raises(RunMismatchError, match="already"):
        await fork(store, run, "welcome", look(store), name=run.name)
    assert [listed.name for listed in await store.runs.all()] == [run.name]
