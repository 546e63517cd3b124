"""One run, driven question by question: start or continue it, answer, read its result."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from langchain_core.runnables import RunnableConfig
from langgraph.errors import is_invalid_resume
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command, StateSnapshot
from pydantic import ValidationError

from ..interrupts import Resume
from ..project.looking import Seen, looking, on_disk
from .errors import InvalidReplyError
from .records import OPEN, RunList, RunRecord

STEPS_PER_TURN = 500
"""Super-steps between two questions; more can only be a loop."""

RESULT_KEYS = ("status", "message", "next_step", "next_step_text", "decisions", "stories", "artifacts")

FIRST = "load_context"
"""The node that reads the project."""

INPUTS = ("project_dir", "output_dir", "workflow_dir", "documents")
"""The keys of the step's input."""

Event = Mapping[str, Any]
EventHandler = Callable[[Event], Awaitable[None]]
Step = CompiledStateGraph[Any, Any, Any, Any]


class ReplyJournal(Protocol):
    """Where a run writes down what enters it through its session."""

    async def start(self, inputs: Mapping[str, Any], model: str = "") -> None:
        """A run starts on this input, or starts to read its project again after it was cut off."""
        ...

    async def reply(self, interrupt_id: str, checkpoint: str, question: Mapping[str, Any], value: Any) -> None:
        """A reply is about to be given to the graph."""
        ...

    def look(self, project: Path, path: str) -> Seen:
        """Where a path of the project leads."""
        ...

    async def settle(self) -> None:
        """The graph has come to a halt."""
        ...


@dataclass(frozen=True)
class Pending:
    """The question that waits: its payload, and the id by which it is answered."""

    interrupt_id: str
    payload: Mapping[str, Any]

    @property
    def question_key(self) -> str:
        """The stable key of the question."""
        return str(self.payload.get("question_key", ""))


class RunSession:
    """Drives one run of the compiled step; the caller holds the run's lease."""

    def __init__(
        self, step: Step, run: RunRecord, runs: RunList, on_event: EventHandler, journal: ReplyJournal | None = None
    ) -> None:
        self._step = step
        self._runs = runs
        self._on_event = on_event
        self._journal = journal
        self._checkpoint = ""
        self._config: RunnableConfig = {"configurable": {"thread_id": run.name}, "recursion_limit": STEPS_PER_TURN}
        self._values: Mapping[str, Any] = {}
        self.run = run
        self.pending: Pending | None = None
        self.continued = False
        """Whether the run had been started before."""

    async def start(self, inputs: Mapping[str, Any]) -> None:
        """Bring the run to its pending question or its end, from wherever it stands.

        A run that was cut off goes on at its last super-step. That is done for one that waits as well: an answer
        may have been recorded in the instant before the process died, and must not be asked for again.
        """
        snapshot = await self._step.aget_state(self._config)
        self.continued = bool(snapshot.config.get("configurable", {}).get("checkpoint_id"))
        if self.continued and snapshot.values.get("status"):
            await self._settle(snapshot)
            return
        if self._journal is not None and (not self.continued or snapshot.next == (FIRST,)):
            found = {key: snapshot.values[key] for key in INPUTS if snapshot.values.get(key)}
            await self._journal.start(found if self.continued else inputs, self.run.model)
        await self._advance(None if self.continued else dict(inputs))

    async def answer(self, value: Any) -> None:
        """Answer the pending question and go on to the next one, or to the end.

        Raises:
            InvalidReplyError: The value has none of the accepted forms; the question stays pending.
            LookupError: Nothing is pending.
        """
        if self.pending is None:
            raise LookupError(f"The run {self.run.name!r} has no pending question.")
        if self._journal is not None:
            # Held against the schema first: what the graph would refuse is no reply and must not stand in the journal.
            try:
                Resume.model_validate(value)
            except ValidationError as error:
                raise InvalidReplyError(_first_problem(error)) from error
            await self._journal.reply(self.pending.interrupt_id, self._checkpoint, self.pending.payload, value)
        try:
            await self._advance(Command(resume={self.pending.interrupt_id: value}))
        except ValidationError as error:
            if not is_invalid_resume(error):
                raise
            raise InvalidReplyError(_first_problem(error)) from error

    @property
    def finished(self) -> bool:
        """Whether the step came to its end: by its own word, not because no node is next."""
        return bool(self._values.get("status"))

    @property
    def usage(self) -> Sequence[Mapping[str, Any]]:
        """What a language model took, operation by operation, in the sections that are done."""
        return self._values.get("usage") or []

    def result(self) -> dict[str, Any]:
        """What the step left: status, farewell, next step, decisions, stories, artifacts."""
        return {key: self._values[key] for key in RESULT_KEYS if key in self._values}

    async def _advance(self, inputs: Any) -> None:
        parts = self._step.astream(
            inputs, self._config, stream_mode=["custom"], subgraphs=True, version="v2", durability="sync"
        )
        with looking(self._journal.look if self._journal is not None else on_disk):
            async for part in parts:
                if part["type"] == "custom" and isinstance(part["data"], Mapping):
                    await self._on_event(part["data"])
        if self._journal is not None:
            await self._journal.settle()
        await self._settle(await self._step.aget_state(self._config))

    async def _settle(self, snapshot: StateSnapshot) -> None:
        self._values = snapshot.values
        self._checkpoint = str(snapshot.config.get("configurable", {}).get("checkpoint_id", ""))
        waiting = None if self.finished else next(iter(snapshot.interrupts), None)
        self.pending = Pending(waiting.id, waiting.value) if waiting else None
        if self.pending is None and not self.finished:
            raise RuntimeError(f"The run {self.run.name!r} stopped without a question and without an outcome.")
        payload = self.pending.payload if self.pending else {}
        self.run = await self._runs.update(
            self.run,
            status=str(self._values["status"]) if self.finished else OPEN,
            section=str(payload.get("section", "")),
            title=str(payload.get("title", "")),
        )


def _first_problem(error: ValidationError) -> str:
    """One sentence from a validation error of a resume value, without the value itself."""
    for problem in error.errors(include_url=False, include_input=False):
        if problem["type"] == "string_too_long":
            return f"The reply is too long: {problem['msg']}."
    return 'A reply is text, {"fields": {…}}, or {"decisions": [{…}]}.'
