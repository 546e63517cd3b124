"""Calling the model: structured or spoken, within time limits, tried again within a bound."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage
from langchain_core.runnables import Runnable
from pydantic import BaseModel

from ...texts import render
from .failures import ModelFailedError, failure_of
from .spending import Spending

Schema = TypeVar("Schema", bound=BaseModel)
Result = TypeVar("Result")
Hear = Callable[[str], None]


@dataclass(frozen=True)
class Limits:
    """Bounds of one operation. Times are seconds."""

    attempts: int = 3
    whole: float = 90.0
    """Until a structured reply is complete."""
    silence: float = 45.0
    """Until the next piece of a spoken reply."""
    longest: float = 300.0
    """Until a spoken reply is complete."""
    pause: float = 0.5
    """Before the second attempt; doubled before each further one."""


class Caller:
    """One chat model with its limits."""

    def __init__(
        self, model: BaseChatModel, limits: Limits, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._model = model
        self._limits = limits
        self._sleep = sleep
        self._plain_json = False

    async def structured(self, messages: Sequence[BaseMessage], schema: type[Schema], spending: Spending) -> Schema:
        """A reply that validates against a schema.

        Raises:
            ModelFailedError: Every attempt failed, or trying again cannot help.
        """

        async def attempt() -> Schema:
            async with asyncio.timeout(self._limits.whole):
                return await self._structured_once(messages, schema, spending)

        return await self._tried(attempt)

    async def spoken(
        self, messages: Sequence[BaseMessage], spending: Spending, hear: Hear, tools: Sequence[Any] = ()
    ) -> AIMessage:
        """A reply in words, heard as it arrives; with tools it may ask for calls of them instead.

        Args:
            messages: The prompt.
            spending: Where the tokens are counted.
            hear: Takes each piece of text; an empty one means that the reply begins anew.
            tools: JSON definitions of the tools that the model may ask for.

        Raises:
            ModelFailedError: Every attempt failed, or trying again cannot help.
        """
        speaker: Runnable[Any, Any] = self._model.bind_tools(list(tools)) if tools else self._model
        begun = 0

        async def attempt() -> AIMessage:
            nonlocal begun
            begun += 1
            if begun > 1:
                hear("")
            async with asyncio.timeout(self._limits.longest):
                return await self._spoken_once(speaker, messages, spending, hear)

        return await self._tried(attempt)

    async def _tried(self, attempt: Callable[[], Awaitable[Result]]) -> Result:
        for number in range(1, self._limits.attempts + 1):
            try:
                return await attempt()
            except Exception as error:
                failure = failure_of(error)
                if failure is None:
                    raise
                if not failure.again or number == self._limits.attempts:
                    raise failure from error
            await self._sleep(max(failure.wait, self._limits.pause * 2 ** (number - 1)))
        raise ModelFailedError("malformed")

    async def _structured_once(
        self, messages: Sequence[BaseMessage], schema: type[Schema], spending: Spending
    ) -> Schema:
        if not self._plain_json:
            try:
                return await self._by_schema(messages, schema, spending)
            except NotImplementedError:
                self._plain_json = True  # the model, or its endpoint, knows no structured output
            except Exception as error:
                failure = failure_of(error)
                if failure is None or failure.kind != "request":
                    raise
                self._plain_json = True
        return await self._by_request(messages, schema, spending)

    async def _by_schema(self, messages: Sequence[BaseMessage], schema: type[Schema], spending: Spending) -> Schema:
        spending.calls += 1
        result = await self._model.with_structured_output(schema, include_raw=True).ainvoke(list(messages))
        raw = result["raw"] if isinstance(result, dict) else None
        if isinstance(raw, AIMessage):
            spending.add(raw)
            _check_refusal(raw)
        if not isinstance(result, dict) or result.get("parsed") is None:
            raise ModelFailedError("malformed", again=True)
        return schema.model_validate(result["parsed"].model_dump())

    async def _by_request(self, messages: Sequence[BaseMessage], schema: type[Schema], spending: Spending) -> Schema:
        """Ask for JSON in words, where a model or its endpoint knows no structured output."""
        asked = HumanMessage(render("model/json.md.j2", json_schema=json.dumps(schema.model_json_schema())))
        spending.calls += 1
        message = await self._model.ainvoke([*messages, asked])
        spending.add(message)
        _check_refusal(message)
        said = message.text
        start, end = said.find("{"), said.rfind("}")
        if start < 0 or end < start:
            raise ModelFailedError("malformed", again=True)
        return schema.model_validate_json(said[start : end + 1])

    async def _spoken_once(
        self, speaker: Runnable[Any, Any], messages: Sequence[BaseMessage], spending: Spending, hear: Hear
    ) -> AIMessage:
        spending.calls += 1
        whole: AIMessageChunk | None = None
        pieces = aiter(speaker.astream(list(messages)))
        while True:
            try:
                async with asyncio.timeout(self._limits.silence):
                    piece = await anext(pieces)
            except StopAsyncIteration:
                break
            except ValueError as error:  # what arrives is no reply, or nothing arrives
                raise ModelFailedError("malformed", again=True) from error
            whole = piece if whole is None else whole + piece
            if piece.text:
                hear(piece.text)
        if whole is None:
            raise ModelFailedError("malformed", again=True)
        spending.add(whole)
        _check_refusal(whole)
        self._check_complete(whole)
        return whole

    def _check_complete(self, message: AIMessage) -> None:
        """An OpenAI-compatible stream that ends without its finish reason was cut off."""
        if self._model._llm_type.startswith("openai") and not message.response_metadata.get("finish_reason"):  # noqa: SLF001
            raise ModelFailedError("connection", again=True)
        if not message.text.strip() and not message.tool_calls:
            raise ModelFailedError("malformed", again=True)


def _check_refusal(message: AIMessage) -> None:
    reason = message.response_metadata.get("finish_reason") or message.response_metadata.get("stop_reason")
    blocks = message.content if isinstance(message.content, list) else []
    declared = any(isinstance(block, dict) and block.get("type") == "refusal" for block in blocks)
    if declared or message.additional_kwargs.get("refusal") or reason in ("content_filter", "refusal", "SAFETY"):
        raise ModelFailedError("refusal")
