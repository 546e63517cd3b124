"""Which workers are alive: each holds a lock of the database, which ends with its connection."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from types import TracebackType
from typing import Any, Self

import psycopg

LOCK_CLASS = 5_105_007
"""First half of the key of every worker's lock; the second is made from its name."""


class Liveness:
    """This worker's own lock, and a look at those of the others.

    When the connection breaks, the lock is lost and taken again; a turn that was taken over meanwhile finds the run
    still held by its first worker, and waits.
    """

    def __init__(self, database: str, name: str) -> None:
        self._database = database
        self._name = name
        self._connection: psycopg.AsyncConnection[tuple[Any, ...]] | None = None
        self._using = asyncio.Lock()

    async def __aenter__(self) -> Self:
        """Take this worker's lock."""
        await self._connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give it back."""
        await self._drop()

    @asynccontextmanager
    async def dead(self, executor: str) -> AsyncIterator[bool]:
        """Whether the worker of that name has died; while it is True here, it is so for no other worker."""
        async with self._using:
            locked = executor != self._name and await self._try(executor)
            try:
                yield locked
            finally:
                if locked:
                    await self._run("SELECT pg_advisory_unlock(%s, %s)", executor)

    async def _try(self, executor: str) -> bool:
        return await self._run("SELECT pg_try_advisory_lock(%s, %s)", executor)

    async def _run(self, statement: str, executor: str) -> bool:
        """One statement on the lock of a worker; False where the database is away."""
        try:
            connection = self._connection or await self._connect()
            cursor = await connection.execute(statement.encode(), (LOCK_CLASS, half_key(executor)))
            row = await cursor.fetchone()
        except psycopg.Error:
            await self._drop()
            return False
        return row is not None and bool(row[0])

    async def _connect(self) -> "psycopg.AsyncConnection[tuple[Any, ...]]":
        connection = await psycopg.AsyncConnection.connect(self._database, autocommit=True)
        await connection.execute("SELECT pg_advisory_lock(%s, %s)", (LOCK_CLASS, half_key(self._name)))
        self._connection = connection
        return connection

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg.Error):
                await connection.close()


def half_key(name: str) -> int:
    """The second half of the key of a worker's lock."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], signed=True)
