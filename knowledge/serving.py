"""Running the server over stdio, streamable HTTP or SSE. Nothing but MCP messages goes to standard output."""

import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio
from mcp.server.lowlevel import Server

Announce = Callable[[str], None]
"""Told the address once the server listens."""
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


async def serve_stdio(server: Server[Any, Any]) -> None:
    """Speak MCP over standard input and output until input ends."""
    from mcp.server.stdio import stdio_server

    async with stdio_server() as (reading, writing):
        await server.run(reading, writing, server.create_initialization_options())


async def serve_http(server: Server[Any, Any], listener: socket.socket, announce: Announce) -> None:
    """Speak streamable HTTP at `/mcp` on a bound socket until cancelled."""
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
    from starlette.applications import Starlette
    from starlette.routing import Route

    manager = StreamableHTTPSessionManager(app=server, security_settings=_security(listener))

    class Endpoint:
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await manager.handle_request(scope, receive, send)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with manager.run():
            yield

    application = Starlette(routes=[Route("/mcp", endpoint=Endpoint())], lifespan=lifespan)
    await _run(application, listener, announce, "/mcp")


async def serve_sse(server: Server[Any, Any], listener: socket.socket, announce: Announce) -> None:
    """Speak the older HTTP+SSE transport at `/sse` and `/messages/` on a bound socket until cancelled."""
    from mcp.server.sse import SseServerTransport
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Mount, Route

    transport = SseServerTransport("/messages/", security_settings=_security(listener))

    async def connect(request: Request) -> Response:
        async with transport.connect_sse(request.scope, request.receive, request._send) as (reading, writing):  # noqa: SLF001
            await server.run(reading, writing, server.create_initialization_options())
        return Response()

    routes = [Route("/sse", endpoint=connect), Mount("/messages/", app=transport.handle_post_message)]
    await _run(Starlette(routes=routes), listener, announce, "/sse")


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to an address; port 0 takes a free one.

    Raises:
        OSError: The address cannot be had.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError:
        listener.close()
        raise
    return listener


def _security(listener: socket.socket) -> Any:
    """On a loopback address only requests for that very address are answered: no web page reaches the server."""
    from mcp.server.transport_security import TransportSecuritySettings

    host, port = listener.getsockname()[:2]
    if host not in _LOOPBACK:
        return TransportSecuritySettings(enable_dns_rebinding_protection=False)
    names = [f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")]
    return TransportSecuritySettings(
        enable_dns_rebinding_protection=True, allowed_hosts=names, allowed_origins=[f"http://{name}" for name in names]
    )


async def _run(application: Any, listener: socket.socket, announce: Announce, path: str) -> None:
    import uvicorn

    logging.getLogger("mcp.server.streamable_http").addFilter(_is_worth_telling)
    host, port = listener.getsockname()[:2]
    listener.listen()
    announce(f"http://{f'[{host}]' if ':' in host else host}:{port}{path}")
    config = uvicorn.Config(application, log_level="warning", access_log=False, timeout_graceful_shutdown=1)
    await uvicorn.Server(config).serve(sockets=[listener])


def _is_worth_telling(record: logging.LogRecord) -> bool:
    """Not the closing of streams to connected clients when the server stops, which the SDK logs as an error."""
    return not (record.exc_info and isinstance(record.exc_info[1], anyio.ClosedResourceError))
