"""The checkpoints of a run as the tree that they are, and copying a branch of it to another run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from langgraph.types import StateSnapshot

from ..runs.records import Sql
from ..runs.session import Step


@dataclass(frozen=True)
class Checkpoint:
    """A point between two nodes of the step."""

    id: str
    parent: str
    """Empty for the first one."""
    step: int
    next: tuple[str, ...]
    """What follows: a node, or nothing at the end."""
    source: str
    """Why it was made: `input`, `loop` after a node, or `update` and `fork` after the user had gone back."""
    created: str
    """ISO time."""


async def checkpoints(step: Step, run: str) -> dict[str, tuple[Checkpoint, StateSnapshot]]:
    """All of a run's checkpoints by id, the latest first."""
    found = {}
    async for snapshot in step.aget_state_history({"configurable": {"thread_id": run}}):
        metadata: Mapping[str, Any] = snapshot.metadata or {}
        point = Checkpoint(
            id=_id(snapshot.config),
            parent=_id(snapshot.parent_config),
            step=int(metadata.get("step", 0)),
            next=tuple(snapshot.next),
            source=str(metadata.get("source", "")),
            created=str(snapshot.created_at or ""),
        )
        found[point.id] = (point, snapshot)
    return found


def ancestors(points: Mapping[str, Checkpoint], of: str) -> list[str]:
    """The ids on the way from the first checkpoint to this one, which is left out."""
    line: list[str] = []
    above = points[of].parent
    while above in points:
        line.append(above)
        above = points[above].parent
    return line[::-1]


async def copy_branch(sql: Sql, run: str, new: str, line: Sequence[str], head: str) -> None:
    """Copy a line of checkpoints and its head to another run.

    What tasks wrote from the head is left out: from there the new run goes its own way.

    Args:
        sql: The database, in a transaction of the caller's.
        run: The run.
        new: The run that gets the copy.
        line: The ids of the checkpoints before `head`, from the first one on.
        head: The id of the last checkpoint.
    """
    tables = {table: await sql.columns(table) for table in ("checkpoints", "writes", "checkpoint_writes")}
    for table, columns in tables.items():
        wanted = [*line, head] if table == "checkpoints" else line
        for checkpoint in wanted if columns else ():
            await _copy(sql, table, columns, run, new, "checkpoint_id = ?", checkpoint)
    blobs = await sql.columns("checkpoint_blobs")
    if blobs:  # PostgreSQL keeps each version of a channel once
        reached = (
            "EXISTS (SELECT 1 FROM checkpoints c WHERE c.thread_id = ? AND c.checkpoint_ns = ''"
            " AND c.checkpoint -> 'channel_versions' ->> checkpoint_blobs.channel = checkpoint_blobs.version)"
        )
        await _copy(sql, "checkpoint_blobs", blobs, run, new, reached, new)


async def rename(sql: Sql, run: str, new: str) -> None:
    """Give all checkpoints of a run to another name, in a transaction of the caller's."""
    for table in ("checkpoints", "writes", "checkpoint_writes", "checkpoint_blobs"):
        if await sql.columns(table):
            await sql.execute(f"UPDATE {table} SET thread_id = ? WHERE thread_id = ?", (new, run))  # noqa: S608


async def runs_named_like(sql: Sql, beginning: str) -> list[str]:
    """The names under which there are checkpoints, listed as runs or not, that begin like this."""
    found = await sql.execute("SELECT DISTINCT thread_id FROM checkpoints WHERE thread_id LIKE ?", (f"{beginning}%",))
    return [str(row[0]) for row in found]


async def _copy(
    sql: Sql, table: str, columns: Sequence[str], run: str, new: str, condition: str, parameter: str
) -> None:
    others = ", ".join(name for name in columns if name != "thread_id")
    await sql.execute(
        f"INSERT INTO {table} (thread_id, {others}) SELECT CAST(? AS TEXT), {others} FROM {table}"  # noqa: S608  (our names)
        f" WHERE thread_id = ? AND checkpoint_ns = '' AND {condition}",
        (new, run, parameter),
    )


def _id(config: Mapping[str, Any] | None) -> str:
    return str((config or {}).get("configurable", {}).get("checkpoint_id", ""))
