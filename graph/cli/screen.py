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


class Screen(Protocol):
    """Shows what happens; never asks."""

    def opened(self, run: str, project: str, *, continued: bool) -> None:
        """A run begins, or goes on."""
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
