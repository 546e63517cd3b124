"""A recorded run is executed again from its journal and leaves the same, or it is said where it does not."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from recorded_run import NothingThere, hold, open_run, record, recording
from scripted_conversation import QUALITY, ScriptedKnowledge

from fine_tuning_specialist.builder import build_graph
from fine_tuning_specialist.knowledge.evidence import Query
from fine_tuning_specialist.project.writing import artifacts
from fine_tuning_specialist.project.writing.training_spec import training_spec
from fine_tuning_specialist.replay.replaying import NoJournalError, load_recording, replay
from fine_tuning_specialist.runs.errors import IncompatibleRunError
from fine_tuning_specialist.runs.session import RunSession
from fine_tuning_specialist.runs.store import RunStore, open_store

MakeProject = Callable[..., Path]

SPEC = "phase-2-training/training-spec.md"
RETRY = {"fields": {"action": "retry"}}
CONTINUE = {"fields": {"action": "continue"}}


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[RunStore]:
    async with open_store(str(tmp_path / "data" / "runs.sqlite")) as opened:
        yield opened


@pytest.fixture
def nothing_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on, whoever opens a connection or starts a process fails."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the replay reached outside")

    for name in ("connect", "connect_ex", "sendto", "bind"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    for name in ("create_subprocess_exec", "create_subprocess_shell"):
        monkeypatch.setattr(asyncio, name, refuse)


@pytest.mark.usefixtures("nothing_outside")
async def test_a_finished_run_leaves_the_same_files_again(
    store: RunStore, project: MakeProject, knowledge: ScriptedKnowledge
) -> None:
    folder = project()
    session = await record(store, folder, knowledge)
    assert session.finished
    asked = len(knowledge.queries)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    report = await replay(await recording(store, session.run.name))
    assert report.differences == []
    assert {SPEC, "sidecar.yaml", "decision-log.md"} <= set(report.files)
    assert report.edited == []
    assert report.unused == []
    assert len(knowledge.queries) == asked
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("stated", [{"architecture": "rag-only"}, {"examples": 40}])
async def test_other_outcomes_are_replayed_as_well(
    store: RunStore, project: MakeProject, knowledge: ScriptedKnowledge, stated: dict[str, Any]
) -> None:
    told = {"resolve_insufficient_data": {"fields": {"strategy": "rag-first"}, "accept_recommended": True}}
    session = await record(store, project(**stated), knowledge, {} if "architecture" in stated else told)
    assert session.result()["status"] == ("skipped" if "architecture" in stated else "deferred")
    assert (await replay(await recording(store, session.run.name))).differences == []


async def test_a_paused_run_is_replayed_up_to_its_question(
    store: RunStore, project: MakeProject, knowledge: ScriptedKnowledge
) -> None:
    told = {"configure_peft": ["why rank?", "rank 24"]}
    session = await record(store, project(), knowledge, told, until="configure_peft")
    report = await replay(await recording(store, session.run.name))
    assert report.differences == []
    assert report.files == []
    assert report.turns == 7


async def test_a_failing_knowledge_base_fails_again_in_the_replay(
    store: RunStore, project: MakeProject, knowledge: ScriptedKnowledge
) -> None:
    knowledge.failures = 2
    told = {"knowledge_failure": [RETRY, RETRY]}
    session = await record(store, project(), knowledge, told, until="assess_training_data")
    report = await replay(await recording(store, session.run.name))
    assert report.differences == []
    knowledge.failures = 1
    await hold(session, {"knowledge_failure": CONTINUE})
    report = await replay(await recording(store, session.run.name))
    assert report.differences == []
    assert report.turns > 10


async def test_files_that_someone_has_edited_are_named_and_are_no_failure(
    store: RunStore, project: MakeProject, knowledge: ScriptedKnowledge
) -> None:
    folder = project()
    session = await record(store, folder, knowledge)
    (folder / SPEC).write_text("my own words", encoding="utf-8")
    (folder / "decision-log.md").unlink()
    report = await replay(await recording(store, session.run.name))
    assert report.agrees
    assert report.edited == ["decision-log.md", SPEC]


async def test_what_others_wrote_into_shared_files_meanwhile_is_part_of_the_run(
    store: RunStore, project: MakeProject, knowledge: ScriptedKnowledge
) -> None:
    folder = project()
    session = await record(store, folder, knowledge, until="document_decisions")
    log = folder / "decision-log.md"
    log.write_text("# Decision Log\n\n## EMB-001: Embeddings\n\n**Decision:** e5\n", encoding="utf-8")
    await hold(session, until="present_menu")
    sidecar = folder / "sidecar.yaml"
    sidecar.write_text(f"# added by hand\n{sidecar.read_text(encoding='utf-8')}", encoding="utf-8")
    await hold(session)
    report = await replay(await recording(store, session.run.name))
    assert report.differences == []
    assert report.edited == []
    assert "EMB-001" in session.result()["artifacts"]["decision-log.md"]
    assert "# added by hand" in session.result()["artifacts"]["sidecar.yaml"]


async def test_what_was_found_amiss_on_disk_is_found_again(
    store: RunStore, project: MakeProject, knowledge: ScriptedKnowledge
) -> None:
    folder = project()
    session = await record(store, folder, knowledge, until="present_menu")
    (folder / SPEC).unlink()
    await session.answer("C")
    assert session.pending is not None
    assert "is missing" in session.pending.payload["message"]
    assert (await replay(await recording(store, session.run.name))).differences == []


async def test_a_changed_template_shows_up_as_a_readable_difference(
    store: RunStore, project: MakeProject, knowledge: ScriptedKnowledge, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await record(store, project(), knowledge)
    recorded = await recording(store, session.run.name)

    def changed(design: Any) -> str | None:
        spec = training_spec(design)
        return spec and spec.replace("# Training", "# Fine-Tuning")

    monkeypatch.setattr(artifacts, "training_spec", changed)
    report = await replay(recorded)
    assert not report.agrees
    (difference,) = report.differences
    assert (difference.subject, difference.name) == ("file", SPEC)
    lines = difference.text.splitlines()
    assert any(line.startswith("-# Training") for line in lines)
    assert any(line.startswith("+# Fine-Tuning") for line in lines)


async def test_a_changed_prompt_shows_up_as_a_readable_difference(
    store: RunStore, project: MakeProject, knowledge: ScriptedKnowledge
) -> None:
    session = await record(store, project(), knowledge, until="welcome")
    recorded = await recording(store, session.run.name)
    entries = [
        replace(entry, result={"message": "Shall we proceed?"}) if entry.kind == "reply" else entry
        for entry in recorded.entries
    ]
    report = await replay(replace(recorded, entries=entries))
    (difference,) = report.differences
    assert (difference.subject, difference.name) == ("question", "turn 1: entry_checkpoint")
    assert "-Shall we proceed?" in difference.text
    assert "[Y/N]" in difference.text


async def test_a_query_that_was_not_made_then_is_named_with_the_nearest_one(
    store: RunStore, project: MakeProject, knowledge: ScriptedKnowledge
) -> None:
    session = await record(store, project(), knowledge, until="assess_training_data")
    recorded = await recording(store, session.run.name)
    first = next(entry for entry in recorded.entries if entry.kind == "consult")
    otherwise = replace(first, payload={**first.payload, "text": first.payload["text"] + " 2025"})
    entries = [otherwise if entry is first else entry for entry in recorded.entries]
    report = await replay(replace(recorded, entries=entries))
    (difference,) = [item for item in report.differences if item.subject == "query"]
    assert first.payload["text"] in difference.name
    assert f"{first.payload['text']} 2025" in difference.text


async def test_a_run_that_asks_something_else_is_told_at_that_turn(
    store: RunStore, project: MakeProject, knowledge: ScriptedKnowledge
) -> None:
    session = await record(store, project(), knowledge, until="assess_training_data")
    recorded = await recording(store, session.run.name)
    replies = [entry for entry in recorded.entries if entry.kind == "reply"]
    report = await replay(replace(recorded, entries=[e for e in recorded.entries if e is not replies[0]]))
    (difference,) = report.differences
    assert difference.text == "The run asked welcome here; executed again, it asks entry_checkpoint."


async def test_asking_again_shows_what_the_knowledge_base_answers_otherwise(
    store: RunStore, project: MakeProject, knowledge: ScriptedKnowledge
) -> None:
    session = await record(store, project(), knowledge, until="assess_training_data")
    recorded = await recording(store, session.run.name)
    same = await replay(recorded, live=knowledge)
    assert same.agrees
    assert same.live
    assert same.answers == []
    warning = {"id": "new-warning", "topic": "overfitting", "title": "Watch the loss", "content": "It may rise."}
    knowledge.added = {"get_warnings": [warning]}
    other = await replay(recorded, live=knowledge)
    assert [item.name.partition("(")[0] for item in other.answers] == ["get_warnings"]
    assert "+ Watch the loss" in other.answers[0].text or "new-warning" in other.answers[0].text


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("UPDATE journal SET content = (SELECT content FROM journal WHERE number = 2) WHERE number = 4", "Entry 4"),
        ("UPDATE journal SET content = X'00' WHERE number = 3", "Entry 3"),
        ("UPDATE journal SET key = 'x' WHERE number = 5", "Entry 5"),
        ("UPDATE journal SET kind = 'wish' WHERE number = 5", "Entry 5"),
        ("DELETE FROM journal WHERE number = 2", "Entry 2"),
        ("UPDATE journal SET seal = (SELECT seal FROM journal WHERE number = 1) WHERE number = 2", "Entry 2"),
    ],
)
async def test_a_changed_entry_of_the_journal_is_named(
    store: RunStore, project: MakeProject, knowledge: ScriptedKnowledge, change: str, named: str
) -> None:
    session = await record(store, project(), knowledge, until="assess_training_data")
    await store.sql.execute(change)
    with pytest.raises(Exception, match=rf"{named} of the journal of the run 'router-help'.*not replayed") as caught:
        await recording(store, session.run.name)
    assert type(caught.value).__name__ == "JournalError"
    again = await open_run(store, session.run, knowledge)
    assert again.pending is not None  # it can be continued all the same


async def test_a_run_without_a_journal_is_refused_in_words(
    store: RunStore, project: MakeProject, knowledge: ScriptedKnowledge
) -> None:
    async def ignore(_: object) -> None:
        return None

    run = await store.runs.claim(project())
    session = RunSession(build_graph(knowledge).compile(checkpointer=store.saver), run, store.runs, ignore)
    await session.start({"project_dir": run.project})
    with pytest.raises(NoJournalError, match="without a journal"):
        await recording(store, run.name)


async def test_a_run_of_another_version_is_refused_in_words(
    store: RunStore, project: MakeProject, knowledge: ScriptedKnowledge
) -> None:
    run = (await record(store, project(), knowledge, until="welcome")).run
    look = build_graph(NothingThere()).compile(checkpointer=store.saver)
    with pytest.raises(IncompatibleRunError, match="version 99 of the graph"):
        await load_recording(store, replace(run, graph_version=99), look)


async def test_a_reply_that_never_came_in_is_no_part_of_the_run(
    store: RunStore, project: MakeProject, knowledge: ScriptedKnowledge
) -> None:
    session = await record(store, project(), knowledge, until="welcome")
    assert session.pending is not None
    journal = session._journal  # as if the process had died between writing it down and taking it in
    assert journal is not None
    await journal.reply(session.pending.interrupt_id, "", session.pending.payload, "chat, from our tickets")
    assert (await replay(await recording(store, session.run.name))).differences == []
    again = await open_run(store, session.run, knowledge)
    await hold(again, until="assess_training_data")
    report = await replay(await recording(store, session.run.name))
    assert report.differences == []
    assert report.turns == 2


async def test_a_step_that_was_executed_twice_counts_once(
    store: RunStore, project: MakeProject, knowledge: ScriptedKnowledge, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await record(store, project(), knowledge, until="welcome")

    async def die(_: object) -> list[Any]:
        raise ConnectionAbortedError

    from fine_tuning_specialist.replay.recording import JournallingKnowledge

    consult = JournallingKnowledge.consult

    async def consult_and_die(self: JournallingKnowledge, queries: list[Query]) -> Any:
        await consult(self, queries)
        return await die(queries)

    knowledge.added = {"get_warnings": [{"id": "first", "topic": "t", "content": "Only seen before the crash."}]}
    monkeypatch.setattr(JournallingKnowledge, "consult", consult_and_die)
    with pytest.raises(ConnectionAbortedError):
        await hold(session, until="assess_training_data")
    monkeypatch.setattr(JournallingKnowledge, "consult", consult)
    knowledge.added = {}
    await hold(await open_run(store, session.run, knowledge), until="select_base_model")
    assert (await replay(await recording(store, session.run.name))).differences == []


async def test_a_run_on_a_copy_is_replayed_as_one_whatever_the_copy_is_called(
    store: RunStore, project: MakeProject, knowledge: ScriptedKnowledge, tmp_path: Path
) -> None:
    folder, output = project(), tmp_path / "elsewhere" / "draft"
    for name in ("first", "second"):  # the second one goes on in the copy that the first one made
        run = await store.runs.claim(folder, output=output, name=name, new=True)
        inputs = {"project_dir": str(folder), "output_dir": str(output)}
        session = await hold(await open_run(store, run, knowledge, inputs))
        assert (output / SPEC).exists()
        report = await replay(await recording(store, session.run.name))
        assert report.differences == []
        assert SPEC in report.files


async def test_named_data_files_need_not_be_there_any_more(
    store: RunStore, project: MakeProject, knowledge: ScriptedKnowledge
) -> None:
    folder = project()
    (folder / "data").mkdir()
    (folder / "data" / "train.jsonl").touch()
    quality = {"verified": "some", "coverage": "full", "data_paths": {"sft": ["data/train.jsonl"]}}
    missing = {"fields": {**quality, "data_paths": {"sft": ["data/no.jsonl"]}}, "accept_recommended": True}
    told = {"assess_training_data": [missing, {"fields": quality, "accept_recommended": True}]}
    session = await record(store, folder, knowledge, told, until="configure_peft")
    (folder / "data" / "train.jsonl").unlink()
    assert (await replay(await recording(store, session.run.name))).differences == []


async def test_what_was_seen_on_disk_is_seen_again_whatever_is_there_now(
    store: RunStore, project: MakeProject, knowledge: ScriptedKnowledge, tmp_path: Path
) -> None:
    folder = project()
    named = {"fields": {**QUALITY, "data_paths": {"sft": ["data/late.jsonl"]}}, "accept_recommended": True}
    session = await record(store, folder, knowledge, until="assess_training_data")
    await session.answer(named)
    assert session.pending is not None
    assert "data/late.jsonl" in session.pending.payload["message"]
    (folder / "data").symlink_to(tmp_path)
    await session.answer(named)
    assert "data/late.jsonl" in session.pending.payload["message"]
    (folder / "data").unlink()
    (folder / "data").mkdir()
    (folder / "data" / "late.jsonl").touch()
    await session.answer(named)
    assert session.pending.question_key == "select_base_model"
    for remaining in ("data/late.jsonl", "data"):
        report = await replay(await recording(store, session.run.name))
        assert report.differences == [], remaining
        assert report.turns == 5
        place = folder / remaining
        place.rmdir() if place.is_dir() else place.unlink()
    assert (await replay(await recording(store, session.run.name))).agrees


async def test_forty_turns_are_replayed_in_under_two_seconds(
    store: RunStore, project: MakeProject, knowledge: ScriptedKnowledge
) -> None:
    told = {"configure_peft": ["why rank?", "What is LoRA?"] * 10, "present_menu": ["P", "What is DPO?"] * 5 + ["C"]}
    session = await record(store, project(), knowledge, told)
    recorded = await recording(store, session.run.name)
    begin = time.process_time()
    report = await replay(recorded)
    assert report.agrees
    assert report.turns >= 40
    assert time.process_time() - begin < 2.0


async def test_the_journal_holds_no_settings_of_the_workflow(
    store: RunStore, project: MakeProject, knowledge: ScriptedKnowledge, tmp_path: Path
) -> None:
    folder = project()
    config = (
        "paths: {agents_folder: people}\nknowledge_mcp: {endpoint: https://user:hush@kb.example/mcp, token: s3cret}\n"
    )
    (tmp_path / "config.yaml").write_text(config, encoding="utf-8")
    (tmp_path / "people").mkdir()
    (tmp_path / "people" / "fine-tuning-specialist.md").write_text("# Tess, the tuner\n", encoding="utf-8")
    session = await record(store, folder, knowledge, until="assess_training_data")
    recorded = await recording(store, session.run.name)
    written = json.dumps([[entry.payload, entry.result] for entry in recorded.entries])
    assert "s3cret" not in written
    assert "hush" not in written
    assert "Tess" in written
    assert (await replay(recorded)).differences == []
