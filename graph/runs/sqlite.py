"""Runs in a SQLite file: checkpoints, the list of runs, and locks in a folder beside the file."""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import Any

import aiosqlite
from filelock import FileLock, Timeout

from .errors import RunInUseError, StoreUnavailableError
from .location import ensure_folder
from .records import RunList
from .serde import compressing_serde
from .sqlite_saver import ThreadedSqliteSaver

BUSY_SECONDS = 30.0
"""How long a writer waits for another process that is writing to the same file."""

NORMAL = "PRAGMA synchronous=NORMAL"
"""In WAL mode a killed process loses nothing with it; only a power cut can cost the last turns."""

LEAST_ROOM = 1 << 16
"""Bytes below which a disk counts as full."""


class SqliteSql:
    """The list's statements on a connection of their own, so that its transactions are not the checkpoints'."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection
        self._one_at_a_time = asyncio.Lock()

    async def execute(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows."""
        async with self._connection.execute(statement, parameters) as cursor:
            return [tuple(row) for row in await cursor.fetchall()]

    async def columns(self, table: str) -> list[str]:
        """The names of a table's columns."""
        return [str(row[0]) for row in await self.execute("SELECT name FROM pragma_table_info(?)", (table,))]

    @asynccontextmanager
    async def exclusive(self) -> AsyncIterator[None]:
        """A write transaction from its first statement on."""
        async with self._one_at_a_time:
            await self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                await self._connection.execute("ROLLBACK")
                raise
            await self._connection.execute("COMMIT")


@asynccontextmanager
async def open_sqlite(path: Path) -> AsyncIterator[tuple[ThreadedSqliteSaver, RunList, "FileLease", SqliteSql]]:
    """Open the file, creating it where it is missing.

    Raises:
        StoreUnavailableError: It cannot be opened or is no SQLite database.
    """
    await asyncio.to_thread(ensure_folder, path.parent)
    try:
        await asyncio.to_thread(_check_opens, path)
        # isolation_level=None: transactions begin where the code says so.
        listing = aiosqlite.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        async with _checkpoints(path) as saver:
            await saver.asetup()
            async with listing:
                await listing.execute(NORMAL)
                sql = SqliteSql(listing)
                runs = RunList(sql)
                async with sql.exclusive():
                    await runs.setup()
                yield saver, runs, FileLease(path.with_name(path.name + ".locks")), sql
    except sqlite3.Error as error:
        raise StoreUnavailableError(f"The database {path} cannot be used ({error}).", _remedy(path.parent)) from error


@asynccontextmanager
async def _checkpoints(path: Path) -> AsyncIterator[ThreadedSqliteSaver]:
    """The saver, with a connection and a thread of its own."""
    with (
        closing(await asyncio.to_thread(_connect, path)) as connection,
        ThreadPoolExecutor(max_workers=1, thread_name_prefix="checkpoints") as thread,
    ):
        yield ThreadedSqliteSaver(connection, thread, serde=compressing_serde())


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, check_same_thread=False)
    connection.execute(NORMAL)
    return connection


def _remedy(folder: Path) -> str:
    """What to do, from the state of the disk: SQLite itself often says no more than that reading or writing failed."""
    with suppress(OSError, AttributeError):  # no `statvfs` on Windows
        disk = os.statvfs(folder)
        if disk.f_flag & os.ST_RDONLY:
            return "The disk is read-only: make it writable, or give another file with --database."
        if disk.f_bavail * disk.f_frsize < LEAST_ROOM:
            return "The disk is full: free some space, or give another file with --database."
    return "Give another file with --database, or make this one readable and writable."


def _check_opens(path: Path) -> None:
    """Raise what is wrong with the file before a connection with a thread is made: a failing one ends too late."""
    with closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as connection:
        connection.execute("PRAGMA schema_version").fetchone()


class FileLease:
    """One writer per run, by a lock that the operating system releases when its holder dies."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @asynccontextmanager
    async def __call__(self, name: str) -> AsyncIterator[None]:
        """Hold the run of that name.

        Raises:
            RunInUseError: Another process holds it.
        """
        lock = await asyncio.to_thread(self._take, name)
        try:
            yield
        finally:
            lock.release()

    def _take(self, name: str) -> FileLock:
        # Not of one thread: it is taken in one, so that no event loop waits for the disk, and released in another.
        lock = FileLock(ensure_folder(self._folder) / f"{name}.lock", thread_local=False)
        try:
            lock.acquire(blocking=False)
        except Timeout as error:
            raise in_use(name) from error
        return lock


def in_use(name: str) -> RunInUseError:
    """The refusal of a second writer."""
    return RunInUseError(
        f"The run {name!r} is open in another process.",
        "Go on there, end it, or start another run with --new.",
    )
