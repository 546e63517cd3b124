"""Executing a recorded run once more, in a scratch folder, with nothing but its journal to live on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.types import Command, Interrupt, StateSnapshot

from ..runs.session import STEPS_PER_TURN, Step
from .comparing import Difference, compare_texts, unified
from .entries import Entry
from .prompts import put_together
from .recorded import NotRecordedError
from .steering import steer

THREAD = "replay"


@dataclass
class Performance:
    """How far the second execution came, and where its course left the recorded one."""

    values: Mapping[str, Any] = field(default_factory=dict)
    pending: Mapping[str, Any] = field(default_factory=dict)
    """The payload of the question that waits; empty at the end."""
    turns: int = 0
    differences: list[Difference] = field(default_factory=list)
    complete: bool = False
    """Whether every recorded reply was given."""


class Performer:
    """Drives the step with the recorded replies and forks; stops where the course is another one."""

    def __init__(self, step: Step, scratch: Path, root: str, paragraphs: Mapping[str, str]) -> None:
        self._step = step
        self._paragraphs = paragraphs
        self._places = (str(scratch), root.rstrip("/"))
        self._config: RunnableConfig = {"configurable": {"thread_id": THREAD}, "recursion_limit": STEPS_PER_TURN}
        self._waiting: Sequence[Interrupt] = ()
        self._started = False
        self._result = Performance()

    async def perform(self, inputs: Mapping[str, Any], moves: Sequence[Entry]) -> Performance:
        """Start on the input and make every move: replies and forks, in their order."""
        try:
            await self._advance(dict(inputs), moves)
            self._result.complete = True
            for number, move in enumerate(moves):
                if not await self._make(move, moves[number + 1 :]):
                    self._result.complete = False
                    break
        except NotRecordedError as error:
            self._result.complete = False
            self._result.differences.append(unrecorded(error, self._paragraphs))
        if self._started:
            self._result.values = (await self._now()).values
            self._result.pending = self._question() or {}
        return self._result

    def here(self, text: str) -> str:
        """A text of this execution as if it had been made in the recorded place."""
        return text.replace(*self._places)

    async def _make(self, move: Entry, rest: Sequence[Entry]) -> bool:
        if move.kind == "fork":
            return await self._fork(move, rest)
        question = self._question()
        asked = move.payload["question"]
        if question is None or question["question_key"] != asked:
            now = f"asks {question['question_key']}" if question else "asks nothing"
            self._result.differences.append(
                Difference("course", asked, f"The run asked {asked} here; executed again, it {now}.")
            )
            return False
        message = self.here(str(question.get("message", "")))
        name = f"turn {self._result.turns + 1}: {asked}"
        self._result.differences += compare_texts("question", name, move.result["message"], message)
        self._result.turns += 1
        await self._advance(Command(resume={self._waiting[0].id: move.payload["reply"]}), rest)
        return True

    async def _fork(self, move: Entry, rest: Sequence[Entry]) -> bool:
        """Come to the boundary at which the run was forked, and steer as the fork did."""
        node, step = move.payload["node"], move.payload["step"]
        while (snapshot := await self._now()).next == (node,) and not snapshot.interrupts:
            if (snapshot.metadata or {}).get("step") == step:
                await steer(self._step, snapshot.config, node, snapshot.values)
                await self._advance(None, rest)
                return True
            await self._advance(None, [move])
        text = f"The run was forked before {node}; executed again, it does not come there."
        self._result.differences.append(Difference("course", node, text))
        return False

    async def _advance(self, inputs: Any, rest: Sequence[Entry]) -> None:
        """Go on to the next question, or to the boundary of the fork that comes next."""
        fork = rest[0] if rest and rest[0].kind == "fork" else None
        before = [fork.payload["node"]] if fork else None
        self._waiting = ()
        try:
            output = await self._step.ainvoke(
                inputs, self._config, interrupt_before=before, durability="sync", version="v2"
            )
        finally:
            self._started = True
        self._waiting = output.interrupts

    async def _now(self) -> StateSnapshot:
        return await self._step.aget_state(self._config)

    def _question(self) -> Mapping[str, Any] | None:
        return self._waiting[0].value if self._waiting else None


def unrecorded(error: NotRecordedError, paragraphs: Mapping[str, str]) -> Difference:
    """A question to the outside that the recorded run did not ask."""
    asked, nearest = described(error.payload), described(error.nearest)
    if error.kind == "consult":
        then = f"\n  then: {nearest}" if nearest else ""
        return Difference("query", asked, f"The run made no such query, so there is no answer to go on with.{then}")
    if error.kind == "model":
        now = put_together(error.payload["messages"], {**paragraphs, **error.texts})
        then = put_together(error.nearest["messages"], paragraphs) if error.nearest else ""
        return Difference("query", "model", f"The model was asked otherwise.\n{unified(then, now, 'prompt')}")
    return Difference("course", error.kind, "This was not done by the recorded run, or not so often.")


def described(payload: Any) -> str:
    """A query in one line."""
    if isinstance(payload, Mapping) and "tool" in payload:
        return f"{payload['tool']}({payload.get('text', '')})"
    return str(payload)[:200] if payload else ""
