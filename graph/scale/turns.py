"""Carrying out turns: whatever happens to worker or database, a reply is taken in once."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

import psycopg

from ..hosting.host import Host, Hosted, ServedModel
from ..knowledge.client import Knowledge
from ..runs.errors import RunInUseError, StoreUnavailableError
from ..runs.session import Event, RunSession
from .stores import Stores
from .turn import Turn

PAUSE_SECONDS = 0.5
"""Between two attempts, while the database is away or somebody else holds the run."""

Tell = Callable[[Event], Awaitable[None]]
Action = Callable[[Hosted], Awaitable[Turn]]


class Turns:
    """Carries out the turns of any run, on the stores that it is given.

    Every method waits while the database is away or the run is open elsewhere, and can be called again after a crash.
    """

    def __init__(self, stores: Stores, knowledge: Knowledge, model: ServedModel | None = None) -> None:
        self._stores = stores
        self._host = Host(knowledge, model)

    async def begin(self, run: str, inputs: Mapping[str, Any], tell: Tell) -> Turn:
        """Bring the run to its pending question or its end, from wherever it stands."""

        async def start(opened: Hosted) -> Turn:
            await opened.session.start(inputs)
            return standing(opened.session)

        return await self._patiently(run, tell, start)

    async def reply(self, run: str, interrupt_id: str, value: Any, tell: Tell) -> Turn:
        """Take in a reply, if its question is pending.

        Where it is not, an earlier attempt may have taken the reply in before it was cut off, or somebody may have
        answered elsewhere, before or in the meantime. The run's journal tells which reply it was.
        """

        async def answer(opened: Hosted) -> Turn:
            session = opened.session
            await session.start({})
            taken_in = value
            if session.pending is not None and session.pending.interrupt_id == interrupt_id:
                await session.answer(value)
            else:
                taken_in = await opened.journal.reply_to(interrupt_id)
            return replace(standing(session), applied=taken_in == value, reply=taken_in)

        return await self._patiently(run, tell, answer)

    async def _patiently(self, run: str, tell: Tell, action: Action) -> Turn:
        while True:
            try:
                async with self._stores.lend() as store, store.lease(run):
                    record = await store.runs.claim(None, name=run)
                    async with self._host.open(store, record, tell) as hosted:
                        return await action(hosted)
            except (RunInUseError, StoreUnavailableError, psycopg.OperationalError, psycopg.InterfaceError):
                await asyncio.sleep(PAUSE_SECONDS)


def standing(session: RunSession) -> Turn:
    """Where the run stands now."""
    if session.pending is None:
        return Turn(session.run.name, "finished", result=session.result())
    return Turn(session.run.name, "asking", session.pending.interrupt_id, dict(session.pending.payload))
