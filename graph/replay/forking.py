"""`fork`: a new run from the boundary before a node of another one, which stays as it is."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from time import time
from typing import Any

from langgraph.types import StateSnapshot

from ..project.copying import working_copy
from ..runs.errors import RunError
from ..runs.records import OPEN, RunRecord, check_version
from ..runs.session import FIRST, Step
from ..runs.store import RunStore
from ..sections.order import NODES
from .ancestry import Checkpoint, ancestors, checkpoints, copy_branch
from .entries import BEGINNING, Entry, Place, from_rows, to_row
from .forgetting import forget
from .opening import journal_table
from .steering import steer


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
    found = await checkpoints(step, run.name)
    boundary, snapshot = _boundary(run, node, found)
    line = ancestors({key: point for key, (point, _) in found.items()}, boundary.id)
    wanted = name or await store.runs.free_name(f"{run.name}-fork")
    now = time()
    place = str(output) if output is not None else run.output
    new = replace(run, name=wanted, output=place, status=OPEN, section="", title="", created=now, updated=now)
    entries = await _copied(store, run, line)
    if node != FIRST:
        entries.append(Entry("fork", {"node": node, "step": boundary.step}, None, Place("", boundary.id, "")))
    async with store.sql.exclusive():
        await store.runs.add(new)
        await copy_branch(store.sql, run.name, new.name, line, boundary.id)
        await _write(store, new.name, entries if node != FIRST else [])
    try:
        await _steer(step, new, node, boundary, snapshot, output)
    except BaseException:
        await forget(store, new.name)  # a half-made run would only be in the way
        raise
    return new


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


async def _copied(store: RunStore, run: RunRecord, line: Sequence[str]) -> list[Entry]:
    """The journal of what led to the boundary: what happened at a checkpoint on the way to it."""
    table = await journal_table(store)
    entries = from_rows(run.name, await table.rows(run.name))
    return [entry for entry in entries if entry.kind in ("start", "text") or entry.place.checkpoint in line]


async def _write(store: RunStore, name: str, entries: Sequence[Entry]) -> None:
    table = await journal_table(store)
    seal = BEGINNING
    for number, entry in enumerate(entries, start=1):
        row = to_row(number, entry, seal)
        seal = row[3]
        await table.add(name, [row])


async def _steer(
    step: Step, new: RunRecord, node: str, boundary: Checkpoint, snapshot: StateSnapshot, output: Path | None
) -> None:
    config: Any = {"configurable": {"thread_id": new.name, "checkpoint_ns": "", "checkpoint_id": boundary.id}}
    values = snapshot.values
    more: dict[str, Any] = {}
    if output is not None:
        folder = working_copy(Path(values.get("context", {}).get("project_dir") or new.project), output)
        more["output_dir"] = str(output)
        if values.get("context"):
            more["context"] = {**values["context"], "project_dir": str(folder)}
    if node != FIRST or more:
        await steer(step, config, node, values, more)
