"""Runs in PostgreSQL: for several machines, or for a database that is backed up anyway."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from .errors import StoreUnavailableError
from .location import without_password
from .records import RunList
from .serde import compressing_serde
from .sqlite import in_use

try:
    import psycopg  # type: ignore[import-not-found, unused-ignore]
    from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver  # type: ignore[import-not-found, unused-ignore]
    from psycopg.rows import dict_row, tuple_row  # type: ignore[import-not-found, unused-ignore]
except ImportError as missing:
    raise StoreUnavailableError(
        "PostgreSQL needs the `postgres` extra, which is not installed.",
        "Install it with: pip install 'fine-tuning-specialist[postgres]'.",
    ) from missing

SETUP_KEY = 5_105_005
"""Key of the advisory lock under which tables are created."""

CLAIM_KEY = 5_105_006
"""Key of the advisory lock under which runs are claimed."""

LOCK_PAUSE_SECONDS = 0.1

LEASE_ATTEMPTS = 10
"""A killed holder's lock ends when the server notices, within a second."""


class PostgresSql:
    """The list's statements on a connection of their own."""

    def __init__(self, connection: "psycopg.AsyncConnection[tuple[Any, ...]]") -> None:
        self._connection = connection
        self._one_at_a_time = asyncio.Lock()

    async def execute(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows."""
        cursor = await self._connection.execute(statement.replace("?", "%s").encode(), parameters)
        return await cursor.fetchall() if cursor.description else []

    async def columns(self, table: str) -> list[str]:
        """The names of a table's columns."""
        found = await self.execute(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_name = ? AND table_schema = current_schema() ORDER BY ordinal_position",
            (table,),
        )
        return [str(row[0]) for row in found]

    @asynccontextmanager
    async def exclusive(self) -> AsyncIterator[None]:
        """A transaction under one lock for all who claim runs."""
        async with self._one_at_a_time, self._connection.transaction():
            await self._connection.execute("SELECT pg_advisory_xact_lock(%s)", (CLAIM_KEY,))
            yield


@asynccontextmanager
async def open_postgres(
    database: str,
) -> AsyncIterator[tuple[AsyncPostgresSaver, RunList, "AdvisoryLease", PostgresSql]]:
    """Open the database and create what is missing in it.

    Raises:
        StoreUnavailableError: It cannot be reached or refuses us.
    """
    try:
        async with (
            await psycopg.AsyncConnection.connect(
                database, autocommit=True, prepare_threshold=0, row_factory=dict_row
            ) as writing,
            await psycopg.AsyncConnection.connect(database, autocommit=True) as listing,
        ):
            saver = AsyncPostgresSaver(writing, serde=compressing_serde())
            sql = PostgresSql(listing)
            runs = RunList(sql)
            async with _alone(listing):
                await saver.setup()
                await runs.setup()
            yield saver, runs, AdvisoryLease(writing, saver.lock), sql
    except psycopg.Error as error:
        raise StoreUnavailableError(
            f"The database {without_password(database)} cannot be used ({str(error).strip()}).",
            "Check that it runs and that the connection string is right.",
        ) from error


@asynccontextmanager
async def _alone(connection: "psycopg.AsyncConnection[tuple[Any, ...]]") -> AsyncIterator[None]:
    """One process at a time creates tables.

    Asked for again and again rather than waited for: an index that is created concurrently waits for every statement
    that is under way, and so for one that waits for this lock.
    """
    while not await _locked(connection, SETUP_KEY):  # noqa: ASYNC110 - another process holds it, no event of ours
        await asyncio.sleep(LOCK_PAUSE_SECONDS)
    try:
        yield
    finally:
        await connection.execute("SELECT pg_advisory_unlock(%s)", (SETUP_KEY,))


async def _locked(connection: "psycopg.AsyncConnection[Any]", key: int) -> bool:
    """Take a lock of the database session, unless another one has it."""
    async with connection.cursor(row_factory=tuple_row) as cursor:
        await cursor.execute("SELECT pg_try_advisory_lock(%s)", (key,))
        row = await cursor.fetchone()
    return row is not None and bool(row[0])


class AdvisoryLease:
    """One writer per run, by a lock of the very session that writes its checkpoints.

    Who loses the session loses both: a writer that was cut off cannot write beside the one that follows it.
    """

    def __init__(self, connection: "psycopg.AsyncConnection[Any]", using: asyncio.Lock) -> None:
        self._connection = connection
        self._using = using
        self._held: set[str] = set()

    @asynccontextmanager
    async def __call__(self, name: str) -> AsyncIterator[None]:
        """Hold the run of that name.

        Raises:
            RunInUseError: Another process holds it.
        """
        key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
        for _ in range(LEASE_ATTEMPTS):
            if name not in self._held and await self._lock(key):
                break
            await asyncio.sleep(LOCK_PAUSE_SECONDS)
        else:
            raise in_use(name)
        self._held.add(name)
        try:
            yield
        finally:
            self._held.discard(name)
            with suppress(psycopg.Error):  # a session that is broken holds nothing any more
                async with self._using:
                    await self._connection.execute("SELECT pg_advisory_unlock(%s)", (key,))

    async def _lock(self, key: int) -> bool:
        async with self._using:
            return await _locked(self._connection, key)
