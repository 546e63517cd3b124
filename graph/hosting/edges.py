"""One built step for all the runs of a worker: its knowledge base and its files are those of the turn under way."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date

from typing_extensions import override

from ..documenting.store import ProjectStore
from ..knowledge.client import Knowledge
from ..knowledge.evidence import Answer, Query
from ..project.facts import ProjectContext
from ..project.writing.design import TrainingDesign
from ..project.writing.sidecar_update import Stage


class Edges(Knowledge, ProjectStore):
    """What a step needs of the outside, handed on to what the current turn uses.

    Building the graph takes longer than a turn does. LangGraph runs every node with the context of the call that
    started it, so that turns which run at once do not meet.
    """

    def __init__(self) -> None:
        self._knowledge: ContextVar[Knowledge] = ContextVar("knowledge of the turn")
        self._files: ContextVar[ProjectStore] = ContextVar("files of the turn")

    @contextmanager
    def using(self, knowledge: Knowledge, files: ProjectStore) -> Iterator[None]:
        """Hand on to these for as long as the block lasts, in this task and those that it starts."""
        known, filed = self._knowledge.set(knowledge), self._files.set(files)
        try:
            yield
        finally:
            self._knowledge.reset(known)
            self._files.reset(filed)

    @override
    async def consult(self, queries: Sequence[Query]) -> list[Answer]:
        """As the turn's knowledge base."""
        return await self._knowledge.get().consult(queries)

    @override
    def today(self) -> date:
        """As the turn's files."""
        return self._files.get().today()

    @override
    def write(
        self, context: ProjectContext, design: TrainingDesign, documents: Mapping[str, str], stage: Stage
    ) -> dict[str, str]:
        """As the turn's files."""
        return self._files.get().write(context, design, documents, stage)

    @override
    def problems(
        self, context: ProjectContext, design: TrainingDesign, documents: Mapping[str, str], stage: Stage
    ) -> list[str]:
        """As the turn's files."""
        return self._files.get().problems(context, design, documents, stage)
