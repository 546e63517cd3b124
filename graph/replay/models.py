"""A chat model whose calls are journalled, and one that answers from the journal.

Both have what the model-backed facilitator uses of a LangChain chat model: structured output, streams, tools, and plain
calls. A call that is cut off is a failure of its own; its key holds the whole prompt, so a changed prompt is told.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, cast

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    message_chunk_to_message,
    message_to_dict,
    messages_from_dict,
)
from pydantic import BaseModel

from ..facilitation.model.failures import AnswerStopped, ModelFailedError, failure_of
from ..facilitation.model.stopping import was_stopped
from .entries import Entry, Json, key_of
from .journal import Journal
from .prompts import taken_apart
from .recorded import NotRecordedError, Recorded
from .recording import record_before_stop

Ask = Callable[[], Awaitable[Any]]


class StructuredCall:
    """What `with_structured_output` returns: one call for a reply of one form."""

    def __init__(self, ask: Callable[[Sequence[BaseMessage]], Awaitable[dict[str, Any]]]) -> None:
        self._ask = ask

    async def ainvoke(self, messages: Sequence[BaseMessage]) -> dict[str, Any]:
        """The raw message, and what was read from it."""
        return await self._ask(messages)


class JournallingModel:
    """Asks a chat model and writes down what it says, or how it fails; its settings and keys are not written down."""

    def __init__(self, model: Any, journal: Journal, tools: Sequence[Any] = (), kind: str = "") -> None:
        self._model = model
        self._journal = journal
        self._tools = tools
        self._llm_type = kind or str(model._llm_type)  # noqa: SLF001  (the facilitator asks for it as well)

    def bind_tools(self, tools: Sequence[Any], **more: Any) -> "JournallingModel":
        """The model with tools that it may ask for."""
        return JournallingModel(self._model.bind_tools(tools, **more), self._journal, tools, self._llm_type)

    def with_structured_output(self, schema: type[BaseModel], **more: Any) -> StructuredCall:
        """The model for replies of one form; that it knows none is found out when it is asked."""

        async def ask(messages: Sequence[BaseMessage]) -> dict[str, Any]:
            call = self._call("structured", messages, schema)

            async def answer() -> Any:
                return await self._model.with_structured_output(schema, **more).ainvoke(list(messages))

            result = await self._journalled(call, answer)
            await self._record(call, {"structured": _structured(result)})
            return cast("dict[str, Any]", result)

        return StructuredCall(ask)

    async def ainvoke(self, messages: Sequence[BaseMessage]) -> AIMessage:
        """One reply."""
        call = self._call("invoke", messages)

        async def answer() -> Any:
            return await self._model.ainvoke(list(messages))

        message: AIMessage = await self._journalled(call, answer)
        await self._record(call, {"message": message_to_dict(message)})
        return message

    async def astream(self, messages: Sequence[BaseMessage]) -> AsyncIterator[AIMessageChunk]:
        """One reply, piece by piece."""
        call = self._call("stream", messages)
        whole: AIMessageChunk | None = None
        try:
            async for piece in self._model.astream(list(messages)):
                whole = piece if whole is None else whole + piece
                yield piece
        except asyncio.CancelledError as cancelled:
            await self._record(call, _cut_off(cancelled, _said(whole)))
            raise
        except Exception as error:
            await self._failed(call, error, _said(whole))
            raise
        told = {"message": message_to_dict(message_chunk_to_message(whole)), "by": self._llm_type} if whole else {}
        await record_before_stop(self._journal, self._entries(call, told))

    async def _journalled(self, call: "_Call", answer: Ask) -> Any:
        try:
            return await answer()
        except asyncio.CancelledError as cancelled:
            await self._record(call, _cut_off(cancelled, ""))
            raise
        except NotImplementedError:
            await self._record(call, {"failed": "unable"})
            raise
        except Exception as error:
            await self._failed(call, error)
            raise

    async def _failed(self, call: "_Call", error: Exception, said: str = "") -> None:
        """Write down the kind of a failure, never its words: providers put parts of keys into them."""
        failure = failure_of(error)
        if failure is not None:
            heard = {"said": said} if said else {}
            await self._record(call, {"failed": failure.kind, "again": failure.again, **heard})

    def _call(self, operation: str, messages: Sequence[BaseMessage], schema: type[BaseModel] | None = None) -> "_Call":
        return _Call(operation, messages, schema, self._tools)

    def _entries(self, call: "_Call", result: Json) -> list[Entry]:
        new = self._journal.unknown_texts(call.paragraphs)
        texts = [Entry("text", {"text": text}) for text in new]
        return [*texts, self._journal.entry("model", call.payload, result)]

    async def _record(self, call: "_Call", result: Json) -> None:
        await self._journal.record(*self._entries(call, result))


class ReplayedModel:
    """Says what the model said, fails where it failed, and is stopped where it was stopped."""

    def __init__(self, recorded: Recorded, tools: Sequence[Any] = (), unbound: "ReplayedModel | None" = None) -> None:
        self._recorded = recorded
        self._tools = tools
        self._unbound = unbound or self
        self._failed: dict[str, str] = unbound._failed if unbound else {}  # noqa: SLF001
        """What had been said when a call failed that may be tried again, by content key."""
        self._llm_type = "replayed"

    def bind_tools(self, tools: Sequence[Any], **_: Any) -> "ReplayedModel":
        """The model with tools that it may ask for."""
        return ReplayedModel(self._recorded, tools, self._unbound)

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
            if key not in self._failed:
                raise
            kept = {"stopped": self._failed[key]}  # before it was tried again
        self._failed.pop(key, None)
        if "cut_off" in kept:  # as earlier versions wrote it down, for a time-out as well
            again = self._recorded.waits("model", call.payload)
            kept = {"failed": "timeout", "again": True} if again else {"stopped": kept["cut_off"]}
        if said := kept.get("stopped"):
            yield AIMessageChunk(content=said)
        if kept.get("again"):
            self._failed[key] = kept.get("said", "")
        self._check(kept)
        if "message" not in kept:
            return
        self._unbound._llm_type = kept.get("by", "replayed")  # noqa: SLF001  (the facilitator asks for it)
        yield _chunk(_message(kept))
        if self._recorded.stopped_after("model", call.payload):
            raise AnswerStopped

    def _call(self, operation: str, messages: Sequence[BaseMessage], schema: type[BaseModel] | None = None) -> "_Call":
        return _Call(operation, messages, schema, self._tools)

    def _take(self, call: "_Call") -> Json:
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


class _Call:
    """One call as its content key is made from it."""

    def __init__(
        self, operation: str, messages: Sequence[BaseMessage], schema: type[BaseModel] | None, tools: Sequence[Any]
    ) -> None:
        taken, self.paragraphs = taken_apart(messages)
        form = schema.__name__ if schema is not None else ""
        self.payload: Mapping[str, Json] = {
            "operation": operation,
            "form": form,
            "tools": [str(tool.get("function", {}).get("name", "")) for tool in tools],
            "messages": taken,
        }


def as_chat_model(model: JournallingModel | ReplayedModel) -> BaseChatModel:
    """The model where the step takes one: it uses no more of it than these have."""
    return cast("BaseChatModel", model)


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


def _said(whole: AIMessageChunk | None) -> str:
    return whole.text if whole is not None else ""


def _cut_off(cancelled: asyncio.CancelledError, said: str) -> Json:
    """A call that was cancelled: by the user's word, or because it took too long."""
    return {"stopped": said} if was_stopped(cancelled) else {"failed": "timeout", "again": True, "said": said}


def _structured(result: Any) -> Json:
    raw = result.get("raw") if isinstance(result, Mapping) else None
    parsed = result.get("parsed") if isinstance(result, Mapping) else None
    return {
        "raw": message_to_dict(raw) if isinstance(raw, BaseMessage) else None,
        "parsed": parsed.model_dump(mode="json") if isinstance(parsed, BaseModel) else None,
    }
