"""What a journalled chat model and a replayed one share: calls, as their keys are made from them.

Both have what the model-backed facilitator uses of a LangChain chat model: structured output, streams, tools, and plain
calls. A call that is cut off is a failure of its own; its key holds the whole prompt, so a changed prompt is told.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, cast

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from pydantic import BaseModel

from .entries import Json
from .prompts import taken_apart


class StructuredCall:
    """What `with_structured_output` returns: one call for a reply of one form."""

    def __init__(self, ask: Callable[[Sequence[BaseMessage]], Awaitable[dict[str, Any]]]) -> None:
        self._ask = ask

    async def ainvoke(self, messages: Sequence[BaseMessage]) -> dict[str, Any]:
        """The raw message, and what was read from it."""
        return await self._ask(messages)


class Call:
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


def as_chat_model(model: object) -> BaseChatModel:
    """The model where the step takes one: it uses no more of it than these have."""
    return cast("BaseChatModel", model)
