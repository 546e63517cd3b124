"""The end of finished turns: they go with their run, or when they have been kept long enough.

DBOS keeps every workflow for ever, with its arguments, its result and its stream.
"""

from datetime import UTC, datetime, timedelta

from dbos import DBOS, DBOSClient  # type: ignore[import-not-found, unused-ignore]

from .turn import OPENING, REPLYING

KEPT = timedelta(days=7)
"""How long a finished turn is kept by default: as long, its reply can be submitted again and its outcome read again."""

BATCH = 500
"""Turns that are removed in one transaction."""

FINISHED = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]
"""What DBOS calls a workflow that will not go on."""


async def remove_turns_of(queue: DBOSClient, run: str) -> None:
    """Remove the finished turns of a run; one that still waits is told in its time that the run is no more."""
    while await _remove(queue, run=run) == BATCH:
        pass


async def prune_batch(kept: timedelta) -> bool:
    """Remove some of the turns that finished longer ago; returns whether there may be more. For workers.

    Args:
        kept: For how long finished turns stay.
    """
    return await _remove(DBOS, before=datetime.now(UTC) - kept) == BATCH


async def _remove(queue: DBOSClient | type[DBOS], *, run: str | None = None, before: datetime | None = None) -> int:
    finished = await queue.list_workflows_async(
        status=FINISHED,
        name=[OPENING, REPLYING],
        workflow_id_prefix=f"{run}:" if run is not None else None,  # no name of a run holds a colon
        completed_before=before.isoformat() if before is not None else None,
        limit=BATCH,
        load_input=False,
        load_output=False,
    )
    if finished:
        await queue.delete_workflows_async([turn.workflow_id for turn in finished])
    return len(finished)
