"""How a chat model fails: in a few words for the user, and whether trying again can help.

Each provider's package raises errors of its own, which cannot be imported here; they are told by their HTTP status, by
the built-in and httpx errors beneath them, and by the package that they come from.
"""

import json
from collections.abc import Iterator

import httpx
from langchain_core.exceptions import LangChainException
from pydantic import ValidationError

PROVIDER_PACKAGES = frozenset(
    {
        "openai",
        "anthropic",
        "google",
        "httpx",
        "httpx2",
        "httpcore",
        "httpcore2",
        "ollama",
        "groq",
        "mistralai",
        "cohere",
        "langchain_openai",
        "langchain_anthropic",
        "langchain_google_genai",
        "langchain_ollama",
    }
)
_RETRIED = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_LONGEST_WAIT = 10.0


class ModelFailedError(Exception):
    """A call that brought nothing usable.

    Attributes:
        kind: One of `timeout`, `rate_limit`, `connection`, `server`, `refusal`, `malformed`, `key`, `name`, `request`.
        again: Whether trying once more can help.
        wait: Seconds that the provider asks to wait; 0 where it says nothing.
    """

    def __init__(self, kind: str, detail: str = "", *, again: bool = False, wait: float = 0.0) -> None:
        super().__init__(f"{kind}: {detail}" if detail else kind)
        self.kind = kind
        self.again = again
        self.wait = wait


class AnswerStopped(Exception):  # noqa: N818  (no error: the user asked for it)
    """The user stopped what was being said; `said` is what had arrived."""

    def __init__(self, said: str = "") -> None:
        super().__init__("stopped")
        self.said = said


def failure_of(error: Exception) -> ModelFailedError | None:
    """The failure that an error from a model call stands for; None for an error of our own."""
    if isinstance(error, ModelFailedError):
        return error
    status = _status(error)
    if status is not None:
        return _of_status(status, error)
    chain = list(_causes(error))
    if any(
        isinstance(each, TimeoutError | httpx.TimeoutException) or "Timeout" in type(each).__name__ for each in chain
    ):
        return ModelFailedError("timeout", again=True)
    if any(
        isinstance(each, httpx.HTTPError | OSError)
        or "Connect" in type(each).__name__
        or "Protocol" in type(each).__name__
        for each in chain
    ):
        return ModelFailedError("connection", again=True)
    if "Refusal" in type(error).__name__:
        return ModelFailedError("refusal")
    if isinstance(error, ValidationError | json.JSONDecodeError | LangChainException):
        return ModelFailedError("malformed", again=True)
    if type(error).__module__.partition(".")[0] in PROVIDER_PACKAGES:
        return ModelFailedError("malformed", type(error).__name__, again=True)
    return None


def _status(error: Exception) -> int | None:
    for holder in (error, getattr(error, "response", None)):
        for name in ("status_code", "code"):
            value = getattr(holder, name, None)
            if isinstance(value, int) and 400 <= value <= 599:
                return value
    return None


def _of_status(status: int, error: Exception) -> ModelFailedError:
    if status == 429:
        return ModelFailedError("rate_limit", again=True, wait=_retry_after(error))
    if status in (401, 403):
        return ModelFailedError("key", str(status))
    if status == 404:
        return ModelFailedError("name", str(status))
    if status in _RETRIED or status >= 500:
        return ModelFailedError("server", str(status), again=True)
    return ModelFailedError("request", str(status))


def _retry_after(error: Exception) -> float:
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    try:
        return max(0.0, min(float(headers.get("retry-after", 0)), _LONGEST_WAIT))
    except ValueError:
        return 0.0


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__
