"""What a conversation shows: the protocol of terminal, plain text and JSON Lines."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from .errors import ExitCode
from .replies import Reply


@dataclass(frozen=True)
class Ending:
    """How a conversation ended."""

    code: ExitCode
    run: str
    status: str
    """The step's outcome, or `paused`, or `knowledge_unavailable`."""
    note: str = ""
    """What to do now: the command that continues, or that starts another run."""
    result: Mapping[str, Any] = field(default_factory=dict)


class Said:
    """What was shown since the last question: a question that begins with it does not say it a second time."""

    def __init__(self) -> None:
        self._messages: list[str] = []

    def heard(self, message: str) -> None:
        """A message was shown."""
        self._messages.append(message.strip())

    def rest_of(self, question: str) -> str:
        """The question without the messages that it begins with."""
        rest = question.strip()
        for message in self._messages:
            rest = rest.removeprefix(message).lstrip("\n")
        self._messages = []
        return rest or question


class Screen(Protocol):
    """Shows what happens; never asks."""

    def opened(self, run: str, project: str, *, continued: bool, output: str = "") -> None:
        """A run begins, or goes on; `output` is the copy that it writes to, where there is one."""
        ...

    def question(self, payload: Mapping[str, Any]) -> None:
        """A question is pending."""
        ...

    def reply(self, question_key: str, reply: Reply) -> None:
        """A question was answered, with where the answer came from."""
        ...

    def event(self, event: Mapping[str, Any]) -> None:
        """The step reports: a consultation, a message, a decision, a file."""
        ...

    def note(self, markdown: str) -> None:
        """Something the terminal itself has to say."""
        ...

    def working(self) -> AbstractContextManager[None]:
        """The step works; what happens meanwhile comes as events."""
        ...

    def ended(self, ending: Ending) -> None:
        """The conversation is over."""
        ...
