"""`fork`: a new run from the boundary before a node of another one, which stays as it is."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from time import time
from typing import Any

from langgraph.types import StateSnapshot

from ..project.copying import working_copy
from ..runs.errors import RunError, RunInUseError
from ..runs.records import OPEN, RunRecord, check_version
from ..runs.session import FIRST, Step
from ..runs.store import RunStore
from ..sections.order import NODES
from .ancestry import Checkpoint, ancestors, checkpoints, copy_branch, rename, runs_named_like
from .entries import BEGINNING, Entry, Place, from_rows, to_row
from .opening import journal_table
from .steering import steer
from .table import JournalTable

UNFINISHED = ".fork-"
"""How the names begin under which forks are made; a run's name begins with a letter or a digit."""


class ForkError(RunError):
    """A run cannot be forked as asked."""


async def fork(
    store: RunStore, run: RunRecord, node: str, step: Step, *, name: str | None = None, output: Path | None = None
) -> RunRecord:
    """Make a new run that stands before a node of another one and will ask there again.

    Args:
        store: The open store.
        run: The run; it is only read.
        node: The node to ask again. Where the run came to it several times, the last time counts.
        step: The compiled step, with the store's checkpointer.
        name: The new run's name; by default the old one's with `-fork`.
        output: A folder for a copy of the project in which the new run works; by default it works where the old one
            does.

    Raises:
        ForkError: The step has no such node, or the run has not come to it.
        RunMismatchError: The name is taken.
        IncompatibleRunError: The run was started by another, incompatible version of the graph.
        ProjectError: The copy cannot be made.
    """
    check_version(run)
    wanted = name or await store.runs.free_name(f"{run.name}-fork")
    await store.runs.check_free(wanted)
    found = await checkpoints(step, run.name)
    boundary, snapshot = _boundary(run, node, found)
    line = ancestors({key: point for key, (point, _) in found.items()}, boundary.id)
    entries = await _journal_of(store, run, line, node, boundary)
    table = await journal_table(store)
    async with _unlisted(store, wanted) as thread:
        async with store.sql.exclusive():
            await copy_branch(store.sql, run.name, thread, line, boundary.id)
            await _write(table, thread, entries)
        await _steer(step, thread, node, boundary, snapshot, Path(run.project), output)
        now = time()
        place = str(output) if output is not None else run.output
        new = replace(run, name=wanted, output=place, status=OPEN, section="", title="", created=now, updated=now)
        async with store.sql.exclusive():
            await store.runs.add(new)
            await rename(store.sql, thread, wanted)
            await table.rename(thread, wanted)
    return new


@asynccontextmanager
async def _unlisted(store: RunStore, name: str) -> AsyncIterator[str]:
    """A name that no run can have, under which a fork is made that will be called `name`; nothing stays under it.

    Whoever is killed meanwhile leaves no run. What was copied until then is removed by the next fork.
    """
    for left in await runs_named_like(store.sql, UNFINISHED):
        with suppress(RunInUseError):
            async with store.lease(left):
                await _remove(store, left)
    thread = f"{UNFINISHED}{name}"
    async with store.lease(thread):
        try:
            yield thread
        finally:
            await _remove(store, thread)


async def _remove(store: RunStore, thread: str) -> None:
    await (await journal_table(store)).remove(thread)
    await store.saver.adelete_thread(thread)


def _boundary(
    run: RunRecord, node: str, found: Mapping[str, tuple[Checkpoint, StateSnapshot]]
) -> tuple[Checkpoint, StateSnapshot]:
    """The checkpoint before the node on the run's own branch, the latest where there are several."""
    if node not in NODES:
        raise ForkError(f"The step has no node {node!r}.", f"Its nodes are {', '.join(NODES)}.")
    points = {key: point for key, (point, _) in found.items()}
    if points:
        head = next(iter(points))
        for key in (head, *reversed(ancestors(points, head))):
            if points[key].next == (node,):
                return found[key]
    reached = list(dict.fromkeys(name for point in reversed(points.values()) for name in point.next if name in NODES))
    raise ForkError(f"The run {run.name!r} has not come to {node}.", f"It came to {', '.join(reached) or 'nothing'}.")


async def _journal_of(
    store: RunStore, run: RunRecord, line: Sequence[str], node: str, boundary: Checkpoint
) -> list[Entry]:
    """The fork's journal: what happened at the checkpoints on the way to the boundary, and that it was forked there.

    A fork before the first node has none yet: it reads the project as it is now.
    """
    if node == FIRST:
        return []
    table = await journal_table(store)
    entries = from_rows(run.name, await table.rows(run.name))
    copied = [entry for entry in entries if entry.kind in ("start", "text") or entry.place.checkpoint in line]
    return [*copied, Entry("fork", {"node": node, "step": boundary.step}, None, Place("", boundary.id, ""))]


async def _write(table: JournalTable, run: str, entries: Sequence[Entry]) -> None:
    seal = BEGINNING
    for number, entry in enumerate(entries, start=1):
        row = to_row(number, entry, seal)
        seal = row[3]
        await table.add(run, [row])


async def _steer(
    step: Step,
    thread: str,
    node: str,
    boundary: Checkpoint,
    snapshot: StateSnapshot,
    project: Path,
    output: Path | None,
) -> None:
    config: Any = {"configurable": {"thread_id": thread, "checkpoint_ns": "", "checkpoint_id": boundary.id}}
    values = snapshot.values
    more: dict[str, Any] = {}
    if output is not None:
        folder = working_copy(Path(values.get("context", {}).get("project_dir") or project), output)
        more["output_dir"] = str(output)
        if values.get("context"):
            more["context"] = {**values["context"], "project_dir": str(folder)}
    if node != FIRST or more:
        await steer(step, config, node, values, more)
