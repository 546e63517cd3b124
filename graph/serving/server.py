"""What a LangGraph server asks for: the graph, and where its threads are kept.

The server brings its own event loop, starts no run before it has a graph, and closes nothing of ours, so that the
knowledge base opens with the first consultation and ends with the process.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from typing_extensions import override

from ..knowledge.client import Knowledge, KnowledgeClient
from ..knowledge.evidence import Answer, Query
from ..knowledge.servers import choose_server
from ..runs.location import data_folder
from ..runs.store import open_store

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver

    from ..builder import StepGraph
    from ..hosting.host import ServedModel
    from .conversations import Conversations

DATABASE_VARIABLE = "FINE_TUNING_DATABASE"


class ServedKnowledge(Knowledge):
    """The knowledge base of every run of a server: one session for each event loop that consults it."""

    def __init__(self) -> None:
        self._server = choose_server(None)
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, KnowledgeClient] = WeakKeyDictionary()

    @override
    async def consult(self, queries: Sequence[Query]) -> list[Answer]:
        """As `KnowledgeClient.consult`."""
        loop = asyncio.get_running_loop()
        if loop not in self._clients:
            self._clients[loop] = KnowledgeClient(self._server)
        return await self._clients[loop].consult(queries)


async def step() -> "StepGraph":
    """The step, uncompiled: the server compiles it with its own checkpointer.

    Environment variables choose what it uses: `FINE_TUNING_KNOWLEDGE` the knowledge server, `FINE_TUNING_MODEL` a chat
    model.

    Raises:
        KnowledgeConfigError: The knowledge server cannot be understood.
        ModelChoiceError: The model cannot be used.
    """
    return await asyncio.to_thread(_step)


@asynccontextmanager
async def checkpointer() -> "AsyncIterator[BaseCheckpointSaver[Any]]":
    """Where the server keeps its threads: `FINE_TUNING_DATABASE`, a file or `postgresql://…`.

    By default a file of its own in the data folder, so that threads and the runs of the command line don't mix.

    Raises:
        StoreUnavailableError: It cannot be opened.
    """
    async with open_store(database()) as store:
        yield store.saver


def database() -> str:
    """What keeps the server's threads and conversations."""
    return os.environ.get(DATABASE_VARIABLE) or str(data_folder() / "server.sqlite")


async def conversations() -> "Conversations":
    """The conversations of `fine_tuning_chat`.

    Raises:
        KnowledgeConfigError: The knowledge server cannot be understood.
        ModelChoiceError: The model cannot be used.
    """
    return await asyncio.to_thread(_conversations)


@cache
def _step() -> "StepGraph":
    from ..builder import build_graph

    served = _model()
    return build_graph(knowledge=_knowledge(), model=served.model if served else None)


@cache
def _conversations() -> "Conversations":
    from .conversations import Conversations

    return Conversations(database(), _knowledge(), _model())


@cache
def _knowledge() -> ServedKnowledge:
    return ServedKnowledge()


@cache
def _model() -> "ServedModel | None":
    from ..facilitation.model.choice import choose_model, open_model
    from ..hosting.host import ServedModel

    choice = choose_model(None)
    return ServedModel(open_model(choice), choice.spec) if choice else None
