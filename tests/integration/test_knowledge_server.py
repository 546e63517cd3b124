"""The knowledge server as MCP clients meet it: over stdio, streamable HTTP and SSE, started as users start it."""

import asyncio
import json
import re
import resource
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx
import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.sse import sse_client
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client

COMMAND = [sys.executable, "-m", "fine_tuning_knowledge"]
TOOLS = {"search_knowledge", "get_decisions", "get_patterns", "get_warnings", "get_methodologies", "list_sources"}
START_LIMIT_SECONDS = 0.9
"""Of processor time, which is what the answer takes on an idle machine and doesn't grow with what else runs."""
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
}


@contextmanager
def listening(transport: str) -> Iterator[str]:
    """A server on a free port of 127.0.0.1; gives its address."""
    command = [*COMMAND, "serve", "--transport", transport, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            address = re.search(r"http://127\.0\.0\.1:\d+/\w+", process.stderr.readline())
            assert address
            yield address[0]
        finally:
            process.terminate()
            output, errors = process.communicate(timeout=20)
    assert output == ""
    assert "Traceback" not in errors


@asynccontextmanager
async def session_over(transport: str) -> AsyncIterator[ClientSession]:
    if transport == "stdio":
        server = StdioServerParameters(command=COMMAND[0], args=[*COMMAND[1:], "serve"])
        async with stdio_client(server) as (reading, writing), ClientSession(reading, writing) as session:
            await session.initialize()
            yield session
        return
    with listening(transport) as address:
        client = sse_client(address) if transport == "sse" else streamable_http_client(address)
        async with client as streams, ClientSession(*streams[:2]) as session:
            await session.initialize()
            yield session


@pytest.mark.parametrize("transport", ["stdio", "http", "sse"])
async def test_all_six_tools_answer_over_every_transport(transport):
    async with session_over(transport) as session:
        listed = await session.list_tools()
        calls = {
            name: {"query": "DPO beta"}
            if name == "search_knowledge"
            else {"limit": 3}
            if name == "list_sources"
            else {"topic": "preference data"}
            for name in TOOLS
        }
        answers = await asyncio.gather(*(session.call_tool(name, arguments) for name, arguments in calls.items()))

    assert {tool.name for tool in listed.tools} == TOOLS
    for answer in answers:
        assert not answer.isError
        assert json.loads(answer.content[0].text) == answer.structuredContent
        assert answer.structuredContent["metadata"]["result_count"] == len(answer.structuredContent["results"]) > 0


async def test_schemas_name_the_arguments_as_the_contract_does():
    async with session_over("stdio") as session:
        tools = {tool.name: tool.inputSchema for tool in (await session.list_tools()).tools}

    assert tools["search_knowledge"]["required"] == ["query"]
    assert tools["search_knowledge"]["properties"]["limit"] | {"description": ""} == {
        "type": "integer",
        "minimum": 1,
        "maximum": 100,
        "default": 10,
        "description": "",
    }
    for name in TOOLS - {"search_knowledge", "list_sources"}:
        assert tools[name]["properties"]["topic"]["default"] == ""
        assert tools[name]["properties"]["limit"]["default"] == 100
        assert tools[name]["properties"]["limit"]["maximum"] == 500
    assert set(tools["list_sources"]["properties"]) == {"limit"}


async def test_errors_are_tool_errors_in_the_contracts_shape():
    async with session_over("stdio") as session:
        answer = await session.call_tool("get_warnings", {"limit": 501})
        after = await session.call_tool("get_warnings", {"limit": 1})

    error = json.loads(answer.content[0].text)["error"]
    assert answer.isError
    assert set(error) == {"code", "message", "details", "retry_after"}
    assert error["code"] == "invalid_argument"
    assert "from 1 to 500" in error["message"]
    assert not after.isError


async def test_a_hundred_calls_at_once_are_each_answered():
    async with session_over("http") as session:
        texts = [f"learning rate {size}B" for size in range(1, 101)]
        answers = await asyncio.gather(*(session.call_tool("search_knowledge", {"query": text}) for text in texts))

    assert [answer.structuredContent["metadata"]["query"] for answer in answers] == texts


async def test_hostile_queries_are_answered_and_the_server_lives_on():
    hostile = ['"', "lora AND (", "title:*", "x" * 100_000, "\0", "🔥" * 1000, "'; DROP TABLE entries; --", "{{7*7}}"]
    async with session_over("stdio") as session:
        answers = [await session.call_tool("search_knowledge", {"query": text}) for text in hostile]
        after = await session.call_tool("search_knowledge", {"query": "LoRA rank"})

    assert not any(answer.isError for answer in answers)
    assert len(after.structuredContent["results"]) == 10


def test_a_web_page_cannot_reach_the_server_through_another_host_name():
    with listening("http") as address:
        answer = httpx.post(address, json=INITIALIZE, headers={"Host": "evil.example"}, timeout=10)
        foreign = httpx.post(address, json=INITIALIZE, headers={"Origin": "http://evil.example"}, timeout=10)

    assert answer.status_code in {403, 421}
    assert foreign.status_code == 403


def test_the_first_answer_comes_in_time_and_nothing_else_is_on_standard_output():
    times = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        with subprocess.Popen([*COMMAND, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            process.stdin.write(json.dumps(INITIALIZE).encode() + b"\n")
            process.stdin.flush()
            answer = json.loads(process.stdout.readline())
            rest, _ = process.communicate(timeout=20)
        assert answer["result"]["serverInfo"]["name"] == "fine-tuning-knowledge"
        assert rest == b""
        assert process.returncode == 0
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)

    assert min(times) < START_LIMIT_SECONDS


async def test_own_entries_are_served(tmp_path: Path):
    (tmp_path / "ours.yaml").write_text(
        "entries:\n- {id: OURS-1, kind: warning, title: Zebrafish overfit, body: They do., prevention: Feed them less.,"
        " sources: [lima], provenance: recalled}\n"
    )
    server = StdioServerParameters(command=COMMAND[0], args=[*COMMAND[1:], "serve", "--entries", str(tmp_path)])
    async with stdio_client(server) as (reading, writing), ClientSession(reading, writing) as session:
        await session.initialize()
        answer = await session.call_tool("get_warnings", {"topic": "zebrafish"})

    assert [result["id"] for result in answer.structuredContent["results"]] == ["OURS-1"]
    assert answer.structuredContent["results"][0]["prevention"] == "Feed them less."


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL)


def test_faulty_entries_stop_the_start_with_file_entry_and_remedy(tmp_path: Path):
    (tmp_path / "ours.yaml").write_text(
        "entries:\n- {id: OURS-1, kind: fact, title: T, body: B, sources: [nowhere], provenance: seen}\n"
    )
    result = run("serve", "--entries", str(tmp_path))

    assert result.returncode == 2
    assert result.stdout == ""
    assert (
        f"{tmp_path / 'ours.yaml'}: entry OURS-1: source 'nowhere' is not in any sources.yaml; add it" in result.stderr
    )
    assert "Traceback" not in result.stderr


def test_a_taken_port_is_told_with_a_remedy():
    with listening("http") as address:
        port = address.split(":")[2].split("/")[0]
        result = run("serve", "--transport", "http", "--port", port)

    assert result.returncode == 2
    assert "choose another --host or --port" in result.stderr


@pytest.mark.parametrize("arguments", [("--help",), ("serve", "--help")])
def test_help_teaches_by_example(arguments):
    result = run(*arguments)

    assert result.returncode == 0
    assert "http://127.0.0.1:8765/mcp" in result.stdout
    assert "--entries our-findings/" in result.stdout


@pytest.mark.parametrize("arguments", [(), ("serve", "--port", "70000"), ("serve", "--transport", "pigeon"), ("sing",)])
def test_bad_usage_is_exit_2(arguments):
    assert run(*arguments).returncode == 2
