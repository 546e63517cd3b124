"""Conversations that are runs of their own: a turn opens its run, takes in one reply, and closes it again.

So a conversation needs no interrupt and no thread of the server: whoever knows its name can go on with it.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextvars import Context
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from ..hosting.host import Host, ServedModel
from ..knowledge.client import Knowledge
from ..project.errors import ProjectError
from ..replay.forgetting import forget
from ..runs.errors import InvalidReplyError, RunInUseError, UnknownRunError
from ..runs.records import OPEN, RunRecord
from ..runs.session import Event, RunSession
from ..runs.store import RunStore, open_store
from ..state import GRAPH_VERSION
from ..texts import text

NAME = re.compile(r"chat-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""The names of conversations. They cannot be guessed, and no other run of the database has such a one."""

Result = TypeVar("Result")


@dataclass(frozen=True)
class Standing:
    """Where a conversation stands after a turn."""

    interrupt_id: str
    """By which the pending question is known; empty where none is pending."""
    question: Mapping[str, Any]
    result: Mapping[str, Any]
    """What the step left, once it is finished."""
    events: list[Event] = field(default_factory=list)
    """What the turn did, in its order."""
    applied: bool = True
    """Whether the reply was taken in; not, when its question was no longer pending."""
    problem: str = ""
    """Why a reply was refused, in one sentence."""


class Conversations:
    """The conversations of a server, all with one knowledge base, one model and one database."""

    def __init__(self, database: str, knowledge: Knowledge, model: ServedModel | None = None) -> None:
        self._database = database
        self._host = Host(knowledge, model)

    async def begin(self, name: str, inputs: Mapping[str, Any]) -> Standing:
        """Begin a conversation on the step's input, or look where one that has begun stands.

        Raises:
            RunError: It cannot be begun; a name has to be `chat-` and a UUID.
            ProjectError: The project cannot be read; the conversation has not begun.
        """

        async def look(session: RunSession) -> Standing:
            return standing(session)

        return await on_its_own(self._turn(name, inputs, look))

    async def reply(self, name: str, words: str, question: str = "") -> Standing:
        """Take in a reply.

        Args:
            name: The conversation's.
            words: What was typed.
            question: The interrupt id of the question that the reply answers: only this one is answered. Empty for
                whichever is pending.

        Raises:
            RunError: There is no such conversation, or somebody else is answering in it.
        """

        async def answer(session: RunSession) -> Standing:
            if session.pending is None or question not in ("", session.pending.interrupt_id):
                return standing(session, applied=False)
            try:
                await session.answer(words)
            except InvalidReplyError as error:
                return standing(session, applied=False, problem=str(error))
            return standing(session)

        return await on_its_own(self._turn(name, None, answer))

    async def _turn(
        self, name: str, inputs: Mapping[str, Any] | None, action: Callable[[RunSession], Awaitable[Standing]]
    ) -> Standing:
        if not NAME.fullmatch(name):
            raise unknown(name)
        events: list[Event] = []

        async def heard(event: Event) -> None:
            events.append(event)

        try:
            async with (
                open_store(self._database) as store,
                store.lease(name),
                self._host.open(store, await claim(store, name, inputs), heard) as run,
            ):
                await start(store, run.session, inputs or {})
                return replace(await action(run.session), events=events)
        except RunInUseError as error:
            raise RunInUseError(text("serving", "busy"), text("serving", "busy_remedy")) from error


async def claim(store: RunStore, name: str, inputs: Mapping[str, Any] | None) -> RunRecord:
    """The conversation's run: a new one where it begins, else the one that there is.

    Raises:
        UnknownRunError: There is none, and it does not begin here.
        IncompatibleRunError: This version cannot continue it.
    """
    if await store.runs.find(name):
        return await store.runs.claim(None, name=name)
    if inputs is None:
        raise unknown(name)
    if project := inputs.get("project_dir"):
        return await store.runs.claim(Path(project), name=name)
    now = time.time()
    return await store.runs.add(RunRecord(name, "", "", GRAPH_VERSION, OPEN, "", "", now, now))


async def start(store: RunStore, session: RunSession, inputs: Mapping[str, Any]) -> None:
    """Bring the run to where it stands; a project that cannot be read leaves no run behind."""
    try:
        await session.start(inputs)
    except ProjectError:
        if not session.continued:
            await forget(store, session.run.name)
        raise


def standing(session: RunSession, *, applied: bool = True, problem: str = "") -> Standing:
    """Where the run stands now."""
    pending = session.pending
    if pending is None:
        return Standing("", {}, session.result(), applied=applied, problem=problem)
    return Standing(pending.interrupt_id, pending.payload, {}, applied=applied, problem=problem)


def unknown(name: str) -> UnknownRunError:
    """The refusal of a conversation that there is not."""
    return UnknownRunError(
        text("serving", "unknown_conversation", name=name), text("serving", "unknown_conversation_remedy")
    )


async def on_its_own(work: Coroutine[Any, Any, Result]) -> Result:
    """Await work in an empty context, so that LangGraph does not take its graph for a part of the one that runs."""
    return await asyncio.create_task(work, context=Context())
