"""Putting the turns of workers that have died back into the queue, though not for ever."""

import logging

from dbos import DBOS, WorkflowStatus  # type: ignore[import-not-found, unused-ignore]

from .liveness import Liveness
from .turn import QUEUE

MOST_DEATHS = 10
"""Workers that may die over one turn; then it is given up, before it takes all of them down again and again."""

DEATHS = "workers_died"
"""The attribute of a turn that counts them."""

log = logging.getLogger(__name__)


async def take_over(liveness: Liveness) -> None:
    """Put the turns of workers that have died back into the queue."""
    under_way = await DBOS.list_workflows_async(status="PENDING", queue_name=QUEUE, load_input=False, load_output=False)
    for executor in {turn.executor_id for turn in under_way if turn.executor_id}:
        async with liveness.dead(executor) as dead:
            if not dead:
                continue
            # Asked again now that nobody else can take them over: what was listed before may be running elsewhere.
            left = await DBOS.list_workflows_async(
                status="PENDING", queue_name=QUEUE, executor_id=executor, load_input=False, load_output=False
            )
            for turn in left:
                await _put_back(turn, executor)


async def _put_back(turn: WorkflowStatus, executor: str) -> None:
    deaths = int((turn.attributes or {}).get(DEATHS, 0)) + 1
    if deaths >= MOST_DEATHS:
        log.error("giving up %s, over which %s workers have died", turn.workflow_id, deaths)
        await DBOS.cancel_workflow_async(turn.workflow_id)
        return
    log.warning("taking over %s from %s, which has died", turn.workflow_id, executor)
    await DBOS.update_workflow_attributes_async(turn.workflow_id, {DEATHS: deaths}, merge=True)
    await DBOS.resume_workflow_async(turn.workflow_id, queue_name=QUEUE)
