"""A worker: takes turns from the queue, and takes over those of workers that have died."""

import asyncio
import secrets
import socket
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy
from dbos import DBOS, DBOSConfig  # type: ignore[import-not-found, unused-ignore]

from ..hosting.host import ServedModel
from ..knowledge.client import Knowledge
from ..project.errors import ProjectError
from ..runs.errors import RunError
from ..runs.session import Event
from .engine import open_engine
from .liveness import Liveness
from .plain_json import PlainJson
from .pruning import KEPT, prune_batch
from .stores import Stores
from .take_over import take_over
from .turn import APPLICATION, EVENTS, OPENING, QUEUE, REPLYING, VERSION, Turn
from .turns import Turns

CONNECTIONS = 20
"""To the queue, at most."""

POLL_SECONDS = 0.1
"""How often an idle worker looks for a turn: the longest that a reply waits for a free one."""

TAKE_OVER_SECONDS = 2.0
"""How often a worker looks for turns of workers that have died."""

PRUNE_SECONDS = 3600.0
"""How often a worker looks for finished turns that have been kept long enough."""


async def work(
    database: str,
    knowledge: Knowledge,
    *,
    model: ServedModel | None = None,
    concurrency: int = 4,
    kept: timedelta = KEPT,
) -> None:
    """Serve the queue until cancelled; a turn that is under way then is taken over by another worker.

    Args:
        database: `postgresql://…`, which holds the runs and the queue.
        knowledge: What answers the knowledge queries of every run.
        model: For free conversation; without one the guided mode.
        concurrency: Turns under way at once; those of one run never are.
        kept: How long finished turns stay in the database.

    Raises:
        StoreUnavailableError: The database cannot be opened.
    """
    name = f"{socket.gethostname()}-{secrets.token_hex(4)}"
    stores = Stores(database)
    async with stores.lend():
        pass  # says at once what is wrong with the database, and creates its tables
    with open_engine(database, connections=CONNECTIONS, application="fine-tuning worker") as engine:
        DBOS(config=configuration(engine, name))
        register(Turns(stores, knowledge, model))
        try:
            async with Liveness(database, name) as liveness:
                DBOS.launch()
                await DBOS.register_queue_async(
                    QUEUE,
                    worker_concurrency=concurrency,
                    partition_concurrency=1,
                    polling_interval_sec=POLL_SECONDS,
                    on_conflict="always_update",
                )
                await keep_house(liveness, kept)
        finally:
            DBOS.destroy(destroy_registry=True)
            await stores.close()


def configuration(engine: sqlalchemy.Engine, name: str) -> DBOSConfig:
    """How DBOS is set up in a worker of that name."""
    return {
        "name": APPLICATION,
        "system_database_engine": engine,
        "application_version": VERSION,
        "executor_id": name,
        "serializer": PlainJson(),
        "log_level": "WARNING",
    }


def register(turns: Turns) -> None:
    """Make the turns known to DBOS under the names by which clients enqueue them."""

    @DBOS.step()  # type: ignore[untyped-decorator, unused-ignore]
    async def begin(run: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
        return (await turns.begin(run, inputs, tell)).as_json()

    @DBOS.step()  # type: ignore[untyped-decorator, unused-ignore]
    async def reply(run: str, interrupt_id: str, value: Any) -> dict[str, Any]:
        return (await turns.reply(run, interrupt_id, value, tell)).as_json()

    @DBOS.workflow(name=OPENING)  # type: ignore[untyped-decorator, unused-ignore]
    async def open_run(run: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return dict(await begin(run, inputs))
        except (RunError, ProjectError) as error:
            return Turn(run, "failed", problem=str(error)).as_json()

    @DBOS.workflow(name=REPLYING)  # type: ignore[untyped-decorator, unused-ignore]
    async def reply_to_run(run: str, interrupt_id: str, value: Any) -> dict[str, Any]:
        try:
            return dict(await reply(run, interrupt_id, value))
        except (RunError, ProjectError) as error:
            return Turn(run, "failed", problem=str(error)).as_json()


async def tell(event: Event) -> None:
    """Put what a turn does on its stream; the single pieces of a model's words would be too many rows."""
    if event.get("event") != "token":
        await DBOS.write_stream_async(EVENTS, dict(event))


async def keep_house(liveness: Liveness, kept: timedelta) -> None:
    """Take over what dead workers left, and remove what finished long ago, until cancelled."""
    prune_at = time.monotonic()
    while True:
        await take_over(liveness)
        if time.monotonic() >= prune_at and not await prune_batch(kept):  # what is left has the next round
            prune_at = time.monotonic() + PRUNE_SECONDS
        await asyncio.sleep(TAKE_OVER_SECONDS)
