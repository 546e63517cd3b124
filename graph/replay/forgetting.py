"""Removing runs: with their checkpoints and their journals, never with the files that they wrote."""

from time import time

from ..runs.records import RunRecord
from ..runs.store import RunStore
from .opening import journal_table

SECONDS_PER_DAY = 86_400


async def forget(store: RunStore, name: str) -> None:
    """Remove a run with its checkpoints and its journal; its files stay where they are."""
    await (await journal_table(store)).remove(name)
    await store.saver.adelete_thread(name)
    await store.runs.remove(name)


def older_than(
    runs: list[RunRecord], days: float, *, finished: bool = False, now: float | None = None
) -> list[RunRecord]:
    """The runs that nobody has touched for so many days.

    Args:
        runs: All runs.
        days: How long ago the last answer was.
        finished: Only runs that came to an end.
        now: Seconds since the epoch; the present by default.
    """
    limit = (time() if now is None else now) - days * SECONDS_PER_DAY
    return [run for run in runs if run.updated < limit and (run.finished or not finished)]
