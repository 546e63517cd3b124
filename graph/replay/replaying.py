"""`replay`: a recorded run is executed once more and held against what it left."""

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel
from langgraph.checkpoint.memory import InMemorySaver

from ..knowledge.client import Knowledge
from ..project.looking import looking
from ..runs.errors import RunError
from ..runs.records import RunRecord, check_version
from ..runs.session import Step
from ..runs.store import RunStore
from .comparing import Difference, changed_since, compare_files, compare_texts
from .edges import ReplayEdges, open_edges
from .entries import Entry, from_rows
from .journal import effective, reply_task
from .opening import journal_table
from .performing import Performance, Performer, described
from .prompts import paragraphs_of
from .replayed import look_again
from .starting import surroundings_of
from .surroundings import Surroundings


class NoJournalError(RunError):
    """The run was begun without a journal."""


@dataclass(frozen=True)
class Recording:
    """A run as it was recorded: its journal, and what it left."""

    run: str
    entries: Sequence[Entry]
    surroundings: Surroundings
    values: Mapping[str, Any]
    pending: Mapping[str, Any]
    """The payload of the question that waits; empty for a finished run."""
    pending_id: str = ""

    def moves(self) -> list[Entry]:
        """Replies and forks in order; a reply that the run never took in is no move."""
        waiting = reply_task(self.pending_id)
        return [entry for entry in self.entries if entry.kind in ("reply", "fork") and entry.place.task != waiting]


@dataclass
class ReplayReport:
    """What a replay found."""

    run: str
    turns: int
    files: list[str]
    """Every file that the run recorded as written."""
    differences: list[Difference] = field(default_factory=list)
    edited: list[str] = field(default_factory=list)
    """Files that are no longer on disk as the run wrote them; that is no failure."""
    unused: list[str] = field(default_factory=list)
    """Queries that the run made and that are not made any more."""
    live: bool = False
    """Whether knowledge base and model were asked again."""
    answers: list[Difference] = field(default_factory=list)
    """What the knowledge base, asked again, answers otherwise than then."""

    @property
    def agrees(self) -> bool:
        """Whether both executions left the same."""
        return not self.differences


async def load_recording(store: RunStore, run: RunRecord, look: Step) -> Recording:
    """Read a run's journal and what it left.

    Args:
        store: The open store.
        run: The run.
        look: The step compiled with the store's checkpointer; it is only looked at.

    Raises:
        JournalError: An entry was changed; it is named.
        NoJournalError: The run was begun without a journal.
        IncompatibleRunError: The run was written by another version of the graph.
    """
    return await _recording(run, await _journal(store, run), look)


async def replay(
    recording: Recording, folder: Path | None = None, live: Knowledge | None = None, model: BaseChatModel | None = None
) -> ReplayReport:
    """Execute a recorded run once more and compare.

    Args:
        recording: The run.
        folder: Where to put what is written; a temporary folder by default, which is removed.
        live: A knowledge base to be asked again; without it the journal answers.
        model: A chat model to be asked again; without it the journal answers where there was one.
    """
    edges = open_edges(recording.entries, live, model)
    return await _execute(recording, edges, edges.compile(InMemorySaver()), folder)


async def replay_run(
    store: RunStore,
    run: RunRecord,
    folder: Path | None = None,
    live: Knowledge | None = None,
    model: BaseChatModel | None = None,
) -> ReplayReport:
    """Both at once, with the step built once: to see what the run left, and to execute it again."""
    entries = await _journal(store, run)
    edges = open_edges(entries, live, model)
    step = edges.compile(store.saver)
    recording = await _recording(run, entries, step)
    return await _execute(recording, edges, step.copy({"checkpointer": InMemorySaver()}), folder)


async def _journal(store: RunStore, run: RunRecord) -> list[Entry]:
    check_version(run)
    table = await journal_table(store)
    entries = effective(from_rows(run.name, await table.rows(run.name)))
    if any(entry.kind == "start" for entry in entries):
        return entries
    raise NoJournalError(
        f"The run {run.name!r} was begun without a journal, so it cannot be executed again.",
        "`fine-tuning-specialist history` shows what was asked and answered in it.",
    )


async def _recording(run: RunRecord, entries: Sequence[Entry], look: Step) -> Recording:
    starts = [entry for entry in entries if entry.kind == "start"]
    snapshot = await look.aget_state({"configurable": {"thread_id": run.name}})
    finished = bool(snapshot.values.get("status"))
    waiting = None if finished else next(iter(snapshot.interrupts), None)
    return Recording(
        run=run.name,
        entries=entries,
        surroundings=surroundings_of(starts[-1]),
        values=snapshot.values,
        pending=waiting.value if waiting else {},
        pending_id=waiting.id if waiting else "",
    )


async def _execute(recording: Recording, edges: ReplayEdges, step: Step, folder: Path | None) -> ReplayReport:
    with ExitStack() as stack:
        scratch = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="replay-")))
        scratch = scratch.resolve()
        inputs = recording.surroundings.restore(scratch)
        _accepted_paths(recording, inputs)
        performer = Performer(step, scratch, recording.surroundings.root, paragraphs_of(recording.entries))
        stack.enter_context(looking(look_again(edges.recorded)))
        performance = await performer.perform(inputs, recording.moves())
        report = _report(recording, performance, performer)
    if edges.live is not None:
        report.live, report.answers = True, edges.live.differences
    elif performance.complete:
        report.unused = [described(entry.payload) for entry in edges.recorded.left("consult")]
    return report


def _report(recording: Recording, performance: Performance, performer: Performer) -> ReplayReport:
    recorded = dict(recording.values.get("artifacts", {}))
    replayed = {path: performer.here(text) for path, text in performance.values.get("artifacts", {}).items()}
    report = ReplayReport(recording.run, performance.turns, sorted(recorded), list(performance.differences))
    if performance.complete:
        report.differences += compare_files(recorded, replayed)
        report.differences += _endings(recording, performance, performer)
    else:
        # It stopped on the way: what it would still have written is no difference of its own.
        report.differences += compare_files({path: recorded.get(path, "") for path in replayed}, replayed)
    place = _place(recording)
    report.edited = changed_since(place, recorded) if place is not None else []
    return report


def _endings(recording: Recording, performance: Performance, performer: Performer) -> list[Difference]:
    """The outcome, or the question that waits, then and now."""
    then, now = recording.values.get("status") or "open", performance.values.get("status") or "open"
    if then != now:
        return [Difference("outcome", "status", f"The run is {then}; executed again, it is {now}.")]
    asked, asks = recording.pending.get("question_key", ""), performance.pending.get("question_key", "")
    if asked != asks:
        return [Difference("course", asked, f"The run waits at {asked or 'nothing'}; executed again, at {asks}.")]
    message = performer.here(str(performance.pending.get("message", "")))
    return compare_texts("question", f"waiting: {asked}", str(recording.pending.get("message", "")), message)


def _place(recording: Recording) -> Path | None:
    folder = recording.values.get("context", {}).get("project_dir")
    return Path(folder) if folder else None


def _accepted_paths(recording: Recording, inputs: Mapping[str, Any]) -> None:
    """Stand-ins for the data files that the user named: the step only looks whether they are there."""
    if "project_dir" not in inputs:
        return
    project = Path(inputs["project_dir"]).resolve()
    for record in recording.values.get("sections", {}).values():
        for paths in (record.get("fields", {}).get("data_paths") or {}).values():
            for path in paths:
                target = (project / path).resolve()
                if target.is_relative_to(project) and not target.exists():
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.touch()
