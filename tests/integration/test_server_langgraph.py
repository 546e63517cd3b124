"""The step behind a LangGraph server: the development server, driven as its own clients drive it."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

pytest.importorskip("langgraph_api", reason="a LangGraph server needs the `server` extra")
pytest.importorskip("langgraph_sdk", reason="a LangGraph server needs the `server` extra")

from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient
from router_project import project_documents, write_project
from scripted_conversation import ACCEPT, USUAL

STEP = "fine_tuning_specialist"
CHAT = "fine_tuning_chat"
SPEC = "phase-2-training/training-spec.md"
CONFIG = Path(__file__).parents[2] / "langgraph.json"
STARTED = 90.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("server")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[str]:
    """The URL of `langgraph dev` over our `langgraph.json`, with threads in a file of ours."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "projects" / "router-help").mkdir(parents=True)
    write_project(folder / "projects" / "router-help", architecture="rag-only")
    environment = {name: value for name, value in os.environ.items() if name != "LANGGRAPH_STRICT_MSGPACK"}
    environment |= {
        "FINE_TUNING_DATA": str(folder / "data"),
        "FINE_TUNING_PROJECTS": str(folder / "projects"),
        "LANGSMITH_TRACING": "false",
    }
    command = [str(Path(sys.executable).parent / "langgraph"), "dev", "--config", str(CONFIG)]
    command += ["--host", "127.0.0.1", "--port", str(port), "--no-browser", "--no-reload"]
    with (folder / "server.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, env=environment)
    try:
        asyncio.run(until_it_answers(f"http://127.0.0.1:{port}", process))
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


async def until_it_answers(url: str, process: "subprocess.Popen[bytes]") -> None:
    async with httpx.AsyncClient() as client, asyncio.timeout(STARTED):
        while process.poll() is None:
            try:
                if (await client.get(f"{url}/ok")).is_success:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.1)
    raise AssertionError("the server ended while starting")


@pytest.fixture
async def client(server: str) -> AsyncIterator[LangGraphClient]:
    async with get_client(url=server) as opened:
        yield opened


class Thread:
    """A thread of a graph on the server."""

    def __init__(self, client: LangGraphClient, graph: str) -> None:
        self.client = client
        self.graph = graph
        self.id = ""
        self.left: dict[str, Any] = {}
        self.pending: Any = None

    async def start(self, inputs: Any) -> "Thread":
        self.id = (await self.client.threads.create())["thread_id"]
        return await self.run(input=inputs)

    async def run(self, **arguments: Any) -> "Thread":
        self.left = await self.client.runs.wait(self.id, self.graph, **arguments)
        thread = await self.client.threads.get(self.id)
        interrupts = [one for several in thread["interrupts"].values() for one in several]
        self.pending = interrupts[0] if interrupts else None
        return self

    async def reply(self, value: Any) -> "Thread":
        return await self.run(command={"resume": {self.pending["id"]: value}})

    @property
    def key(self) -> str:
        return str(self.pending["value"]["question_key"]) if self.pending else ""

    async def finish(self) -> "Thread":
        while self.pending is not None:
            await self.reply(USUAL.get(self.key, ACCEPT))
        return self


async def test_a_client_drives_it_from_the_first_question_to_the_finished_spec(
    client: LangGraphClient, folder: Path
) -> None:
    thread = await Thread(client, STEP).start({"documents": project_documents()})
    assert thread.key == "entry_checkpoint"
    await thread.finish()
    assert thread.left["status"] == "completed"
    assert "## Base Model" in thread.left["artifacts"][SPEC]
    assert thread.left["next_step"] == "3-inference/step-06-rag-specialist.md"
    assert (folder / "data" / "server.sqlite").stat().st_size > 100_000


async def test_a_second_run_on_a_busy_thread_is_refused(client: LangGraphClient) -> None:
    thread = await (await Thread(client, STEP).start({"documents": project_documents()})).reply("yes")
    resume = {"resume": {thread.pending["id"]: USUAL["welcome"]}}
    outcomes = await asyncio.gather(
        *(thread.client.runs.create(thread.id, STEP, command=resume, multitask_strategy="reject") for _ in range(2)),
        return_exceptions=True,
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert [type(error).__name__ for error in refused] == ["ConflictError"]
    accepted = next(outcome for outcome in outcomes if not isinstance(outcome, BaseException))
    await thread.client.runs.join(thread.id, accepted["run_id"])
    state = await thread.client.threads.get_state(thread.id)
    assert [one["value"]["question_key"] for one in state["interrupts"]] == ["assess_training_data"]


async def test_a_chat_page_names_a_project_and_answers_with_decisions(client: LangGraphClient, folder: Path) -> None:
    thread = await Thread(client, CHAT).start({"messages": [{"role": "user", "content": "hello"}]})
    assert "router-help" in thread.left["messages"][-1]["content"]
    assert thread.pending is None
    await thread.run(input={"messages": [{"role": "user", "content": "router-help, please"}]})
    assert thread.key == "entry_checkpoint"
    await thread.reply({"decisions": [{"type": "approve"}]})
    assert thread.left["status"] == "skipped"
    assert "Step 6" in thread.left["messages"][-1]["content"]
    assert "SKIPPED" in (folder / "projects" / "router-help" / SPEC).read_text(encoding="utf-8")


@pytest.mark.parametrize("words", ["../projects", "/etc", "router"])
async def test_a_message_names_nothing_outside_the_folder_of_projects(client: LangGraphClient, words: str) -> None:
    thread = await Thread(client, CHAT).start({"messages": [{"role": "user", "content": words}]})
    assert not thread.left.get("status")
    assert thread.pending is None
    assert not thread.left.get("project_dir")


class Agent:
    """Another agent, which knows the A2A protocol and nothing of LangGraph."""

    def __init__(self, url: str, assistant: str, client: httpx.AsyncClient) -> None:
        self._address = f"{url}/a2a/{assistant}"
        self._client = client
        self.task: dict[str, Any] = {}

    async def send(self, *parts: dict[str, Any]) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "user", "messageId": os.urandom(8).hex(), "parts": list(parts)}
        if self.task:
            message |= {"taskId": self.task["id"], "contextId": self.task["contextId"]}
        body = {"jsonrpc": "2.0", "id": "1", "method": "message/send", "params": {"message": message}}
        answer = (await self._client.post(self._address, json=body, timeout=60)).json()
        assert "result" in answer, answer
        self.task = answer["result"]
        return self.task

    @property
    def question(self) -> dict[str, Any]:
        return dict(self.task["artifacts"][0]["parts"][0]["data"]["value"])


async def test_another_agent_converses_over_a2a(server: str, client: LangGraphClient) -> None:
    assistants = await client.assistants.search(graph_id=CHAT)
    async with httpx.AsyncClient() as web:
        agent = Agent(server, assistants[0]["assistant_id"], web)
        await agent.send(
            {"kind": "text", "text": "Design the fine-tuning."},
            {"kind": "data", "data": {"documents": project_documents()}},
        )
        assert agent.task["status"]["state"] == "input-required"
        assert agent.question["question_key"] == "entry_checkpoint"
        await agent.send({"kind": "text", "text": "yes"})
        assert agent.question["question_key"] == "welcome"
        await agent.send({"kind": "data", "data": {"resume": USUAL["welcome"]}})
        assert agent.question["question_key"] == "assess_training_data"


async def test_it_is_offered_as_an_mcp_tool_which_can_only_ask_its_first_question(server: str) -> None:
    headers = {"accept": "application/json, text/event-stream"}
    async with httpx.AsyncClient(headers=headers, timeout=60) as client:

        async def call(method: str, parameters: dict[str, Any]) -> Any:
            body = {"jsonrpc": "2.0", "id": "1", "method": method, "params": parameters}
            return (await client.post(f"{server}/mcp", json=body)).json()["result"]

        tools = {tool["name"]: tool for tool in (await call("tools/list", {}))["tools"]}
        assert {STEP, CHAT} <= set(tools)
        assert "documents" in tools[STEP]["inputSchema"]["properties"]
        asked = await call("tools/call", {"name": STEP, "arguments": {"documents": project_documents()}})
        assert "entry_checkpoint" in asked["content"][0]["text"]
