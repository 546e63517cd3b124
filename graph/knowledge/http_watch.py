"""Notice refused and broken-off calls over HTTP, which the MCP SDK logs while the caller waits for its time-out."""

from collections.abc import AsyncIterator, Callable

import httpx
from mcp.shared._httpx_utils import create_mcp_http_client

from .errors import CallFailed

Report = Callable[[CallFailed], None]


def watched_client(
    headers: dict[str, str] | None,
    timeout: httpx.Timeout | None,
    auth: httpx.Auth | None,
    *,
    is_open: Callable[[], bool],
    report: Report,
) -> httpx.AsyncClient:
    """The SDK's own HTTP client, which also reports calls that failed.

    Args:
        headers: Sent with every request.
        timeout: As the SDK sets it.
        auth: As the SDK sets it.
        is_open: Whether the session was opened; from then on a 404 only means that it expired.
        report: Told of the failure.
    """

    async def watch(response: httpx.Response) -> None:
        expired = response.status_code == 404 and is_open()
        if response.request.method != "POST" or expired:
            return
        if response.is_error:
            report(http_failure(response))
        elif isinstance(response.stream, httpx.AsyncByteStream):
            response.stream = _WatchedStream(response.stream, report)

    client = create_mcp_http_client(headers=headers, timeout=timeout, auth=auth)
    client.event_hooks["response"].append(watch)
    return client


def http_failure(response: httpx.Response) -> CallFailed:
    """What an HTTP error status means to the user, without the URL, which may hold a key."""
    status = response.status_code
    if status in {401, 403}:
        return CallFailed(f"it refuses access (HTTP {status}); check the headers or the key", lost=True, final=True)
    if status == 429:
        wait = response.headers.get("retry-after", "")
        return CallFailed("it limits the rate of calls", lost=True, retry_after=float(wait) if wait.isdigit() else None)
    if status >= 500:
        return CallFailed(f"it fails with HTTP {status}; look at the server's own log", lost=True)
    return CallFailed(f"it answers with HTTP {status}; check the URL", lost=True, final=status in {404, 405})


class _WatchedStream(httpx.AsyncByteStream):
    """The body of a response, which reports that it broke off."""

    def __init__(self, stream: httpx.AsyncByteStream, report: Report) -> None:
        self._stream = stream
        self._report = report

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._stream:
                yield chunk
        except httpx.TransportError:
            self._report(CallFailed("it broke off in the middle of an answer", lost=True))
            raise

    async def aclose(self) -> None:
        await self._stream.aclose()
