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
from .entries import Entry, Json
from .journal import Journal
from .prompts import taken_apart
from .recorded import NotRecordedError, Recorded

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
        except (asyncio.CancelledError, GeneratorExit):
            self._keep(call, {"cut_off": whole.text if whole is not None else ""})
            raise
        except Exception as error:
            await self._failed(call, error)
            raise
        await self._record(call, {"message": message_to_dict(message_chunk_to_message(whole))} if whole else {})

    async def _journalled(self, call: "_Call", answer: Ask) -> Any:
        try:
            return await answer()
        except asyncio.CancelledError:
            self._keep(call, {"cut_off": ""})
            raise
        except NotImplementedError:
            await self._record(call, {"failed": "unable"})
            raise
        except Exception as error:
            await self._failed(call, error)
            raise

    async def _failed(self, call: "_Call", error: Exception) -> None:
        """Write down the kind of a failure, never its words: providers put parts of keys into them."""
        failure = failure_of(error)
        if failure is not None:
            await self._record(call, {"failed": failure.kind, "again": failure.again})

    def _call(self, operation: str, messages: Sequence[BaseMessage], schema: type[BaseModel] | None = None) -> "_Call":
        return _Call(operation, messages, schema, self._tools)

    def _entries(self, call: "_Call", result: Json) -> list[Entry]:
        new = self._journal.unknown_texts(call.paragraphs)
        texts = [Entry("text", {"text": text}) for text in new]
        return [*texts, self._journal.entry("model", call.payload, result)]

    async def _record(self, call: "_Call", result: Json) -> None:
        await self._journal.record(*self._entries(call, result))

    def _keep(self, call: "_Call", result: Json) -> None:
        for entry in self._entries(call, result):
            self._journal.keep(entry)


class ReplayedModel:
    """Says what the model said, and fails where it failed."""

    _llm_type = "replayed"

    def __init__(self, recorded: Recorded, tools: Sequence[Any] = ()) -> None:
        self._recorded = recorded
        self._tools = tools

    def bind_tools(self, tools: Sequence[Any], **_: Any) -> "ReplayedModel":
        """The model with tools that it may ask for."""
        return ReplayedModel(self._recorded, tools)

    def with_structured_output(self, schema: type[BaseModel], **_: Any) -> StructuredCall:
        """The model for replies of one form."""

        async def ask(messages: Sequence[BaseMessage]) -> dict[str, Any]:
            kept = self._take("structured", messages, schema)["structured"]
            parsed = schema.model_validate(kept["parsed"]) if kept["parsed"] is not None else None
            raw = messages_from_dict([kept["raw"]])[0] if kept["raw"] else None
            return {"raw": raw, "parsed": parsed, "parsing_error": None}

        return StructuredCall(ask)

    async def ainvoke(self, messages: Sequence[BaseMessage]) -> AIMessage:
        """The reply that was given."""
        return _message(self._take("invoke", messages))

    async def astream(self, messages: Sequence[BaseMessage]) -> AsyncIterator[AIMessageChunk]:
        """The reply that was given, in one piece."""
        kept = self._take("stream", messages)
        if "message" not in kept:
            return
        said = _message(kept)
        yield AIMessageChunk(
            content=said.content,
            tool_calls=said.tool_calls,
            additional_kwargs=said.additional_kwargs,
            response_metadata=said.response_metadata,
            usage_metadata=said.usage_metadata,
            id=said.id,
        )

    def _take(self, operation: str, messages: Sequence[BaseMessage], schema: type[BaseModel] | None = None) -> Json:
        """What came then.

        Raises:
            ModelFailedError: The model failed then.
            AnswerStopped: The user stopped it then.
            NotImplementedError: The model knows no structured output.
            NotRecordedError: The model was not asked this then.
        """
        call = _Call(operation, messages, schema, self._tools)
        payload = call.payload
        try:
            kept = self._recorded.take("model", payload).result
        except NotRecordedError as error:
            error.texts = call.paragraphs
            raise
        if "cut_off" in kept:
            if self._recorded.waits("model", payload) or operation != "stream":
                raise ModelFailedError("timeout", again=True)  # it was asked once more, as after a time-out
            raise AnswerStopped(kept["cut_off"])
        if kept.get("failed") == "unable":
            raise NotImplementedError
        if "failed" in kept:
            raise ModelFailedError(kept["failed"], again=bool(kept.get("again")))
        return kept


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


def _structured(result: Any) -> Json:
    raw = result.get("raw") if isinstance(result, Mapping) else None
    parsed = result.get("parsed") if isinstance(result, Mapping) else None
    return {
        "raw": message_to_dict(raw) if isinstance(raw, BaseMessage) else None,
        "parsed": parsed.model_dump(mode="json") if isinstance(parsed, BaseModel) else None,
    }
