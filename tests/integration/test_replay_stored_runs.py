"""Runs that earlier code has stored are continued by today's, or refused in words."""

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from recorded_run import NothingThere, hold, open_run
from scripted_conversation import ScriptedKnowledge

from fine_tuning_specialist.builder import build_graph
from fine_tuning_specialist.replay.forking import fork
from fine_tuning_specialist.replay.history import history
from fine_tuning_specialist.replay.replaying import load_recording
from fine_tuning_specialist.runs.errors import IncompatibleRunError
from fine_tuning_specialist.runs.store import RunStore, open_store
from fine_tuning_specialist.state import GRAPH_VERSION

CORPUS = Path(__file__).parents[1] / "fixtures" / "stored-runs"
VERSIONS = sorted(CORPUS.glob("graph-*.sqlite.gz"))
OPEN_RUNS = {
    "at-first-question": "entry_checkpoint",
    "in-section-6": "configure_peft",
    "knowledge-failed": "knowledge_failure",
    "at-menu": "present_menu",
}


@pytest.fixture(params=VERSIONS, ids=lambda path: path.name.partition(".")[0])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[RunStore]:
    database = tmp_path / "runs.sqlite"
    database.write_bytes(gzip.decompress(request.param.read_bytes()))
    async with open_store(str(database)) as opened:
        yield opened


def test_there_is_a_stored_run_of_this_version() -> None:
    assert CORPUS / f"graph-{GRAPH_VERSION}.sqlite.gz" in VERSIONS


@pytest.mark.parametrize("name", OPEN_RUNS)
async def test_an_open_run_is_continued_at_its_question_to_its_end(
    store: RunStore, knowledge: ScriptedKnowledge, name: str
) -> None:
    run = await store.runs.named(name)
    if run.graph_version != GRAPH_VERSION:
        with pytest.raises(IncompatibleRunError, match=f"version {run.graph_version}"):
            await store.runs.claim(None, name=name)
        return
    session = await open_run(store, await store.runs.claim(None, name=name), knowledge)
    assert session.continued
    assert session.pending is not None
    assert session.pending.question_key == OPEN_RUNS[name]
    told = {"knowledge_failure": {"fields": {"action": "retry"}}}
    await hold(session, told if name == "knowledge-failed" else None)
    assert session.result()["status"] == "completed"
    assert "phase-2-training/training-spec.md" in session.result()["artifacts"]


@pytest.mark.parametrize(("name", "status"), [("deferred", "deferred"), ("skipped", "skipped")])
async def test_a_finished_run_still_has_its_result(
    store: RunStore, knowledge: ScriptedKnowledge, name: str, status: str
) -> None:
    session = await open_run(store, await store.runs.claim(None, name=name), knowledge)
    assert session.finished
    assert session.result()["status"] == status
    assert session.result()["artifacts"]
    assert knowledge.queries == []


async def test_journal_and_history_of_a_stored_run_can_be_read_and_it_can_be_forked(
    store: RunStore, knowledge: ScriptedKnowledge
) -> None:
    run = await store.runs.named("at-menu")
    look = build_graph(NothingThere()).compile(checkpointer=store.saver)
    recording = await load_recording(store, run, look)
    assert len(recording.moves()) >= 10
    told = await history(run, look)
    assert [turn["question_key"] for turn in told["turns"]][:2] == ["entry_checkpoint", "welcome"]
    new = await fork(store, run, "choose_infrastructure", look)
    session = await hold(await open_run(store, new, knowledge))
    assert session.finished


@pytest.mark.parametrize("version", [GRAPH_VERSION - 1, GRAPH_VERSION + 1])
async def test_an_open_run_of_an_incompatible_version_is_refused_in_words(store: RunStore, version: int) -> None:
    await store.sql.execute("UPDATE runs SET graph_version = ?", (version,))
    with pytest.raises(IncompatibleRunError, match=f"started by version {version} .* this is version {GRAPH_VERSION}"):
        await store.runs.claim(None, name="at-menu")
    assert (await store.runs.claim(None, name="deferred")).status == "deferred"  # its result can still be shown


async def test_a_list_of_runs_from_before_models_were_noted_is_read(store: RunStore, tmp_path: Path) -> None:
    await store.sql.execute("ALTER TABLE runs DROP COLUMN model")
    async with open_store(str(tmp_path / "runs.sqlite")) as again:
        run = await again.runs.use_model(await again.runs.named("at-menu"), "openai:gpt-5")
        assert (await again.runs.named("at-menu")) == run
        assert (await again.runs.named("deferred")).model == ""
