"""JSON Lines, for programs: question, answer, decision, file, end; one object a line, keyed by `event`."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TextIO

from typing_extensions import override

from .replies import Reply
from .screen import Ending, Screen


class JsonScreen(Screen):
    """Writes one line for each thing that matters to a program."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._run = ""
        self._messages: list[str] = []
        self._queries: list[Any] = []

    @override
    def opened(self, run: str, project: str, *, continued: bool, output: str = "") -> None:
        """Keep the run's name for the lines to come."""
        self._run = run

    def question(self, payload: Mapping[str, Any]) -> None:
        """The interrupt's payload, with what was said and asked of the knowledge base since the last question."""
        self._write("question", **self._since_last(), **payload)

    def reply(self, question_key: str, reply: Reply) -> None:
        """What a question was answered with, and who answered."""
        self._write("answer", question_key=question_key, reply=reply.value, origin=reply.origin)

    def event(self, event: Mapping[str, Any]) -> None:
        """Decisions and files at once; words and queries with the next question."""
        kind = event.get("event")
        if kind in ("decision", "file"):
            self._write(str(kind), **{key: value for key, value in event.items() if key != "event"})
        elif kind == "message":
            self._messages.append(str(event.get("text", "")))
        elif kind == "consulting":
            self._queries.extend(event.get("queries", []))

    def note(self, markdown: str) -> None:
        """Keep it for the next question."""
        self._messages.append(markdown)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Nothing is shown meanwhile."""
        yield

    def ended(self, ending: Ending) -> None:
        """The outcome, the exit code, and what the step left."""
        self._write(
            "end",
            **self._since_last(),
            status=ending.status,
            exit_code=int(ending.code),
            note=ending.note,
            **{key: value for key, value in ending.result.items() if key != "status"},
        )

    def _since_last(self) -> dict[str, Any]:
        since = {"run": self._run, "messages": self._messages, "queries": self._queries}
        self._messages, self._queries = [], []
        return since

    def _write(self, event: str, /, **content: Any) -> None:
        self._out.write(json.dumps({"event": event, **content}, ensure_ascii=True) + "\n")
        self._out.flush()
