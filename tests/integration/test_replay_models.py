"""A run that was held with a language model is replayed from what the model said; a changed prompt is told."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.outputs import ChatGenerationChunk
from recorded_run import NothingThere, hold
from scripted_conversation import ACCEPT, ScriptedKnowledge
from scripted_model import ScriptedModel

from fine_tuning_specialist.builder import build_graph
from fine_tuning_specialist.facilitation.model.calls import Caller, Limits
from fine_tuning_specialist.facilitation.model.failures import ModelFailedError
from fine_tuning_specialist.facilitation.model.spending import Spending
from fine_tuning_specialist.facilitation.model.stopping import Stopper
from fine_tuning_specialist.knowledge.evidence import Answer, Query
from fine_tuning_specialist.replay.entries import Row, from_row
from fine_tuning_specialist.replay.journalled_model import JournallingModel
from fine_tuning_specialist.replay.model_calls import as_chat_model
from fine_tuning_specialist.replay.opening import journalled, journalled_model, open_journal
from fine_tuning_specialist.replay.recorded import Recorded
from fine_tuning_specialist.replay.replayed_model import ReplayedModel
from fine_tuning_specialist.replay.replaying import Recording, load_recording, replay
from fine_tuning_specialist.replay.table import JournalTable
from fine_tuning_specialist.runs.session import RunSession
from fine_tuning_specialist.runs.store import RunStore, open_store

MakeProject = Callable[..., Path]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[RunStore]:
    async with open_store(str(tmp_path / "data" / "runs.sqlite")) as opened:
        yield opened


async def converse(
    store: RunStore,
    folder: Path,
    knowledge: Any,
    model: ScriptedModel,
    told: Any,
    until: str,
    stopper: Stopper | None = None,
) -> Recording:
    """A run with a model, as the command line holds it."""

    async def ignore(_: object) -> None:
        return None

    run = await store.runs.use_model(await store.runs.claim(folder, new=True), "openai:scripted")
    journal = await open_journal(store, run)
    asked, files = journalled(knowledge, journal)
    graph = build_graph(asked, model=journalled_model(model, journal), store=files, stopper=stopper)
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


ASKED = "What is LoRA?"
QUESTION = {"kind": "question", "question": ASKED}
LOOK_UP = AIMessage("Let me look.", tool_calls=[{"name": "search_knowledge", "args": {"text": "lora"}, "id": "1"}])


class StoppedModel(ScriptedModel):
    """Stops itself, as Ctrl-C would, after some pieces of an answer."""

    stopper: Any = None
    heard: int = 3

    async def _astream(self, messages: Any, *_: Any, **__: Any) -> AsyncIterator[ChatGenerationChunk]:
        for number, chunk in enumerate(self._chunks(messages)):
            if self.prompts[-1][0] == "answer" and number == self.heard:
                self.stopper.stop()
                await asyncio.Event().wait()
            yield chunk


class StoppedKnowledge:
    """Stops the answer for which a model makes a query."""

    def __init__(self, knowledge: ScriptedKnowledge, stopper: Stopper) -> None:
        self._knowledge = knowledge
        self._stopper = stopper

    async def consult(self, queries: Sequence[Query]) -> list[Answer]:
        if [query.text for query in queries] == ["lora"]:
            self._stopper.stop()
            await asyncio.Event().wait()
        return await self._knowledge.consult(queries)


async def check_replay(recording: Recording, stopper: Stopper) -> None:
    """The user has read that the answer was stopped, and reads the same again."""
    assert not stopper.stop()
    shown = [entry.result["message"] for entry in recording.entries if entry.kind == "reply"]
    assert any("*(stopped)*" in message for message in [*shown, recording.pending["message"]])
    report = await replay(recording)
    assert report.differences == []


@pytest.mark.parametrize("heard", [0, 1, 3])
async def test_an_answer_that_the_user_stopped_is_stopped_at_the_same_word(
    store: RunStore, project: MakeProject, knowledge: ScriptedKnowledge, heard: int
) -> None:
    stopper = Stopper()
    model = StoppedModel(
        script={"interpret": QUESTION, "answer": "LoRA trains small matrices."}, stopper=stopper, heard=heard
    )
    told = {"configure_peft": [ASKED, ACCEPT]}
    recording = await converse(store, project(), knowledge, model, told, "configure_hyperparameters", stopper)
    await check_replay(recording, stopper)
    (stopped,) = [entry for entry in recording.entries if entry.kind == "model" and "stopped" in entry.result]
    assert stopped.result["stopped"] == "LoRA trains small matrices."[: heard * model.pieces]


async def test_a_query_of_a_model_that_the_user_did_not_wait_for_is_not_waited_for_again(
    store: RunStore, project: MakeProject, knowledge: ScriptedKnowledge
) -> None:
    stopper = Stopper()
    model = ScriptedModel(script={"interpret": QUESTION, "answer": LOOK_UP})
    told = {"configure_peft": [ASKED, ACCEPT]}
    consulted = StoppedKnowledge(knowledge, stopper)
    recording = await converse(store, project(), consulted, model, told, "configure_hyperparameters", stopper)
    await check_replay(recording, stopper)
    live = await replay(recording, live=knowledge)
    assert live.differences == []


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("LoRA trains small matrices.", "model"),
        (ConnectionError("the line is down"), "model"),
        (LOOK_UP, "consult"),
    ],
    ids=["a complete answer", "before it is tried again", "what a query brought"],
)
async def test_a_stop_that_comes_while_something_is_written_down_comes_at_that_place_again(
    store: RunStore,
    project: MakeProject,
    knowledge: ScriptedKnowledge,
    monkeypatch: pytest.MonkeyPatch,
    said: Any,
    kind: str,
) -> None:
    stopper = Stopper()
    add = JournalTable.add

    async def add_and_stop(self: JournalTable, run: str, rows: Sequence[Row]) -> None:
        entries = [from_row(run, row) for row in rows if row[1] == kind]
        asked = [entry.payload for entry in entries]
        if any(item.get("text") == "lora" or item.get("tools") for item in asked):
            stopper.stop()
            await asyncio.sleep(0)
        await add(self, run, rows)

    monkeypatch.setattr(JournalTable, "add", add_and_stop)
    model = ScriptedModel(script={"interpret": QUESTION, "answer": said})
    told = {"configure_peft": [ASKED, ACCEPT]}
    recording = await converse(store, project(), knowledge, model, told, "configure_hyperparameters", stopper)
    await check_replay(recording, stopper)
    assert len(model.asked("answer")) == 1


class SilentModel(ScriptedModel):
    """Begins to speak and says no more."""

    async def _astream(self, messages: Any, *_: Any, **__: Any) -> AsyncIterator[ChatGenerationChunk]:
        yield next(iter(self._chunks(messages)))
        await asyncio.Event().wait()


async def test_a_reply_that_took_too_long_is_no_stop_and_takes_too_long_again(
    store: RunStore, project: MakeProject
) -> None:
    journal = await open_journal(store, await store.runs.claim(project()))
    limits = Limits(attempts=2, silence=0.01, pause=0.0)
    prompt = [SystemMessage("You answer."), HumanMessage(ASKED)]
    heard: list[str] = []
    for model in (JournallingModel(SilentModel(), journal), None):
        recorded = Recorded(await journal.entries())
        caller = Caller(as_chat_model(model or ReplayedModel(recorded)), limits)
        with pytest.raises(ModelFailedError, match="timeout"):
            await caller.spoken(prompt, Spending(), heard.append)
    assert recorded.left("model") == []
    assert heard == ["OK", "", "OK", ""]
