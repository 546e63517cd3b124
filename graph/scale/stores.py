"""Open stores for turns under way: each turn has connections of its own, and one that failed is opened anew."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from ..runs.store import RunStore, open_store


@dataclass
class _Opened:
    store: RunStore
    stack: AsyncExitStack


class Stores:
    """Lends open stores of one database.

    A saver sends one statement after the other, so turns that shared one would wait for each other; and the lock of
    a run belongs to a connection.
    """

    def __init__(self, database: str) -> None:
        self._database = database
        self._idle: list[_Opened] = []

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[RunStore]:
        """A store for one turn. One that was in use when something failed is closed and not lent again.

        Raises:
            StoreUnavailableError: The database cannot be opened.
        """
        opened = self._idle.pop() if self._idle else await self._open()
        try:
            yield opened.store
        except BaseException:
            await opened.stack.aclose()
            raise
        self._idle.append(opened)

    async def close(self) -> None:
        """Close what is not lent."""
        while self._idle:
            await self._idle.pop().stack.aclose()

    async def _open(self) -> _Opened:
        stack = AsyncExitStack()
        store = await stack.enter_async_context(open_store(self._database))
        return _Opened(store, stack)
