"""The base as an MCP server: the six tools on the low-level server of the official SDK."""

import json
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from mcp import types
from mcp.server.lowlevel import Server

from .knowledge_base import Base
from .tools import TOOLS, InvalidArgumentError, call

INSTRUCTIONS = (
    "A cited knowledge base on fine-tuning language models. Every result names its source, where in it the statement "
    "stands, and whether it was seen there, read in a quotation or recalled. `figures` are machine-readable. "
    "Sources disagree at times: get_decisions shows each side."
)


def build_server(base: Base) -> Server[Any, Any]:
    """An MCP server that answers from a base; run it with `serving` or any transport of the SDK.

    Answers are structured content and the same JSON as text. A wrong call is a tool error
    `{"error": {"code", "message", "details", "retry_after"}}`. No output schema is declared: the SDK's clients would
    check every answer against it, which takes several times as long as the search.
    """
    server: Server[Any, Any] = Server("fine-tuning-knowledge", version=_version(), instructions=INSTRUCTIONS)

    @server.list_tools()  # type: ignore[no-untyped-call, untyped-decorator]  # the SDK's decorators are untyped
    async def list_tools() -> list[types.Tool]:
        return [
            types.Tool(
                name=tool.name,
                description=tool.description,
                inputSchema=tool.input_schema,
                annotations=types.ToolAnnotations(readOnlyHint=True, idempotentHint=True, openWorldHint=False),
            )
            for tool in TOOLS.values()
        ]

    @server.call_tool(validate_input=False)  # type: ignore[untyped-decorator]  # arguments are checked in `call`, in our words
    async def call_tool(name: str, arguments: dict[str, Any]) -> types.CallToolResult:
        try:
            return _result(call(base, name, arguments), failed=False)
        except InvalidArgumentError as error:
            details = {"tool": name[:80], "tools": list(TOOLS)}
            return _result(_error("invalid_argument", str(error), details), failed=True)

    return server


def _error(code: str, message: str, details: dict[str, Any]) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "details": details, "retry_after": None}}


def _result(answer: dict[str, Any], *, failed: bool) -> types.CallToolResult:
    text = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
    return types.CallToolResult(
        content=[types.TextContent(type="text", text=text)], structuredContent=answer, isError=failed
    )


def _version() -> str:
    try:
        return version("fine-tuning-specialist")
    except PackageNotFoundError:
        return "0"
