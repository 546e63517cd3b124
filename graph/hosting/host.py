"""Opening runs with one knowledge base and one model, and everything that enters them written down."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ..builder import build_graph
from ..knowledge.client import Knowledge
from ..replay.journal import Journal
from ..replay.opening import journalled, journalled_model, open_journal
from ..runs.records import RunRecord
from ..runs.session import EventHandler, RunSession
from ..runs.store import RunStore
from .edges import Edges

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel


@dataclass(frozen=True)
class ServedModel:
    """The chat model that all runs of a process are held with."""

    model: "BaseChatModel"
    spec: str
    """As it is noted with the runs: `PROVIDER:NAME`."""


class Hosted(NamedTuple):
    """A run that is open for a turn."""

    session: RunSession
    journal: Journal


class Host:
    """Opens runs; the graph is built once for all of them where it can be."""

    def __init__(self, knowledge: Knowledge, model: ServedModel | None = None) -> None:
        self._knowledge = knowledge
        self._model = model
        self._edges = Edges()
        self._graph = build_graph(knowledge=self._edges, store=self._edges)

    @asynccontextmanager
    async def open(self, store: RunStore, record: RunRecord, on_event: EventHandler) -> AsyncIterator[Hosted]:
        """The run, for as long as the block lasts; the caller holds its lease."""
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
            yield Hosted(RunSession(step, record, store.runs, on_event, journal), journal)
