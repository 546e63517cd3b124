"""One open session with a knowledge server, owned by one task from its opening to its end.

Importing this module loads the MCP libraries, which takes about a second; the client does it in a thread.
"""

import asyncio
import logging
import os
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, TextIO, cast

import httpx
from langchain_core.tools import BaseTool
from langchain_mcp_adapters.sessions import Connection, create_session
from langchain_mcp_adapters.tools import load_mcp_tools
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.shared.exceptions import McpError

from .cleaning import clean_line
from .errors import CallFailed
from .http_watch import http_failure, watched_client
from .payloads import RawAnswer
from .server_settings import ServerSpec
from .tool_calls import read_call

_CLOSING_SECONDS = 8.0


class McpSession:
    """A session through langchain-mcp-adapters. Its methods may be called from any task of the same loop."""

    def __init__(self, server: ServerSpec) -> None:
        self._server = server
        self._tools: dict[str, BaseTool] = {}
        self._opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._leaving = asyncio.Event()
        self._owner: asyncio.Task[None] | None = None
        self._said = ""
        self._broken: asyncio.Future[CallFailed] = asyncio.get_running_loop().create_future()

    @property
    def tools(self) -> Mapping[str, Mapping[str, Any]]:
        """The input schema of each tool of the server."""
        return {name: _schema(tool) for name, tool in self._tools.items()}

    async def open(self, seconds: float) -> None:
        """Connect and list the tools.

        Raises:
            CallFailed: It can't be done, or takes longer than `seconds`.
        """
        self._owner = asyncio.create_task(self._own(seconds), name="knowledge session")
        ends: set[asyncio.Future[Any]] = {self._owner, self._opened, self._broken}
        await asyncio.wait(ends, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if self._owner.done() or self._broken.done():
            raise self._failure("ended while starting")
        if not self._opened.done():
            raise CallFailed(f"it was not ready within {seconds:g} seconds", final=True)

    async def call(self, tool: str, arguments: Mapping[str, Any], seconds: float) -> RawAnswer:
        """Call one tool; calls may run at the same time.

        Raises:
            CallFailed: The session is lost, the call takes too long, or its result can't be read.
        """
        if self._owner is None or self._owner.done() or self._broken.done():
            raise self._failure("has ended")
        request = {"type": "tool_call", "name": tool, "args": dict(arguments), "id": tool}
        call = asyncio.ensure_future(self._tools[tool].ainvoke(request))
        try:
            ends: set[asyncio.Future[Any]] = {call, self._owner, self._broken}
            await asyncio.wait(ends, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if call.done():
                return read_call(call)
            if self._owner.done() or self._broken.done():
                raise self._failure("ended in the middle of a call")
            raise CallFailed(f"it did not answer within {seconds:g} seconds", lost=True, cost=2)
        finally:
            call.cancel()
            await asyncio.gather(call, return_exceptions=True)

    async def close(self) -> None:
        """End the session, and the process if it is ours, within a bound; safe to call twice."""
        owner = self._owner
        if owner is None:
            return
        self._leaving.set()
        if not self._opened.done():
            owner.cancel()
        await asyncio.wait({owner}, timeout=_CLOSING_SECONDS)
        if not owner.done():
            owner.cancel()
            await asyncio.wait({owner}, timeout=_CLOSING_SECONDS)
        if owner.done() and not owner.cancelled() and (problem := owner.exception()):
            logging.getLogger(__name__).debug("The knowledge session ended with: %r", problem)

    async def _own(self, seconds: float) -> None:
        async with self._connected(seconds) as session:
            await session.initialize()
            self._tools = {tool.name: tool for tool in await load_mcp_tools(session)}
            self._opened.set_result(None)
            await self._leaving.wait()

    @asynccontextmanager
    async def _connected(self, seconds: float) -> AsyncIterator[ClientSession]:
        _keep_library_logs_off_the_terminal()
        server = self._server.expanded(os.environ)
        if server.transport == "stdio":
            async with self._over_stdio(server) as session:
                yield session
            return
        async with create_session(self._connection(server, seconds)) as session:
            yield session

    @asynccontextmanager
    async def _over_stdio(self, server: ServerSpec) -> AsyncIterator[ClientSession]:
        # The adapters' own stdio connection would print the server's stderr into the conversation. Files are touched
        # in a thread: a LangGraph server refuses it in its event loop.
        stderr = await asyncio.to_thread(_scratch_file)
        try:
            parameters = await asyncio.to_thread(_process, server)
            async with stdio_client(parameters, stderr) as streams, ClientSession(*streams) as session:
                yield session
        finally:
            self._said = await asyncio.to_thread(_last_line, stderr)

    def _connection(self, server: ServerSpec, seconds: float) -> Connection:
        headers = dict(server.headers)
        if server.transport == "sse":
            return {
                "transport": "sse",
                "url": server.url,
                "headers": headers,
                "timeout": seconds,
                "httpx_client_factory": self._http_client,
            }
        return {
            "transport": "streamable_http",
            "url": server.url,
            "headers": headers,
            "timeout": seconds,
            "httpx_client_factory": self._http_client,
        }

    def _http_client(
        self,
        headers: dict[str, str] | None = None,
        timeout: httpx.Timeout | None = None,
        auth: httpx.Auth | None = None,
    ) -> httpx.AsyncClient:
        return watched_client(headers, timeout, auth, is_open=self._opened.done, report=self._break)

    def _break(self, failure: CallFailed) -> None:
        if not self._broken.done():
            self._broken.set_result(failure)

    def _failure(self, happening: str) -> CallFailed:
        """Why the session is of no more use, in one sentence that says what to do."""
        if self._broken.done():
            return self._broken.result()
        owner = self._owner
        problem = None if owner is None or not owner.done() or owner.cancelled() else owner.exception()
        cause = _innermost(problem)
        if isinstance(cause, httpx.HTTPStatusError):
            return http_failure(cause.response)
        if self._server.transport == "stdio":
            return self._process_failure(cause, happening)
        if isinstance(cause, httpx.TransportError | OSError):
            return CallFailed(f"nothing answers at {self._server.address()}; start the server there", lost=True)
        return CallFailed(f"the connection {happening} ({_named(cause)}); is it an MCP server?", lost=True)

    def _process_failure(self, cause: BaseException | None, happening: str) -> CallFailed:
        if isinstance(cause, FileNotFoundError | NotADirectoryError):
            return CallFailed(f"the command '{self._server.command}' was not found; install it", lost=True, final=True)
        if isinstance(cause, PermissionError):
            return CallFailed(f"the command '{self._server.command}' may not be run; check its permissions", final=True)
        said = f"; its last words: {self._said}" if self._said else ""
        return CallFailed(f"its process {happening}{said}", lost=True)


async def open_session(server: ServerSpec, seconds: float) -> McpSession:
    """Open a session; what was started is ended again when that fails or is cancelled.

    Raises:
        CallFailed: The server can't be reached or started.
        KnowledgeConfigError: A variable of its settings is not set.
    """
    server.expanded(os.environ)
    session = McpSession(server)
    ready = False
    try:
        await session.open(seconds)
        ready = True
    finally:
        if not ready:
            await session.close()
    return session


def _process(server: ServerSpec) -> StdioServerParameters:
    environment = {**os.environ, **server.env} if server.inherit_environment else dict(server.env)
    return StdioServerParameters(
        command=server.command,
        args=list(server.args),
        env=environment,
        cwd=server.cwd,
        encoding_error_handler="replace",
    )


def _schema(tool: BaseTool) -> Mapping[str, Any]:
    return tool.args_schema if isinstance(tool.args_schema, dict) else {}


def _innermost(problem: BaseException | None) -> BaseException | None:
    while isinstance(problem, BaseExceptionGroup):
        inner = [part for part in problem.exceptions if not isinstance(part, asyncio.CancelledError)]
        problem = (inner or problem.exceptions)[0]
    return problem


def _named(cause: BaseException | None) -> str:
    text = clean_line(str(cause), 120) if isinstance(cause, McpError | ValueError) else ""
    return text or (type(cause).__name__ if cause else "closed")


def _scratch_file() -> TextIO:
    return cast("TextIO", tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace"))


def _last_line(file: TextIO) -> str:
    with file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - 4096))
        lines = [line for line in file.read().splitlines() if line.strip()]
    return clean_line(lines[-1], 200) if lines else ""


def _keep_library_logs_off_the_terminal() -> None:
    """Without a handler of the application's, Python prints the SDK's tracebacks; we report failures ourselves."""
    logger = logging.getLogger("mcp")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
