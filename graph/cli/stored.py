"""Opening the store for commands that need runs to be there already."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from .errors import BadInputError

if TYPE_CHECKING:
    from ..runs.store import RunStore


@asynccontextmanager
async def open_stored(database: str | None) -> AsyncIterator["RunStore"]:
    """The store; a file that is named and missing is not created.

    Raises:
        BadInputError: There is no such file.
        StoreUnavailableError: It cannot be opened.
    """
    from ..runs.location import is_postgres, sqlite_path
    from ..runs.store import open_store

    if database and not is_postgres(database) and not (place := sqlite_path(database)).exists():
        raise BadInputError(f"There is no database {place}.", "Name the one in which the run is kept.")
    async with open_store(database) as store:
        yield store
