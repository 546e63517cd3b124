"""The queue in the database of the runs, for whoever does not serve it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import sqlalchemy.exc
from dbos import DBOSClient  # type: ignore[import-not-found, unused-ignore]

from ..runs.errors import StoreUnavailableError
from ..runs.location import without_password
from .engine import open_engine
from .plain_json import PlainJson
from .turn import APPLICATION, QUEUE

CONNECTIONS = 10
"""To the queue, at most; a few suffice for any number of runs."""


class NoQueueError(StoreUnavailableError):
    """No worker has set up the queue yet."""


@asynccontextmanager
async def open_queue(database: str) -> AsyncIterator[DBOSClient]:
    """The queue of a database that workers serve.

    Args:
        database: `postgresql://…`, the same that the workers were given.

    Raises:
        NoQueueError: No worker has set it up yet.
    """
    with open_engine(database, connections=CONNECTIONS, application="fine-tuning client") as engine:
        queue = DBOSClient(
            system_database_engine=engine, serializer=PlainJson(), application_name=APPLICATION, lazy=True
        )
        try:
            await _check(queue, database)
            yield queue
        finally:
            await asyncio.to_thread(queue.destroy)


async def _check(queue: DBOSClient, database: str) -> None:
    try:
        found = await queue.retrieve_queue_async(QUEUE)
    except sqlalchemy.exc.SQLAlchemyError:
        found = None
    if found is None:
        raise NoQueueError(
            f"There is no queue in {without_password(database)} yet.",
            "Start a worker first: it creates what is missing.",
        )
