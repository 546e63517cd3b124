"""What a finished tool call brought, or in which way it failed."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx
from anyio import BrokenResourceError, ClosedResourceError, EndOfStream
from langchain_core.messages import ToolMessage
from langchain_core.tools import ToolException
from mcp.shared.exceptions import McpError
from mcp.types import CONNECTION_CLOSED

from .cleaning import clean_line
from .errors import CallFailed
from .payloads import RawAnswer

_SESSION_TERMINATED = 32600
_LOST = (ClosedResourceError, BrokenResourceError, EndOfStream, OSError, httpx.HTTPError)


def read_call(call: "asyncio.Future[Any]") -> RawAnswer:
    """The answer of a call that is done.

    Raises:
        CallFailed: The session is lost, the server refused the call, or the result can't be read.
    """
    try:
        message = call.result()
    except McpError as error:
        lost = error.error.code in {CONNECTION_CLOSED, _SESSION_TERMINATED}
        reason = "it closed the connection" if lost else f"it refused the call: {clean_line(str(error), 200)}"
        raise CallFailed(reason, lost=lost) from error
    except _LOST as error:
        raise CallFailed("the connection was closed", lost=True) from error
    except (ToolException, RuntimeError, ValueError, NotImplementedError) as error:
        raise CallFailed(f"the answer can't be read: {clean_line(str(error), 120)}") from error
    if not isinstance(message, ToolMessage):
        raise CallFailed("the answer can't be read")
    artifact = message.artifact if isinstance(message.artifact, Mapping) else {}
    return RawAnswer(_texts(message.content), artifact.get("structured_content"), message.status == "error")


def _texts(content: str | list[Any]) -> tuple[str, ...]:
    if isinstance(content, str):
        return (content,)
    blocks = [block.get("text") if isinstance(block, Mapping) else block for block in content]
    return tuple(block for block in blocks if isinstance(block, str))
