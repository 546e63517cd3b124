"""The step as plain messages: what a chat page, or a caller without a thread, says and gets."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from langchain_core.messages import HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from router_project import project_documents, write_project
from scripted_conversation import ScriptedKnowledge
from scripted_model import ScriptedModel

from fine_tuning_knowledge import Base
from fine_tuning_specialist.hosting.host import ServedModel
from fine_tuning_specialist.knowledge.evidence import Answer, Query
from fine_tuning_specialist.project.writing.places import SPEC_PATH
from fine_tuning_specialist.runs.store import open_store
from fine_tuning_specialist.serving.chat import chat_about
from fine_tuning_specialist.serving.conversations import Conversations

REPLIES = {
    "Architecture Guard": "yes",
    "Welcome to Fine-Tuning": "task chat, data source: support tickets",
    "Training Data Assessment": "verified some, coverage full, accurate yes, consistent yes, diverse yes,"
    " uncontaminated yes, pii removed yes",
    "Document Decisions": "yes",
    "Menu Options": "C",
}


class Page:
    """A page that shows the messages of a thread and sends what is typed; it knows no question and no interrupt."""

    def __init__(self, held: Conversations) -> None:
        self._graph = chat_about(held).compile(checkpointer=InMemorySaver())
        self._config: Any = {"configurable": {"thread_id": str(uuid4())}}
        self.values: Mapping[str, Any] = {}

    async def say(self, words: str, **inputs: Any) -> str:
        message = {"messages": [HumanMessage(words)], **inputs}
        self.values = await self._graph.ainvoke(message, self._config)
        return self.shown

    async def again_from(self, count: int) -> str:
        """Have the answer to the message of that number, counted from 0, made anew, as pages offer it."""
        history = [state async for state in self._graph.aget_state_history(self._config)]
        before = next(state for state in history if state.next and len(state.values["messages"]) == count + 1)
        self.values = await self._graph.ainvoke(None, before.config)
        return self.shown

    @property
    def shown(self) -> str:
        return str(self.values["messages"][-1].text)

    @property
    def conversation(self) -> str:
        return str(self.values["conversation"])


@pytest.fixture
def database(tmp_path: Path) -> str:
    return str(tmp_path / "server.sqlite")


@pytest.fixture
def held(database: str, knowledge: ScriptedKnowledge) -> Conversations:
    return Conversations(database, knowledge)


@pytest.fixture
def page(held: Conversations) -> Page:
    return Page(held)


async def test_a_whole_conversation_is_held_in_messages(page: Page) -> None:
    shown = await page.say("Design the fine-tuning.", documents=project_documents())
    for _ in range(30):
        if page.values.get("status"):
            break
        title = next((title for title in REPLIES if f"· {title} ·" in shown and "“ok” settles it" not in shown), "")
        shown = await page.say(REPLIES.get(title, "ok"))
    assert page.values["status"] == "completed"
    assert page.values["next_step"] == "3-inference/step-06-rag-specialist.md"
    assert "**Step 5 is complete.**" in shown
    said = [message.text for message in page.values["messages"]]
    assert page.values["artifacts"][SPEC_PATH].strip() in said[-2]
    assert any("- Decided TRAIN-001: Qwen3-8B" in words and f"- Wrote `{SPEC_PATH}`" in words for words in said)
    assert "Begin a new one" in await page.say("thank you")


async def test_asides_are_answered_and_the_question_comes_again(page: Page) -> None:
    first = await page.say("hello", documents=project_documents())
    assert "[Y/N]" in first
    assert first.startswith("*Entry · Architecture Guard · 0 of 10 done*")
    for words in ("why?", "/help", "progress", "How many examples does SFT need?"):
        assert "[Y/N]" in await page.say(words)
    assert "Section 1 · Welcome" in await page.say("yes")


async def test_a_message_names_the_project_whose_folder_is_written_to(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_project(tmp_path / "router-help", architecture="rag-only")
    monkeypatch.setenv("FINE_TUNING_PROJECTS", str(tmp_path))
    assert "- router-help" in await page.say("hello")
    assert "rag-only" in await page.say("router-help, please")
    farewell = await page.say("yes")
    assert page.values["status"] == "skipped"
    assert "Step 6" in farewell
    assert "SKIPPED" in (tmp_path / "router-help" / SPEC_PATH).read_text(encoding="utf-8")


async def test_whoever_knows_the_name_goes_on_without_a_thread(held: Conversations, page: Page) -> None:
    await page.say("hello", documents=project_documents())
    elsewhere = Page(held)
    assert "Section 1 · Welcome" in await elsewhere.say("yes", conversation=page.conversation)
    assert elsewhere.conversation == page.conversation


async def test_a_reply_to_a_question_that_was_answered_elsewhere_changes_nothing(
    held: Conversations, page: Page
) -> None:
    await page.say("hello", documents=project_documents())
    await Page(held).say("yes", conversation=page.conversation)
    shown = await page.say("no")
    assert "has been answered since" in shown
    assert "Section 1 · Welcome" in shown
    assert "Here is the whole of it" in await page.say("task chat, data source: support tickets")


async def test_an_answer_made_anew_shows_where_the_conversation_is(page: Page) -> None:
    await page.say("hello", documents=project_documents())
    await page.say("yes")
    await page.say("task chat, data source: support tickets")
    shown = await page.again_from(2)
    assert "has been answered since" in shown
    assert "Here is the whole of it" in shown
    assert "Section 3 · Training Data Assessment" in await page.say("ok")


async def test_a_reply_that_is_no_answer_is_refused_with_a_reason(page: Page) -> None:
    await page.say("hello", documents=project_documents())
    shown = await page.say("x" * 20_001)
    assert "The reply is too long" in shown
    assert "[Y/N]" in shown


async def test_a_model_converses_where_the_server_has_one(database: str, knowledge: ScriptedKnowledge) -> None:
    model = ScriptedModel(script={"interpret": {"kind": "unclear", "clarification": "Is that a yes?"}})
    page = Page(Conversations(database, knowledge, ServedModel(model, "openai:scripted")))
    await page.say("hello", documents=project_documents())
    shown = await page.say("let me think about it")
    assert "Is that a yes?" in shown
    assert "[Y/N]" in shown
    async with open_store(database) as store:
        assert [run.model for run in await store.runs.all()] == ["openai:scripted"]


@pytest.mark.parametrize(
    "name", ["support-assistant", "chat-1", "../server", "chat-00000000-0000-0000-0000-000000000000"]
)
async def test_no_other_run_is_reached_by_naming_it(held: Conversations, database: str, name: str) -> None:
    async with open_store(database) as store:
        await store.runs.claim(Path("/projects/support-assistant"))
    page = Page(held)
    assert f"There is no conversation {name}." in await page.say("yes", conversation=name)
    async with open_store(database) as store:
        assert [run.name for run in await store.runs.all()] == ["support-assistant"]


async def test_documents_that_cannot_be_read_begin_no_conversation(page: Page, database: str) -> None:
    assert "sidecar.yaml" in await page.say("hello", documents={"sidecar.yaml": "architecture: [unclosed"})
    async with open_store(database) as store:
        assert await store.runs.all() == []
    assert "[Y/N]" in await page.say("now with the right ones", documents=project_documents())


async def test_a_second_reply_waits_for_the_first(held: Conversations, page: Page, database: str) -> None:
    await page.say("hello", documents=project_documents())
    async with open_store(database) as store, store.lease(page.conversation):
        assert "Another reply is being worked on" in await page.say("yes")
    assert "Section 1 · Welcome" in await page.say("yes")


class SlowKnowledge(ScriptedKnowledge):
    """Keeps whoever consults it waiting until it is let go."""

    def __init__(self, base: Base) -> None:
        super().__init__(base)
        self.consulted = asyncio.Event()
        self.answering = asyncio.Event()

    async def consult(self, queries: Sequence[Query]) -> list[Answer]:
        self.consulted.set()
        await self.answering.wait()
        return await super().consult(queries)


async def test_a_cancelled_turn_goes_on_with_the_next_message(database: str, knowledge_base: Base) -> None:
    knowledge = SlowKnowledge(knowledge_base)
    page = Page(Conversations(database, knowledge))
    await page.say("hello", documents=project_documents())
    await page.say("yes")
    await page.say("task chat, data source: support tickets")
    turn = asyncio.create_task(page.say("ok"))
    await knowledge.consulted.wait()
    turn.cancel()
    with pytest.raises(asyncio.CancelledError):
        await turn
    knowledge.answering.set()
    assert "Section 3 · Training Data Assessment" in await page.say("ok")


async def test_conversations_at_once_do_not_meet(held: Conversations) -> None:
    pages = [Page(held) for _ in range(3)]
    names = ["router-help", "printer-help", "camera-help"]
    for page, name in zip(pages, names, strict=True):
        await page.say("hello", documents=project_documents(name=name))
    shown = await asyncio.gather(*(page.say("yes") for page in pages))
    assert all("Section 1 · Welcome" in said for said in shown)
    assert len({page.conversation for page in pages}) == 3
