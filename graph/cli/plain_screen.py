"""Plain text, for a pipe or a file: Markdown as it is written, no colour, no control code."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TextIO

from typing_extensions import override

from ..texts import text
from .cleaning import clean
from .replies import Reply
from .screen import Ending, Said, Screen


class PlainScreen(Screen):
    """Writes the conversation as a transcript."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._said = Said()

    def opened(self, run: str, project: str, *, continued: bool, output: str = "") -> None:
        """Say which run this is."""
        self._write(text("terminal", "banner", name=run, project=project, output=output))
        if continued:
            self._write(text("terminal", "continuing", name=run))

    def question(self, payload: Mapping[str, Any]) -> None:
        """Write how far we are, and the question."""
        self._write(f"--- {progress_line(payload)} ---\n\n{self._said.rest_of(str(payload['message']))}")

    @override
    def reply(self, question_key: str, reply: Reply) -> None:
        """Write the reply as if it had been typed."""
        self._write(f"> {reply_text(reply)}")

    def event(self, event: Mapping[str, Any]) -> None:
        """Write what the step reports."""
        if (line := event_text(event)) is not None:
            self._write(line)
        if event.get("event") == "message":
            self._said.heard(str(event.get("text", "")))

    def note(self, markdown: str) -> None:
        """Write what the terminal has to say."""
        self._write(markdown)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Nothing turns in a transcript."""
        yield

    def ended(self, ending: Ending) -> None:
        """Write the farewell and what to do now."""
        self._write("\n\n".join(part for part in (str(ending.result.get("message", "")), ending.note) if part))

    def _write(self, markdown: str) -> None:
        if markdown:
            self._out.write(clean(markdown).rstrip() + "\n\n")
            self._out.flush()


def progress_line(payload: Mapping[str, Any]) -> str:
    """Section, title, and how many sections are done, in one line."""
    progress = payload.get("progress", {})
    return text(
        "terminal",
        "progress",
        section=payload.get("section", ""),
        title=payload.get("title", ""),
        done=progress.get("done", 0),
        of=progress.get("of", 0),
    )


def reply_text(reply: Reply) -> str:
    """A reply in one line; an empty one and an accepted recommendation read as what they mean."""
    value = reply.value
    if isinstance(value, str):
        shown = value or text("terminal", "recommended")
    elif isinstance(value, Mapping) and value.get("fields") == {} and value.get("accept_recommended"):
        shown = text("terminal", "recommended")
    elif isinstance(value, Mapping) and isinstance(value.get("fields"), Mapping):
        shown = ", ".join(f"{name}: {_value_text(item)}" for name, item in value["fields"].items())
        shown += f" {text('terminal', 'recommended')}" if value.get("accept_recommended") else ""
    else:
        shown = json.dumps(value, ensure_ascii=False)
    return shown


def _value_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def event_text(event: Mapping[str, Any]) -> str | None:
    """An event as Markdown; None for one that needs no words."""
    kind = event.get("event")
    if kind == "consulting":
        queries = [f"- {query.get('tool', '')}: “{query.get('text', '')}”" for query in event.get("queries", [])]
        return "\n".join([f"{text('terminal', 'consulting')}:", *queries]) if queries else None
    if kind == "consulted":
        return text("terminal", "consulted", results=event.get("results", 0))
    if kind == "message":
        return str(event.get("text", ""))
    if kind == "decision":
        return f"{text('terminal', 'decision', id=event.get('id', ''))}: {event.get('choice', '')}"
    if kind == "file":
        return text("terminal", "file", path=event.get("path", ""))
    return None
