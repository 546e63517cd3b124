"""The program's side of the Knowledge MCP: consult a server, whatever it is, and never silently come back empty."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from .arguments import broader_queries, tool_arguments
from .errors import CallFailed, KnowledgeConfigError, KnowledgeUnavailable
from .evidence import Answer, Query
from .payloads import RawAnswer, read_payload
from .results import RESULT_LIMIT, read_results
from .server_settings import ServerSpec
from .servers import choose_server


class Knowledge(Protocol):
    """What the graph needs of a knowledge base."""

    async def consult(self, queries: Sequence[Query]) -> list[Answer]:
        """Ask everything at once; see `KnowledgeClient.consult`."""
        ...


class Session(Protocol):
    """What the client needs of an open session."""

    @property
    def tools(self) -> Mapping[str, Mapping[str, Any]]:
        """The input schema of each tool."""
        ...

    async def call(self, tool: str, arguments: Mapping[str, Any], seconds: float) -> RawAnswer:
        """Call one tool, or raise `CallFailed`."""
        ...

    async def close(self) -> None:
        """End the session within a bound."""
        ...


Connect = Callable[[ServerSpec, float], Awaitable[Session]]
Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True)
class Patience:
    """How long and how often to try before the user is asked."""

    start_seconds: float = 30.0
    """For a server to start, connect and list its tools."""
    call_seconds: float = 20.0
    """For one call."""
    attempts: int = 3
    """For one query, the first included, when a session is lost, an answer malformed or the rate limited."""
    backoff_seconds: float = 0.5
    """Before the second attempt; doubled for each further one."""
    longest_wait_seconds: float = 30.0
    """The longest wait that a server may ask for; beyond it the user is asked instead."""


async def connect(server: ServerSpec, seconds: float) -> Session:
    """Open a session over MCP; the libraries are imported in a thread, the first time that they are needed."""
    opened = await asyncio.to_thread(_open_session)
    return await opened(server, seconds)


def _open_session() -> Connect:
    from .session import open_session

    return open_session


class KnowledgeClient:
    """One knowledge server, on one session that opens when needed, is shared by all calls and reopened when lost.

    It belongs to one event loop. Use `open_knowledge` to get one.
    """

    def __init__(
        self,
        server: ServerSpec,
        *,
        patience: Patience | None = None,
        result_limit: int = RESULT_LIMIT,
        connect: Connect = connect,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.server = server
        self._patience = patience or Patience()
        self._result_limit = result_limit
        self._connect = connect
        self._sleep = sleep
        self._opening: asyncio.Task[Session] | None = None
        self._endings: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begin to connect in the background and return at once; `consult` waits for it, and reports a failure."""
        self._connection()

    async def tools(self) -> list[str]:
        """The names of the server's tools, connecting if need be.

        Raises:
            KnowledgeUnavailable: The server can't be reached.
            KnowledgeConfigError: A variable of its settings is not set.
        """
        try:
            return sorted((await self._session()).tools)
        except CallFailed as failure:
            raise KnowledgeUnavailable(failure.reason, self.server.describe()) from failure

    async def consult(self, queries: Sequence[Query]) -> list[Answer]:
        """Ask everything at once on the one session.

        Returns:
            The answers in the order of the queries. Directly after an empty one follow those of the broader
            questions that were tried in its place (`broadened_from`).

        Raises:
            KnowledgeUnavailable: At least one query could not be answered within the bounds; its `answers` hold
                what did come. Calling again tries anew.
            KnowledgeConfigError: A variable of the server's settings is not set.
        """
        outcomes = await asyncio.gather(*(self._ask(query) for query in queries), return_exceptions=True)
        answers: list[Answer] = []
        failures: list[CallFailed] = []
        for query, outcome in zip(queries, outcomes, strict=True):
            if isinstance(outcome, CallFailed):
                failures.append(outcome)
                answers.append(Answer(query=query, metadata={"unavailable": outcome.reason}))
            elif isinstance(outcome, BaseException):
                raise outcome
            else:
                answers.extend(outcome)
        if failures:
            raise KnowledgeUnavailable(failures[0].reason, self.server.describe(), answers) from failures[0]
        return answers

    async def close(self) -> None:
        """End the session and the server's process, if it is ours; never hangs, and may be called twice."""
        opening, self._opening = self._opening, None
        if opening is not None:
            opening.cancel()
            await asyncio.wait({opening})
            if not _has_failed(opening):
                await opening.result().close()
        await asyncio.gather(*self._endings)

    async def _ask(self, query: Query) -> list[Answer]:
        answers = [await self._answer(query)]
        for broader in broader_queries(query):
            if answers[-1].results:
                break
            answer = await self._answer(broader)
            answers.append(answer.model_copy(update={"broadened_from": query}))
        return answers

    async def _answer(self, query: Query) -> Answer:
        spent = 0
        backoff = self._patience.backoff_seconds
        while True:
            session: Session | None = None
            try:
                session = await self._session()
                return await self._call(session, query)
            except CallFailed as failure:
                if failure.lost and session is not None:
                    self._drop(session)
                spent += failure.cost
                if failure.final or spent >= self._patience.attempts:
                    raise
                await self._pause(failure, backoff)
                backoff *= 2

    async def _call(self, session: Session, query: Query) -> Answer:
        schema = session.tools.get(query.tool)
        if schema is None:
            offered = ", ".join(sorted(session.tools)[:10]) or "none"
            raise CallFailed(
                f"it has no tool {query.tool} (it offers: {offered}); choose another server with --knowledge",
                final=True,
            )
        raw = await session.call(query.tool, tool_arguments(query, schema), self._patience.call_seconds)
        return read_results(query, read_payload(raw), self._result_limit)

    async def _pause(self, failure: CallFailed, backoff: float) -> None:
        wait = backoff if failure.retry_after is None else failure.retry_after
        if wait > self._patience.longest_wait_seconds:
            raise CallFailed(f"{failure.reason}; it asks to wait {wait:g} seconds", final=True) from failure
        await self._sleep(wait)

    async def _session(self) -> Session:
        # Shielded: one caller that gives up must not close the session for the others.
        return await asyncio.shield(self._connection())

    def _connection(self) -> asyncio.Task[Session]:
        if self._opening is None or _has_failed(self._opening):
            self._opening = asyncio.create_task(self._open(), name="knowledge connection")
        return self._opening

    async def _open(self) -> Session:
        return await self._connect(self.server, self._patience.start_seconds)

    def _drop(self, session: Session) -> None:
        """Forget a lost session, unless another call did so already, and end it in the background."""
        opening = self._opening
        if opening is None or not opening.done() or _has_failed(opening) or opening.result() is not session:
            return
        self._opening = None
        ending = asyncio.create_task(session.close(), name="end of a lost knowledge session")
        self._endings.add(ending)
        ending.add_done_callback(self._endings.discard)


def _has_failed(task: asyncio.Task[Session]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


@asynccontextmanager
async def open_knowledge(
    server: str | ServerSpec | None = None, *, patience: Patience | None = None
) -> AsyncIterator[KnowledgeClient]:
    """A knowledge base for as long as the block lasts. Nothing is started before it is needed or `start()` is called.

    Args:
        server: A URL, a command line, `embedded`, or what `choose_server` decided; None for the environment variable
            `FINE_TUNING_KNOWLEDGE`, else the embedded server.
        patience: How long and how often to try.

    Raises:
        KnowledgeConfigError: The server can't be understood; the text names the remedy.
    """
    spec = server if isinstance(server, ServerSpec) else choose_server(server)
    client = KnowledgeClient(spec, patience=patience)
    try:
        yield client
    finally:
        await client.close()


__all__ = ["Knowledge", "KnowledgeClient", "KnowledgeConfigError", "KnowledgeUnavailable", "Patience", "open_knowledge"]
