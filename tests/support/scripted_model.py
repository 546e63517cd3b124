"""A chat model that says what a test gives it, by the operation that the prompt is for; it needs no network."""

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from pydantic import Field

OPERATIONS = {
    "advise": "Write what the specialist says before that question",
    "answer": "the user asks instead of answering",
    "interpret": "Say what the reply means",
    "critical": "read it before advising, and report",
    "extract": "List what these documents state",
}
SILENT: dict[str, Any] = {
    "advise": "This project is particular.",
    "answer": "That is so.",
    "critical": {"findings": []},
    "extract": {"facts": []},
    "interpret": {"kind": "unclear", "clarification": "Which one do you mean?"},
}
NOTHING: dict[str, Any] = {
    "accept_rest": False,
    "unknown": [],
    "command": None,
    "question": None,
    "owner_step": None,
    "corrections": [],
    "findings": [],
    "clarification": None,
    "fields": {},
}
Said = Any
"""Text, a mapping (sent as JSON), an AIMessage, an exception (raised), or a function of the prompt that gives one."""


class ScriptedModel(BaseChatModel):
    """Replies by operation; a list is used in turn, and its last item again and again."""

    script: dict[str, Any] = Field(default_factory=dict)
    prompts: list[tuple[str, str]] = Field(default_factory=list)
    """Every prompt: its operation and its text."""
    pieces: int = 7
    """Characters of each piece of a streamed reply."""

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def asked(self, operation: str) -> list[str]:
        return [prompt for name, prompt in self.prompts if name == operation]

    def bind_tools(self, tools: Sequence[Any], **_: Any) -> Runnable[Any, AIMessage]:
        return self.bind(tools=list(tools))

    def with_structured_output(self, schema: Any, **_: Any) -> Runnable[Any, Any]:
        raise NotImplementedError

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **_: Any,
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self._reply(messages))])

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **_: Any,
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self._reply(messages))])

    def _stream(self, messages: list[BaseMessage], *_: Any, **__: Any) -> Iterator[ChatGenerationChunk]:
        yield from self._chunks(messages)

    async def _astream(self, messages: list[BaseMessage], *_: Any, **__: Any) -> AsyncIterator[ChatGenerationChunk]:
        for chunk in self._chunks(messages):
            yield chunk

    def _chunks(self, messages: list[BaseMessage]) -> Iterator[ChatGenerationChunk]:
        reply = self._reply(messages)
        text = reply.text
        for start in range(0, len(text), self.pieces):
            yield ChatGenerationChunk(message=AIMessageChunk(content=text[start : start + self.pieces]))
        calls = [
            {"name": call["name"], "args": json.dumps(call["args"]), "id": call["id"], "index": number}
            for number, call in enumerate(reply.tool_calls)
        ]
        last = AIMessageChunk(content="", tool_call_chunks=calls, usage_metadata=reply.usage_metadata)
        yield ChatGenerationChunk(message=last)

    def _reply(self, messages: list[BaseMessage]) -> AIMessage:
        prompt = "\n".join(message.text for message in messages[1:])
        operation = next((name for name, mark in OPERATIONS.items() if mark in prompt), "check")
        self.prompts.append((operation, "\n".join(message.text for message in messages)))
        said = self.script.get(operation, SILENT.get(operation, "OK"))
        if isinstance(said, list):
            said = said.pop(0) if len(said) > 1 else said[0]
        if callable(said):
            said = said(prompt)
        if isinstance(said, Exception):
            raise said
        if isinstance(said, AIMessage):
            return said
        if isinstance(said, dict):
            said = json.dumps({**NOTHING, **said} if operation == "interpret" else said)
        return AIMessage(said, usage_metadata={"input_tokens": 100, "output_tokens": 10, "total_tokens": 110})
