"""The step behind a LangGraph server: the development server, driven as its own clients drive it."""

import ast
import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

pytest.importorskip("langgraph_api", reason="a LangGraph server needs the `server` extra")
pytest.importorskip("langgraph_sdk", reason="a LangGraph server needs the `server` extra")

from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from router_project import project_documents, write_project
from scripted_conversation import ACCEPT, USUAL

from fine_tuning_specialist.runs.store import open_store

STEP = "fine_tuning_specialist"
CHAT = "fine_tuning_chat"
AGENT = "fine_tuning_agent"
SPEC = "phase-2-training/training-spec.md"
CONFIG = Path(__file__).parents[2] / "langgraph.json"
STARTED = 90.0
TURNS = 30

SAID = {
    "Welcome to Fine-Tuning": "task chat, data source: support tickets",
    "Training Data Assessment": "verified some, coverage full, accurate yes, consistent yes, diverse yes,"
    " uncontaminated yes, pii removed yes",
    "Menu Options": "C",
}
"""What a person types in a section; elsewhere `ok`, and `yes` to what is to be confirmed."""


def typed_reply(shown: str) -> str:
    if "[Y/N]" in shown:
        return "yes"
    if "“ok” settles it" in shown:
        return "ok"
    return next((words for title, words in SAID.items() if f"· {title} ·" in shown), "ok")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("server")
    for name, architecture in (("router-help", "rag-only"), ("printer-help", "hybrid")):
        (folder / "projects" / name).mkdir(parents=True)
        write_project(folder / "projects" / name, architecture=architecture)
    return folder


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[str]:
    """The URL of `langgraph dev` over our `langgraph.json`, with threads in a file of ours."""
    with served(folder, {}) as url:
        yield url


@pytest.fixture(scope="module")
def postgres_server(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The same with its threads in PostgreSQL."""
    with served(tmp_path_factory.mktemp("postgres-server"), {"FINE_TUNING_DATABASE": postgres}) as url:
        yield url


@contextmanager
def served(folder: Path, settings: dict[str, str]) -> Iterator[str]:
    """`langgraph dev`, from its first answer on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if name != "LANGGRAPH_STRICT_MSGPACK"}
    environment |= {
        "FINE_TUNING_DATA": str(folder / "data"),
        "FINE_TUNING_PROJECTS": str(folder / "projects"),
        "LANGSMITH_TRACING": "false",
        **settings,
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


def said(words: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": words}]}


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

    async def say(self, words: str) -> str:
        return (await self.run(input=said(words))).shown

    @property
    def shown(self) -> str:
        return str(self.left["messages"][-1]["content"])

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
    assert await kept(str(folder / "data" / "server.sqlite"), thread.id) == "completed"


async def test_a_second_run_on_a_busy_thread_is_refused(client: LangGraphClient) -> None:
    await refuses_a_second_run(client)


async def test_threads_are_kept_in_postgresql_by_its_url(postgres_server: str, postgres: str) -> None:
    async with get_client(url=postgres_server) as client:
        thread = await Thread(client, STEP).start({"documents": project_documents()})
        await thread.finish()
        assert thread.left["status"] == "completed"
        assert "## Base Model" in thread.left["artifacts"][SPEC]
        assert await kept(postgres, thread.id) == "completed"
        await refuses_a_second_run(client)


async def test_a_chat_page_converses_over_postgresql(postgres_server: str, postgres: str) -> None:
    async with get_client(url=postgres_server) as client:
        thread = await Thread(client, CHAT).start({**said("hello"), "documents": project_documents()})
        assert "Section 1" in await thread.say("yes")
        async with open_store(postgres) as store:
            assert (await store.runs.named(f"chat-{thread.id}")).section == "1"


async def refuses_a_second_run(client: LangGraphClient) -> None:
    """Two replies at once to one question: the second is refused, and the first is taken in once."""
    thread = await (await Thread(client, STEP).start({"documents": project_documents()})).reply("yes")
    resume = {"resume": {thread.pending["id"]: USUAL["welcome"]}}
    outcomes = await asyncio.gather(
        *(client.runs.create(thread.id, STEP, command=resume, multitask_strategy="reject") for _ in range(2)),
        return_exceptions=True,
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert [type(error).__name__ for error in refused] == ["ConflictError"]
    accepted = next(outcome for outcome in outcomes if not isinstance(outcome, BaseException))
    await client.runs.join(thread.id, accepted["run_id"])
    state = await client.threads.get_state(thread.id)
    assert [one["value"]["question_key"] for one in state["interrupts"]] == ["assess_training_data"]


async def replays(conversation: str, folder: Path) -> None:
    """The conversation is a run of the server's database, which `replay` executes again."""
    command = [sys.executable, "-m", "fine_tuning_specialist", "replay", conversation]
    command += ["--database", str(folder / "data" / "server.sqlite")]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    shown, _ = await process.communicate()
    assert process.returncode == 0, shown.decode()
    assert f"same     {SPEC}" in shown.decode()


async def kept(database: str, thread: str) -> str:
    """The status of a thread as our own database has it, read without the server."""
    async with open_store(database) as store:
        found = await store.saver.aget_tuple({"configurable": {"thread_id": thread}})
        assert found is not None
        return str(found.checkpoint["channel_values"]["status"])


async def test_a_chat_page_has_a_whole_conversation_about_a_project_that_it_names(
    client: LangGraphClient, folder: Path
) -> None:
    thread = await Thread(client, CHAT).start(said("hello"))
    assert "- printer-help" in thread.shown
    assert "· Architecture Guard ·" in await thread.say("printer-help, please")
    assert "[Y/N]" in await thread.say("How many examples does SFT need?")
    for _ in range(TURNS):
        if thread.left.get("status"):
            break
        await thread.say(typed_reply(thread.shown))
    assert thread.pending is None
    assert thread.left["status"] == "completed"
    assert "**Step 5 is complete.**" in thread.shown
    written = (folder / "projects" / "printer-help" / SPEC).read_text(encoding="utf-8")
    assert written.strip() in thread.left["messages"][-2]["content"]
    await replays(thread.left["conversation"], folder)


@pytest.mark.parametrize("words", ["../projects", "/etc", "router"])
async def test_a_message_names_nothing_outside_the_folder_of_projects(client: LangGraphClient, words: str) -> None:
    for graph in (CHAT, AGENT):
        thread = await Thread(client, graph).start(said(words))
        assert "Which project is it about?" in thread.shown
        assert thread.pending is None
        assert not thread.left.get("conversation")


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
    def state(self) -> str:
        return str(self.task["status"]["state"])

    @property
    def question(self) -> dict[str, Any]:
        return dict(self.task["artifacts"][0]["parts"][0]["data"]["value"])


async def test_another_agent_has_a_whole_conversation_over_a2a(server: str, client: LangGraphClient) -> None:
    assistants = await client.assistants.search(graph_id=AGENT)
    async with httpx.AsyncClient() as web:
        agent = Agent(server, assistants[0]["assistant_id"], web)
        await agent.send(
            {"kind": "text", "text": "Design the fine-tuning."},
            {"kind": "data", "data": {"documents": project_documents()}},
        )
        assert agent.question["question_key"] == "entry_checkpoint"
        await agent.send({"kind": "text", "text": "yes"})
        assert agent.question["question_key"] == "welcome"
        for _ in range(TURNS):
            if agent.state != "input-required":
                break
            await agent.send({"kind": "data", "data": {"resume": USUAL.get(agent.question["question_key"], ACCEPT)}})
        assert agent.state == "completed"
        assert "**Step 5 is complete.**" in str(agent.task["artifacts"])


@asynccontextmanager
async def mcp_session(server: str) -> AsyncIterator[ClientSession]:
    async with streamable_http_client(f"{server}/mcp") as (read, write, _), ClientSession(read, write) as session:
        await session.initialize()
        yield session


async def test_an_mcp_client_has_a_whole_conversation(server: str) -> None:
    async with mcp_session(server) as session:
        tools = {tool.name: tool for tool in (await session.list_tools()).tools}
        assert set(tools) == {STEP, CHAT, AGENT}
        assert set(tools[CHAT].inputSchema["properties"]) == {"messages", "documents", "conversation"}

        async def call(words: str, **arguments: Any) -> dict[str, Any]:
            answer = await session.call_tool(CHAT, {"messages": words, **arguments})
            assert not answer.isError, answer.content
            return dict(ast.literal_eval(answer.content[0].text))

        left = await call("Design the fine-tuning.", documents=project_documents())
        for _ in range(TURNS):
            shown = left["messages"][-1]["content"]
            if left.get("status"):
                break
            left = await call(typed_reply(shown), conversation=left["conversation"])
        assert left["status"] == "completed"
        assert "## Base Model" in left["artifacts"][SPEC]
        assert "**Step 5 is complete.**" in shown


async def test_the_other_graphs_ask_an_mcp_client_their_first_question_only(server: str) -> None:
    async with mcp_session(server) as session:
        asked = await session.call_tool(STEP, {"documents": project_documents()})
        assert "entry_checkpoint" in asked.content[0].text
        again = await session.call_tool(STEP, {"documents": project_documents()})
        assert "entry_checkpoint" in again.content[0].text
