"""A chat model that answers from the journal."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, messages_from_dict
from pydantic import BaseModel

from ..facilitation.model.failures import AnswerStopped, ModelFailedError
from .entries import Json, key_of
from .model_calls import Call, StructuredCall
from .recorded import NotRecordedError, Recorded

REPLAYED = "replayed"
"""The kind of a model of which the journal does not say whose words it wrote down."""


@dataclass
class _Memory:
    """What a replayed model remembers, with tools and without."""

    failed: dict[str, str] = field(default_factory=dict)
    """What had been said when a call failed that may be tried again, by content key."""
    spoken_by: str = REPLAYED


class ReplayedModel:
    """Says what the model said, fails where it failed, and is stopped where it was stopped."""

    def __init__(self, recorded: Recorded, tools: Sequence[Any] = (), memory: "_Memory | None" = None) -> None:
        self._recorded = recorded
        self._tools = tools
        self._memory = memory or _Memory()

    @property
    def _llm_type(self) -> str:
        """Whose words these are; the facilitator asks for it."""
        return self._memory.spoken_by

    def bind_tools(self, tools: Sequence[Any], **_: Any) -> "ReplayedModel":
        """The model with tools that it may ask for."""
        return ReplayedModel(self._recorded, tools, self._memory)

    def with_structured_output(self, schema: type[BaseModel], **_: Any) -> StructuredCall:
        """The model for replies of one form."""

        async def ask(messages: Sequence[BaseMessage]) -> dict[str, Any]:
            kept = self._take(self._call("structured", messages, schema))
            self._check(kept)
            parsed, raw = kept["structured"]["parsed"], kept["structured"]["raw"]
            return {
                "raw": messages_from_dict([raw])[0] if raw else None,
                "parsed": schema.model_validate(parsed) if parsed is not None else None,
                "parsing_error": None,
            }

        return StructuredCall(ask)

    async def ainvoke(self, messages: Sequence[BaseMessage]) -> AIMessage:
        """The reply that was given."""
        kept = self._take(self._call("invoke", messages))
        self._check(kept)
        return _message(kept)

    async def astream(self, messages: Sequence[BaseMessage]) -> AsyncIterator[AIMessageChunk]:
        """The reply that was given, in one piece, as far as it came.

        Raises:
            ModelFailedError: The model failed then.
            AnswerStopped: The user stopped it then.
            NotRecordedError: The model was not asked this then.
        """
        call = self._call("stream", messages)
        key = key_of("model", call.payload)
        try:
            kept = self._take(call)
        except NotRecordedError:
            if key not in self._memory.failed:
                raise
            kept = {"stopped": self._memory.failed[key]}  # before it was tried again
        self._memory.failed.pop(key, None)
        if "cut_off" in kept:  # as earlier versions wrote it down, for a time-out as well
            again = self._recorded.waits("model", call.payload)
            kept = {"failed": "timeout", "again": True} if again else {"stopped": kept["cut_off"]}
        if said := kept.get("stopped"):
            yield AIMessageChunk(content=said)
        if kept.get("again"):
            self._memory.failed[key] = kept.get("said", "")
        self._check(kept)
        if "message" not in kept:
            return
        self._memory.spoken_by = kept.get("by", REPLAYED)
        yield _chunk(_message(kept))
        if self._recorded.stopped_after("model", call.payload):
            raise AnswerStopped

    def _call(self, operation: str, messages: Sequence[BaseMessage], schema: type[BaseModel] | None = None) -> Call:
        return Call(operation, messages, schema, self._tools)

    def _take(self, call: Call) -> Json:
        try:
            return self._recorded.take("model", call.payload).result
        except NotRecordedError as error:
            error.texts = call.paragraphs
            raise

    def _check(self, kept: Json) -> None:
        """Fail as the call failed.

        Raises:
            ModelFailedError: The model failed.
            AnswerStopped: The user stopped it.
            NotImplementedError: The model knows no structured output.
        """
        if "stopped" in kept:
            raise AnswerStopped
        if kept.get("failed") == "unable":
            raise NotImplementedError
        if "cut_off" in kept:
            raise ModelFailedError("timeout", again=True)
        if "failed" in kept:
            raise ModelFailedError(kept["failed"], again=bool(kept.get("again")))


def _message(kept: Json) -> AIMessage:
    return cast("AIMessage", messages_from_dict([kept["message"]])[0])


def _chunk(said: AIMessage) -> AIMessageChunk:
    return AIMessageChunk(
        content=said.content,
        tool_calls=said.tool_calls,
        additional_kwargs=said.additional_kwargs,
        response_metadata=said.response_metadata,
        usage_metadata=said.usage_metadata,
        id=said.id,
    )
