"""Carrying out turns: whatever happens to worker or database, a reply is taken in once."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import psycopg
from langchain_core.language_models import BaseChatModel

from ..builder import build_graph
from ..knowledge.client import Knowledge
from ..replay.journal import Journal
from ..replay.opening import journalled, journalled_model, open_journal
from ..runs.errors import RunInUseError, StoreUnavailableError
from ..runs.records import RunRecord
from ..runs.session import Event, RunSession
from ..runs.store import RunStore
from .edges import Edges
from .stores import Stores
from .turn import Turn

PAUSE_SECONDS = 0.5
"""Between two attempts, while the database is away or somebody else holds the run."""


@dataclass(frozen=True)
class ServedModel:
    """The chat model that a worker holds its runs with."""

    model: BaseChatModel
    spec: str
    """As it is noted with the runs: `PROVIDER:NAME`."""


Tell = Callable[[Event], Awaitable[None]]
Action = Callable[[RunSession, Journal], Awaitable[Turn]]


class Turns:
    """Carries out the turns of any run, on the stores that it is given.

    Every method waits while the database is away or the run is open elsewhere, and can be called again after a crash.
    """

    def __init__(self, stores: Stores, knowledge: Knowledge, model: ServedModel | None = None) -> None:
        self._stores = stores
        self._knowledge = knowledge
        self._model = model
        self._edges = Edges()
        self._graph = build_graph(knowledge=self._edges, store=self._edges)

    async def begin(self, run: str, inputs: Mapping[str, Any], tell: Tell) -> Turn:
        """Bring the run to its pending question or its end, from wherever it stands."""

        async def start(session: RunSession, _: Journal) -> Turn:
            await session.start(inputs)
            return standing(session)

        return await self._patiently(run, tell, start)

    async def reply(self, run: str, interrupt_id: str, value: Any, tell: Tell) -> Turn:
        """Take in a reply, if its question is pending.

        Where it is not, an earlier attempt may have taken the reply in before it was cut off, or somebody may have
        answered elsewhere, before or in the meantime. The run's journal tells which reply it was.
        """

        async def answer(session: RunSession, journal: Journal) -> Turn:
            await session.start({})
            taken_in = value
            if session.pending is not None and session.pending.interrupt_id == interrupt_id:
                await session.answer(value)
            else:
                taken_in = await journal.reply_to(interrupt_id)
            return replace(standing(session), applied=taken_in == value, reply=taken_in)

        return await self._patiently(run, tell, answer)

    async def _patiently(self, run: str, tell: Tell, action: Action) -> Turn:
        while True:
            try:
                async with self._stores.lend() as store, store.lease(run):
                    return await self._in(store, run, tell, action)
            except (RunInUseError, StoreUnavailableError, psycopg.OperationalError, psycopg.InterfaceError):
                await asyncio.sleep(PAUSE_SECONDS)

    async def _in(self, store: RunStore, name: str, tell: Tell, action: Action) -> Turn:
        record: RunRecord = await store.runs.claim(None, name=name)
        spec = self._model.spec if self._model else ""
        if record.model != spec and not record.finished:
            record = await store.runs.use_model(record, spec)
        journal = await open_journal(store, record)
        knowledge, files = journalled(self._knowledge, journal)
        graph = self._graph
        if self._model is not None:
            # A journalled model belongs to one run, and waiting for it takes longer than building the graph does.
            graph = build_graph(knowledge, journalled_model(self._model.model, journal), store=files)
        step = graph.compile(checkpointer=store.saver)
        with self._edges.using(knowledge, files):
            return await action(RunSession(step, record, store.runs, tell, journal), journal)


def standing(session: RunSession) -> Turn:
    """Where the run stands now."""
    if session.pending is None:
        return Turn(session.run.name, "finished", result=session.result())
    return Turn(session.run.name, "asking", session.pending.interrupt_id, dict(session.pending.payload))
