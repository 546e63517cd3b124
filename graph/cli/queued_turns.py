"""The turns that workers keep in the queue of a database, for whoever removes runs."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial


@asynccontextmanager
async def turns_in(database: str | None) -> AsyncIterator[Callable[[str], Awaitable[None]]]:
    """What removes the turns that workers have finished of a run, by its name.

    That is nothing where no worker ever was. Without the `scale` extra it is left to the workers, in their time.
    """
    from ..runs.location import is_postgres

    async with AsyncExitStack() as stack:
        remove_turns: Callable[[str], Awaitable[None]] = _nothing
        if database is not None and is_postgres(database):
            with suppress(ModuleNotFoundError):
                from ..scale.pruning import remove_turns_of
                from ..scale.queue import NoQueueError, open_queue

                with suppress(NoQueueError):
                    remove_turns = partial(remove_turns_of, await stack.enter_async_context(open_queue(database)))
        yield remove_turns


async def _nothing(_: str) -> None:
    return None
