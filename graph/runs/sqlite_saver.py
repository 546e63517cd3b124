"""LangGraph's SQLite saver for asynchronous graphs, one step to its thread per call.

`AsyncSqliteSaver` goes to the thread of its connection and back for every statement, cursor and commit, some five times
a call; a turn makes some thirty calls. Here the whole call runs there.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import Executor
from functools import partial
from sqlite3 import Connection
from typing import Any, TypeVar

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    DeltaChannelHistory,
)
from langgraph.checkpoint.serde.base import SerializerProtocol
from langgraph.checkpoint.sqlite import SqliteSaver
from typing_extensions import override

Result = TypeVar("Result")


class ThreadedSqliteSaver(SqliteSaver):
    """The saver with its asynchronous methods, each of them the synchronous one in a thread."""

    def __init__(self, connection: Connection, thread: Executor, *, serde: SerializerProtocol) -> None:
        """Save through a connection.

        Args:
            connection: Opened with `check_same_thread=False`.
            thread: An executor of one thread, which outlives the saver.
            serde: How checkpoints are written.
        """
        super().__init__(connection, serde=serde)
        self._thread = thread

    @override
    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """As `get_tuple`."""
        return await self._run(self.get_tuple, config)

    @override
    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        """As `list`, read in one go: a half-read list would keep everyone else from the database."""

        def read() -> list[CheckpointTuple]:
            return list(self.list(config, filter=filter, before=before, limit=limit))

        for found in await self._run(read):
            yield found

    @override
    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """As `put`."""
        return await self._run(self.put, config, checkpoint, metadata, new_versions)

    @override
    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """As `put_writes`."""
        await self._run(self.put_writes, config, writes, task_id, task_path)

    @override
    async def adelete_thread(self, thread_id: str) -> None:
        """As `delete_thread`."""
        await self._run(self.delete_thread, thread_id)

    @override
    async def aget_delta_channel_history(
        self, *, config: RunnableConfig, channels: Sequence[str]
    ) -> Mapping[str, DeltaChannelHistory]:
        """As `get_delta_channel_history`."""
        return await self._run(self.get_delta_channel_history, config=config, channels=channels)

    async def asetup(self) -> None:
        """As `setup`: create the tables where they are missing."""
        await self._run(self.setup)

    async def _run(self, call: Callable[..., Result], *arguments: Any, **named: Any) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, partial(call, *arguments, **named))
