"""A run that was held with a language model is replayed from what the model said; a changed prompt is told."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from recorded_run import NothingThere, hold
from scripted_conversation import ScriptedKnowledge
from scripted_model import ScriptedModel

from fine_tuning_specialist.builder import build_graph
from fine_tuning_specialist.replay.opening import journalled, journalled_model, open_journal
from fine_tuning_specialist.replay.replaying import Recording, load_recording, replay
from fine_tuning_specialist.runs.session import RunSession
from fine_tuning_specialist.runs.store import RunStore, open_store

MakeProject = Callable[..., Path]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[RunStore]:
    async with open_store(str(tmp_path / "data" / "runs.sqlite")) as opened:
        yield opened


async def converse(
    store: RunStore, folder: Path, knowledge: Any, model: ScriptedModel, told: Any, until: str
) -> Recording:
    """A run with a model, as the command line holds it."""

    async def ignore(_: object) -> None:
        return None

    run = await store.runs.use_model(await store.runs.claim(folder, new=True), "openai:scripted")
    journal = await open_journal(store, run)
    asked, files = journalled(knowledge, journal)
    graph = build_graph(asked, model=journalled_model(model, journal), store=files)
    session = RunSession(graph.compile(checkpointer=store.saver), run, store.runs, ignore, journal)
    await session.start({"project_dir": run.project})
    await hold(session, told, until)
    look = build_graph(NothingThere()).compile(checkpointer=store.saver)
    return await load_recording(store, run, look)


async def test_what_the_model_said_and_how_it_failed_is_replayed_without_it(
    store: RunStore, project: MakeProject, knowledge: ScriptedKnowledge
) -> None:
    model = ScriptedModel(
        script={
            "advise": [
                "Your **5,200** pairs carry this.",
                ConnectionError("the line is down: key sk-hush"),
                "All is well.",
            ],
            "interpret": {"kind": "answer", "fields": {"rank": 24}},
            "answer": "LoRA trains small matrices beside frozen ones.",
        }
    )
    told = {"configure_peft": ["Could you make it a little richer than that?", "What is LoRA?"]}
    recording = await converse(store, project(), knowledge, model, told, "")
    calls = len(model.prompts)
    report = await replay(recording)
    assert report.differences == []
    assert len(model.prompts) == calls
    assert "sk-hush" not in str([[entry.payload, entry.result] for entry in recording.entries])
    kinds = [entry.kind for entry in recording.entries]
    assert kinds.count("model") > 10
    assert any("failed" in entry.result for entry in recording.entries if entry.kind == "model")
    texts = [entry.payload["text"] for entry in recording.entries if entry.kind == "text"]
    assert len(texts) == len(set(texts))


async def test_a_changed_prompt_is_shown_as_a_difference(
    store: RunStore, project: MakeProject, knowledge: ScriptedKnowledge
) -> None:
    recording = await converse(store, project(), knowledge, ScriptedModel(), {}, "assess_training_data")
    system = next(e for e in recording.entries if e.kind == "text" and "citation" in e.payload["text"].lower())
    other = replace(system, payload={"text": "Say what you like."})
    from fine_tuning_specialist.replay.prompts import digest

    old, new = digest(system.payload["text"]), digest("Say what you like.")

    def otherwise(entry: Any) -> Any:
        if entry is system:
            return other
        if entry.kind != "model":
            return entry
        messages = [
            [kind, [new if name == old else name for name in names]] for kind, names in entry.payload["messages"]
        ]
        return replace(entry, payload={**entry.payload, "messages": messages})

    report = await replay(replace(recording, entries=[otherwise(entry) for entry in recording.entries]))
    assert not report.agrees
    difference = report.differences[-1]
    assert difference.name == "model"
    assert "-Say what you like." in difference.text
    assert f"+{system.payload['text'].splitlines()[0]}" in difference.text


async def test_asking_the_model_again_shows_what_it_says_otherwise(
    store: RunStore, project: MakeProject, knowledge: ScriptedKnowledge
) -> None:
    model = ScriptedModel(script={"advise": "This is what I think."})
    recording = await converse(store, project(), knowledge, model, {}, "assess_training_data")
    assert (await replay(recording, live=knowledge, model=model)).agrees
    other = await replay(recording, live=knowledge, model=ScriptedModel(script={"advise": "I have thought again."}))
    assert any("+I have thought again." in difference.text for difference in other.differences)
