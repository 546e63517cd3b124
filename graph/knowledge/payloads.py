"""From what a tool call brought back (text, structured content, an error) to one JSON object."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .cleaning import clean_line
from .errors import CallFailed

LARGEST_ANSWER = 16 * 1024 * 1024
"""Characters; a larger answer isn't read."""

_REFUSALS = ("unauthor", "forbidden", "api key", "api_key", "authentication", "permission")
_LIMITS = ("rate", "limit", "429", "too many", "quota", "throttl")


@dataclass(frozen=True)
class RawAnswer:
    """What one tool call brought, whatever the transport and the server's age."""

    texts: tuple[str, ...] = ()
    structured: Any = None
    is_error: bool = False


def read_payload(raw: RawAnswer) -> Mapping[str, Any]:
    """The object with `results`.

    Raises:
        CallFailed: The server reports an error, asks to wait, or answers something else than JSON with results.
    """
    if sum(map(len, raw.texts)) > LARGEST_ANSWER:
        raise CallFailed("the answer is larger than 16 MiB")
    for candidate in _candidates(raw):
        if isinstance(candidate, Mapping) and candidate.get("error"):
            raise _reported(candidate["error"])
        if raw.is_error:
            continue
        payload = _with_results(candidate)
        if payload is not None:
            return payload
    if raw.is_error:
        raise _reported({"message": " ".join(raw.texts) or "an error without a text"})
    said = clean_line(raw.texts[0], 80) if raw.texts else ""
    raise CallFailed(f"the answer isn't JSON with results ({said!r})" if said else "the answer is empty")


def _candidates(raw: RawAnswer) -> list[Any]:
    """Every reading of the answer, the most explicit first."""
    texts = [_unwrapped(_parsed(text)) for text in raw.texts]
    found = [_unwrapped(raw.structured), *texts]
    if len(texts) > 1 and all(isinstance(text, Mapping) for text in texts):
        # A tool that returns a plain list sends one text block for each item.
        found.append(texts)
    return [candidate for candidate in found if candidate is not None]


def _parsed(text: str) -> Any:
    start = text.find("{")
    for candidate in (text, text[start:]) if start > 0 else (text,):
        try:
            return json.loads(candidate, parse_constant=lambda _: None)
        except (ValueError, RecursionError):
            continue
    return None


def _unwrapped(value: Any) -> Any:
    """Undo the `{"result": …}` that server libraries put around what isn't an object."""
    if isinstance(value, Mapping) and set(value) == {"result"}:
        value = value["result"]
        return _parsed(value) if isinstance(value, str) else value
    return value


def _with_results(candidate: Any) -> Mapping[str, Any] | None:
    if isinstance(candidate, list):
        return {"results": candidate}
    if not isinstance(candidate, Mapping) or "results" not in candidate:
        return None
    results = candidate["results"]
    if results is None:
        return {**candidate, "results": []}
    return candidate if isinstance(results, list) else None


def _reported(error: Any) -> CallFailed:
    fields = error if isinstance(error, Mapping) else {"message": error}
    code, message = clean_line(fields.get("code"), 60), clean_line(fields.get("message"), 200)
    reason = f"the server reports an error: {message or code or 'without a text'}"
    said = f"{code} {message}".lower()
    wait = fields.get("retry_after")
    if wait is None and isinstance(details := fields.get("details"), Mapping):
        wait = details.get("retry_after")
    seconds = _seconds(wait)
    if seconds is not None or any(word in said for word in _LIMITS):
        return CallFailed(f"the server limits the rate of calls: {message or code}", retry_after=seconds)
    return CallFailed(reason, final=any(word in said for word in _REFUSALS))


def _seconds(value: Any) -> float | None:
    try:
        seconds = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return seconds if 0 <= seconds < float("inf") else None
