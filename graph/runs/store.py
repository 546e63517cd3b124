"""Opens the place where runs are kept: a SQLite file, or PostgreSQL by its connection string."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver

from .location import is_postgres, sqlite_path
from .records import RunList, Sql
from .sqlite import open_sqlite

Lease = Callable[[str], AbstractAsyncContextManager[None]]
"""The right to write to one run, by its name, for as long as the context is open."""


@dataclass(frozen=True)
class RunStore:
    """An open store: checkpoints, the list of runs, and the right to write to one of them."""

    saver: BaseCheckpointSaver[Any]
    runs: RunList
    lease: Lease
    sql: Sql
    """The database itself, for what is kept beside checkpoints and list."""


@asynccontextmanager
async def open_store(database: str | None = None) -> AsyncIterator[RunStore]:
    """Open the store and close it whatever happens.

    Args:
        database: None for the SQLite file in the data folder, a path, `sqlite:///path`, or `postgresql://…`.

    Raises:
        StoreUnavailableError: It cannot be opened.
    """
    if is_postgres(database):
        from .postgres import open_postgres  # an optional extra

        async with open_postgres(str(database)) as parts:
            yield RunStore(*parts)
        return
    async with open_sqlite(sqlite_path(database)) as parts:
        yield RunStore(*parts)
