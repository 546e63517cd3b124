"""Holding a journalled run in a test: a store, a project, a knowledge base in process, replies by question key."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripted_conversation import ACCEPT, DAY, USUAL, ScriptedKnowledge

from fine_tuning_specialist.builder import build_graph
from fine_tuning_specialist.documenting.store import DiskStore
from fine_tuning_specialist.replay.opening import open_journal
from fine_tuning_specialist.replay.recording import JournallingKnowledge, JournallingStore
from fine_tuning_specialist.replay.replaying import Recording, load_recording
from fine_tuning_specialist.runs.records import RunRecord
from fine_tuning_specialist.runs.session import RunSession
from fine_tuning_specialist.runs.store import RunStore

Told = Mapping[str, Any]


async def open_run(store: RunStore, run: RunRecord, knowledge: Any, inputs: Told | None = None) -> RunSession:
    """The run's session at its pending question, as the command line opens it."""
    journal = await open_journal(store, run)
    graph = build_graph(
        JournallingKnowledge(knowledge, journal), store=JournallingStore(DiskStore(clock=lambda: DAY), journal)
    )
    session = RunSession(graph.compile(checkpointer=store.saver), run, store.runs, _ignore, journal)
    await session.start(inputs or {"project_dir": run.project})
    return session


async def hold(session: RunSession, told: Told | None = None, until: str = "") -> RunSession:
    """Answer as told, else as usual, until a question waits (or to the end)."""
    left = {key: list(said) if isinstance(said, list) else [said] for key, said in (told or {}).items()}
    for _ in range(300):
        key = session.pending.question_key if session.pending else ""
        if key == until and not left.get(key):
            return session
        assert key, f"{until} was not asked"
        queue = left.get(key, [])
        await session.answer(queue.pop(0) if queue else USUAL.get(key, ACCEPT))
    raise AssertionError(f"{until or 'the end'} did not come")


async def record(
    store: RunStore, folder: Path, knowledge: ScriptedKnowledge, told: Told | None = None, until: str = ""
) -> RunSession:
    """A new run of a project, held up to a question or to the end."""
    run = await store.runs.claim(folder, new=True)
    return await hold(await open_run(store, run, knowledge), told, until)


async def recording(store: RunStore, name: str) -> Recording:
    """What the store holds of a run."""
    run = await store.runs.find(name)
    assert run is not None
    look = build_graph(NothingThere()).compile(checkpointer=store.saver)
    return await load_recording(store, run, look)


class NothingThere:
    """A knowledge base that nobody may ask."""

    async def consult(self, queries: Any) -> Any:
        raise AssertionError(f"the knowledge base was asked: {queries}")


async def _ignore(_: object) -> None:
    return None
