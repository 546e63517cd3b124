"""The edges of a running step, each journalled: the knowledge base, the files, the clock."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from typing_extensions import override

from ..documenting.store import ProjectStore
from ..facilitation.model.stopping import was_stopped
from ..knowledge.client import Knowledge
from ..knowledge.errors import KnowledgeUnavailable
from ..knowledge.evidence import Answer, Query
from ..project.facts import ProjectContext
from ..project.writing.design import TrainingDesign
from ..project.writing.files import read_text
from ..project.writing.places import LOG_PATH, SIDECAR_PATH
from ..project.writing.sidecar_update import Stage
from .entries import Entry, Json
from .journal import Journal
from .recorded import STOPPED_AFTER

SHARED = (SIDECAR_PATH, LOG_PATH)
"""Files that others write as well, and that the step reads again whenever it writes."""


class JournallingKnowledge(Knowledge):
    """A knowledge base whose answers, and failures, are written down query by query."""

    def __init__(self, knowledge: Knowledge, journal: Journal) -> None:
        self._knowledge = knowledge
        self._journal = journal

    @override
    async def consult(self, queries: Sequence[Query]) -> list[Answer]:
        """Consult, and write down what came before it is used.

        Raises:
            KnowledgeUnavailable: As the knowledge base itself.
        """
        try:
            answers = await self._knowledge.consult(queries)
        except KnowledgeUnavailable as failure:
            await self._record_all(queries, {"failed": {"reason": failure.reason, "server": failure.server}})
            raise
        except asyncio.CancelledError as cancelled:
            if was_stopped(cancelled):
                await self._record_all(queries, {"stopped": ""})
            raise
        entries = [
            self._journal.entry("consult", asked(query), {"answers": [_plain(answer) for answer in brought]})
            for query, brought in zip(queries, grouped(queries, answers), strict=True)
        ]
        await record_before_stop(self._journal, entries)
        return answers

    async def _record_all(self, queries: Sequence[Query], result: Json) -> None:
        await self._journal.record(*(self._journal.entry("consult", asked(query), result) for query in queries))


class JournallingStore(ProjectStore):
    """A place for files that writes down the day, what others had changed in shared files, and what was found amiss."""

    def __init__(self, store: ProjectStore, journal: Journal) -> None:
        self._store = store
        self._journal = journal

    @override
    def today(self) -> date:
        """The day that goes into the files."""
        day = self._store.today()
        self._journal.record_from_node(self._journal.entry("day", {}, day.isoformat()))
        return day

    @override
    def write(
        self, context: ProjectContext, design: TrainingDesign, documents: Mapping[str, str], stage: Stage
    ) -> dict[str, str]:
        """Write everything that the outcome leaves behind at this stage; returns our texts by path."""
        edited = self._edited(context, documents)
        self._journal.record_from_node(self._journal.entry("write", {"stage": stage}, {"edited": edited}))
        return self._store.write(context, design, documents, stage)

    @override
    def problems(
        self, context: ProjectContext, design: TrainingDesign, documents: Mapping[str, str], stage: Stage
    ) -> list[str]:
        """What is missing of what was written."""
        found = self._store.problems(context, design, documents, stage)
        self._journal.record_from_node(self._journal.entry("problems", {"stage": stage}, found))
        return found

    def _edited(self, context: ProjectContext, documents: Mapping[str, str]) -> dict[str, str | None]:
        """The shared files that differ from what the run wrote or found last."""
        if not context.project_dir:
            return {}
        now = {path: read_text(Path(context.project_dir), path) for path in SHARED}
        return {path: text for path, text in now.items() if text != documents.get(path, self._found(path))}

    def _found(self, path: str) -> str | None:
        return self._journal.found.text(path) if self._journal.found else None


async def record_before_stop(journal: Journal, entries: Sequence[Entry]) -> None:
    """Write down what came; a stop that comes at that moment is written down behind it."""
    try:
        await journal.record(*entries)
    except asyncio.CancelledError as cancelled:
        if was_stopped(cancelled):
            last = entries[-1]
            await journal.record(journal.entry(last.kind, last.payload, STOPPED_AFTER))
        raise


def asked(query: Query) -> dict[str, object]:
    """A query as its content key is made from it."""
    return query.model_dump(mode="json")


def grouped(queries: Sequence[Query], answers: Sequence[Answer]) -> list[list[Answer]]:
    """The answers of each query: its own, and those of the broader question that was tried in its place."""
    groups: list[list[Answer]] = []
    for answer in answers:
        if answer.broadened_from is None or not groups:
            groups.append([])
        groups[-1].append(answer)
    if len(groups) == len(queries):
        return groups
    return [list(answers), *([] for _ in queries[1:])]  # a knowledge base that answers in an order of its own


def _plain(answer: Answer) -> object:
    return answer.model_dump(mode="json", exclude_none=True)
