"""A chat model whose calls are journalled."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, cast

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, message_chunk_to_message, message_to_dict
from pydantic import BaseModel

from ..facilitation.model.failures import failure_of
from ..facilitation.model.stopping import was_stopped
from .entries import Entry, Json
from .journal import Journal
from .model_calls import Call, StructuredCall
from .recording import record_before_stop

Ask = Callable[[], Awaitable[Any]]


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

    async def _journalled(self, call: Call, answer: Ask) -> Any:
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

    async def _failed(self, call: Call, error: Exception, said: str = "") -> None:
        """Write down the kind of a failure, never its words: providers put parts of keys into them."""
        failure = failure_of(error)
        if failure is not None:
            heard = {"said": said} if said else {}
            await self._record(call, {"failed": failure.kind, "again": failure.again, **heard})

    def _call(self, operation: str, messages: Sequence[BaseMessage], schema: type[BaseModel] | None = None) -> Call:
        return Call(operation, messages, schema, self._tools)

    def _entries(self, call: Call, result: Json) -> list[Entry]:
        new = self._journal.unknown_texts(call.paragraphs)
        texts = [Entry("text", {"text": text}) for text in new]
        return [*texts, self._journal.entry("model", call.payload, result)]

    async def _record(self, call: Call, result: Json) -> None:
        await self._journal.record(*self._entries(call, result))


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
