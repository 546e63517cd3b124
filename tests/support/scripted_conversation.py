"""Driving the real graph in a test: a project to talk about, a knowledge base in process, replies by question key."""

import os

os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")

from collections.abc import Mapping, Sequence
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from router_project import project_documents

from fine_tuning_knowledge import Base
from fine_tuning_knowledge.tools import call
from fine_tuning_specialist.builder import build_graph
from fine_tuning_specialist.knowledge.errors import KnowledgeUnavailable
from fine_tuning_specialist.knowledge.evidence import Answer, Query
from fine_tuning_specialist.knowledge.results import read_results

Stored = dict[str, Any]

DAY = date(2026, 11, 9)

ACCEPT: Mapping[str, Any] = {"fields": {}, "accept_recommended": True}
QUALITY: Mapping[str, Any] = {
    "verified": "some",
    "coverage": "full",
    "accurate": True,
    "consistent": True,
    "diverse": True,
    "uncontaminated": True,
    "pii_removed": True,
}

USUAL: Mapping[str, Any] = {
    "entry_checkpoint": {"fields": {"proceed": True}},
    "welcome": {"fields": {"task_type": "chat", "data_source": "support tickets"}, "accept_recommended": True},
    "assess_training_data": {"fields": QUALITY, "accept_recommended": True},
    "document_decisions": {"fields": {"confirm": True}},
    "present_menu": "C",
}
"""What is replied where a test says nothing else; elsewhere the recommendation is accepted."""


class ScriptedKnowledge:
    """The embedded base without a server; it remembers what it was asked, and fails when told to."""

    def __init__(self, base: Base) -> None:
        self._base = base
        self.queries: list[Query] = []
        self.consultations: list[list[Query]] = []
        self.failures = 0
        """How many of the next consultations fail."""
        self.added: dict[str, list[dict[str, Any]]] = {}
        """Results put before those of the base, by tool, as a server would send them."""
        self.empty = False

    async def consult(self, queries: Sequence[Query]) -> list[Answer]:
        self.consultations.append(list(queries))
        self.queries.extend(queries)
        if self.failures:
            self.failures -= 1
            raise KnowledgeUnavailable("it closed the connection", "a server of this test")
        return [self._answer(query) for query in queries]

    def texts(self) -> list[str]:
        return [query.text for query in self.queries]

    def _answer(self, query: Query) -> Answer:
        if self.empty or not query.text:
            return Answer(query=query)
        text = "topic" if query.tool != "search_knowledge" else "query"
        payload = call(self._base, query.tool, {text: query.text, "limit": query.limit})
        payload["results"] = [*self.added.get(query.tool, ()), *payload["results"]]
        return read_results(query, payload)


class Conversation:
    """One run of the step, question by question; answers go by interrupt id."""

    def __init__(
        self,
        knowledge: ScriptedKnowledge,
        inputs: Mapping[str, Any],
        *,
        thread: str = "run",
        saver: Any = None,
        graph: Any = None,
    ) -> None:
        self.knowledge = knowledge
        self.inputs = dict(inputs)
        self.saver = saver or InMemorySaver()
        self.graph = graph or build_graph(knowledge, clock=lambda: DAY).compile(checkpointer=self.saver)
        self.config: Any = {"configurable": {"thread_id": thread}, "recursion_limit": 500}
        self.values: dict[str, Any] = {}
        self.question: dict[str, Any] | None = None
        self.asked: list[str] = []
        """The key of every question put, in order."""
        self.nodes: list[str] = []
        """Every node of the step that ran, in order; a section counts once a visit."""
        self.updates: list[tuple[str, str, dict[str, Any]]] = []
        """Every node's update: the section (empty for the step's own nodes), the node, what it returned."""
        self._interrupt = ""

    @property
    def folder(self) -> Path:
        return Path(self.inputs["project_dir"])

    @property
    def key(self) -> str:
        """The key of the pending question; empty when there is none."""
        return self.question["question_key"] if self.question else ""

    @property
    def message(self) -> str:
        """What the pending question says."""
        return self.question["message"] if self.question else ""

    def record(self, node: str) -> dict[str, Any]:
        return dict(self.values["sections"][node])

    def decided(self, node: str) -> dict[str, Any]:
        return dict(self.record(node)["fields"])

    def recommended(self, name: str) -> Any:
        assert self.question is not None
        return next(field["recommended"] for field in self.question["fields"] if field["name"] == name)

    def file(self, path: str) -> str:
        return (self.folder / path).read_text(encoding="utf-8")

    async def start(self) -> "Conversation":
        await self._advance(self.inputs)
        return self

    def stored(self) -> Stored:
        """A copy of everything that the checkpointer holds."""
        return {name: deepcopy(getattr(self.saver, name)) for name in ("storage", "writes", "blobs")}

    async def resume(self, stored: Stored) -> "Conversation":
        """Stand where another conversation over the same documents stood."""
        for name, content in deepcopy(stored).items():
            getattr(self.saver, name).update(content)
        await self.look()
        return self

    async def reply(self, value: Any) -> "Conversation":
        assert self.question is not None, "nothing is asked"
        await self._advance(Command(resume={self._interrupt: value}))
        return self

    async def until(self, key: str, answers: Mapping[str, Any] | None = None) -> "Conversation":
        """Answer as usual until a question is pending; `end` goes to the end.

        A list in `answers` is used in turn; after it, and where a question has none, the usual reply follows.
        """
        if self.question is None and not self.values:
            await self.start()
        told = {name: list(value) if isinstance(value, list) else value for name, value in (answers or {}).items()}
        first = len(self.asked)
        for _ in range(60):
            if self.key == key or self.question is None or self.asked[first:][-5:] == [self.key] * 5:
                break
            await self.reply(_next(told, self.key))
        if key == "end":
            assert self.question is None, f"{self.key} is still asked: {self.message[-400:]}"
        else:
            assert self.key == key, f"{self.key or 'the end'} came instead of {key}: {self.message[:400]}"
        return self

    async def _advance(self, value: Any) -> None:
        stream = self.graph.astream(value, self.config, stream_mode="updates", subgraphs=True, durability="sync")
        async for namespace, update in stream:
            for node, returned in update.items():
                if node != "__interrupt__":
                    section = namespace[0].split(":")[0] if namespace else ""
                    self.updates.append((section, node, returned or {}))
                    if not namespace:
                        self.nodes.append(node)
        await self.look()

    async def look(self) -> None:
        """Read again what is pending."""
        snapshot = await self.graph.aget_state(self.config)
        self.values = snapshot.values
        self.question = snapshot.interrupts[0].value if snapshot.interrupts else None
        self._interrupt = snapshot.interrupts[0].id if snapshot.interrupts else ""
        if self.question:
            self.asked.append(self.key)


def _next(told: dict[str, Any], key: str) -> Any:
    said = told.get(key)
    if isinstance(said, list):
        said = said.pop(0) if said else None
    elif said is not None and key != "present_menu":
        told.pop(key)
    return USUAL.get(key, ACCEPT) if said is None else said


class Walk:
    """The usual way through a project's documents, walked once; any of its questions can be stood at again."""

    def __init__(self, base: Base, stated: Mapping[str, Any], answers: Mapping[str, Any]) -> None:
        self._base = base
        self.documents = project_documents(**stated)
        self._answers = answers
        self._stored: dict[str, Stored] = {}

    async def at(self, key: str) -> Conversation:
        """A conversation of its own that stands at this question; nothing is written to a disk."""
        if not self._stored:
            await self._walk()
        talk = Conversation(ScriptedKnowledge(self._base), {"documents": self.documents})
        return await talk.resume(self._stored[key])

    async def _walk(self) -> None:
        talk = await Conversation(ScriptedKnowledge(self._base), {"documents": self.documents}).start()
        told = dict(self._answers)
        while talk.key not in self._stored:
            self._stored[talk.key] = talk.stored()
            if talk.key != "present_menu":
                await talk.reply(_next(told, talk.key))
