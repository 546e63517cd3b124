"""Writing a run's journal, while the run goes on."""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from langgraph.config import get_config

from ..project.looking import Seen, on_disk
from .entries import BEGINNING, Entry, JournalError, Json, Kind, Place, from_row, from_rows, to_row
from .starting import start_entry, surroundings_of
from .surroundings import Surroundings
from .table import JournalTable


class Journal:
    """The journal of one run; whoever writes to it holds the run's lease.

    It belongs to the event loop in which it was opened; nodes that run in threads record through `record_from_node`.
    """

    def __init__(self, table: JournalTable, run: str, found: Surroundings | None = None) -> None:
        self._table = table
        self._run = run
        self._attempt = secrets.token_hex(4)
        self._loop = asyncio.get_running_loop()
        self._writing = asyncio.Lock()
        self._end: tuple[int, str] | None = None
        self._waiting: list[Entry] = []
        self._texts: set[str] = set()
        self.found = found
        """What lay around the run at its start; None for a run that was started without a journal."""

    @classmethod
    async def open(cls, table: JournalTable, run: str) -> "Journal":
        """The journal of a run, to be continued."""
        rows = await table.of_kind(run, "start")
        try:
            found = surroundings_of(from_row(run, rows[-1])) if rows else None
        except JournalError:
            found = None  # that run cannot be replayed, and is told so there; it can be continued
        return cls(table, run, found)

    async def start(self, inputs: Mapping[str, Any], model: str = "") -> None:
        """Write down what a run that starts now finds.

        Raises:
            ProjectError: The workflow's configuration cannot be read.
        """
        entry = await asyncio.to_thread(start_entry, inputs, self.at("start", ""), model)
        self.found = surroundings_of(entry)
        await self.record(entry)

    async def reply(self, interrupt_id: str, checkpoint: str, question: Mapping[str, Any], value: Any) -> None:
        """Write down a reply before the graph takes it in."""
        payload = {"question": question.get("question_key", ""), "reply": value}
        said = {"message": question.get("message", "")}
        await self.record(Entry("reply", payload, said, self.at(reply_task(interrupt_id), checkpoint)))

    async def reply_to(self, interrupt_id: str) -> Json:
        """The reply that the run took in to a question which is pending no more; None where none is written down.

        An entry that is damaged counts as none: the run goes on without it.
        """
        for row in reversed(await self._table.of_kind(self._run, "reply")):
            try:
                entry = from_row(self._run, row)
            except JournalError:
                continue
            if entry.place.task == reply_task(interrupt_id):
                return entry.payload["reply"]
        return None

    def look(self, project: Path, path: str) -> Seen:
        """See where a path of the project leads, and write down what was seen."""
        seen = on_disk(project, path)
        self.record_from_node(self.entry("look", {"path": path}, seen))
        return seen

    async def record(self, *entries: Entry) -> None:
        """Append entries, those first that still waited; whoever is cancelled meanwhile leaves no half of them."""
        appending = asyncio.ensure_future(self._append(entries))
        try:
            await asyncio.shield(appending)
        except asyncio.CancelledError:
            await asyncio.wait([appending])
            raise

    async def _append(self, entries: Sequence[Entry]) -> None:
        async with self._writing:
            number, seal = self._end or await self._table.last(self._run) or (0, BEGINNING)
            entries = (*self._waiting, *entries)
            self._waiting.clear()
            rows = []
            for number, entry in enumerate(entries, start=number + 1):  # noqa: B020  (the count goes on)
                rows.append(to_row(number, entry, seal))
                seal = rows[-1][3]
            await self._table.add(self._run, rows)
            self._end = (number, seal)

    def record_from_node(self, entry: Entry) -> None:
        """Append an entry from a node without `await`; it is stored when this returns, where that can be.

        LangGraph runs such nodes in threads. One that runs in the loop itself cannot wait for it: its entry is stored
        with the next one.
        """
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            asyncio.run_coroutine_threadsafe(self.record(entry), self._loop).result()
        else:
            self._waiting.append(entry)

    def unknown_texts(self, paragraphs: Mapping[str, str]) -> list[str]:
        """Those of the texts that this execution has not written down yet; from now on they are known."""
        new = [text for name, text in paragraphs.items() if name not in self._texts]
        self._texts.update(paragraphs)
        return new

    async def settle(self) -> None:
        """Store what still waits."""
        if self._waiting:
            await self.record()

    def entry(self, kind: Kind, payload: Json, result: Json = None, place: Place | None = None) -> Entry:
        """An entry of this execution, at the place where the graph is now."""
        return Entry(kind, payload, result, place or self.place())

    def place(self) -> Place:
        """Where the graph is."""
        try:
            configurable: Mapping[str, Any] = get_config().get("configurable", {})
        except RuntimeError:
            return Place(attempt=self._attempt)
        return Place(
            task=str(configurable.get("checkpoint_ns") or ""),
            checkpoint=str((configurable.get("checkpoint_map") or {}).get("", "")),
            attempt=self._attempt,
        )

    def at(self, task: str, checkpoint: str) -> Place:
        """A place outside the graph."""
        return Place(task, checkpoint, self._attempt)

    async def entries(self) -> list[Entry]:
        """All entries so far.

        Raises:
            JournalError: An entry was changed; it is named.
        """
        return from_rows(self._run, await self._table.rows(self._run))


def reply_task(interrupt_id: str) -> str:
    """The place of the replies to a question."""
    return f"reply:{interrupt_id}"


def effective(entries: Sequence[Entry]) -> list[Entry]:
    """The entries that made the run what it is.

    A task that a crash cut short is executed again and asks again: what counts is its last execution. Of several
    replies to one question, the last one counts: the process may have died between writing it down and taking it in.
    """
    last = {entry.place.task: entry.place.attempt for entry in entries if entry.place.task}
    kept = [entry for entry in entries if not entry.place.task or last[entry.place.task] == entry.place.attempt]
    final = {entry.place.task: entry for entry in kept if entry.kind in ("reply", "start")}
    return [entry for entry in kept if final.get(entry.place.task, entry) is entry]
