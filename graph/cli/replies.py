"""Where the replies come from: the answers file, then the recommendations, then whoever sits at the other end."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from ..runs.session import Pending
from ..texts import text
from .answers import AnswersFile
from .errors import KnowledgeStoppedError, PausedError

Origin = Literal["file", "recommended", "typed"]

NEVER_ACCEPTED = "document_decisions"
"""The node whose confirmation nobody but the user gives."""

FAILURE = "knowledge_failure"
MENU = "present_menu"


@dataclass(frozen=True)
class Reply:
    """A resume value, and where it came from."""

    value: Any
    origin: Origin


class Typist(Protocol):
    """Someone, or something, that types replies."""

    async def read(self, question: Mapping[str, Any]) -> Any:
        """The next reply to a question.

        Raises:
            EOFError: There will be none.
            PausedError: Whoever types has left.
        """
        ...


class Replies:
    """Answers each question from the first source that has something to say."""

    def __init__(self, typist: Typist, *, answers: AnswersFile | None = None, accept_recommended: bool = False) -> None:
        self._typist = typist
        self._answers = answers
        self._accept = accept_recommended
        self._automatic: set[str] = set()
        """Keys of questions that came back after an answer that nobody gave."""

    async def to(self, question: Pending) -> Reply:
        """The reply to a pending question.

        Raises:
            PausedError: No source has one.
        """
        key = question.question_key
        if self._answers is not None and (taken := self._answers.take(key)) is not None:
            return Reply(taken[0], "file")
        automatic = self._without_being_asked(key)
        if automatic is not None:
            self._automatic.add(key)
            return automatic
        try:
            return Reply(await self._typist.read(question.payload), "typed")
        except EOFError as error:
            raise self._nothing_left(key) from error

    def settled(self, before: Pending, after: Pending | None) -> None:
        """Note that a question was answered; one that comes back is not answered by itself a second time."""
        if after is None or after.question_key != before.question_key:
            self._automatic.discard(before.question_key)

    def _without_being_asked(self, key: str) -> Reply | None:
        if key in self._automatic:
            if key == FAILURE and self._accept:
                raise KnowledgeStoppedError
            return None
        if key == MENU and self._answers is not None:
            return Reply("C", "recommended")
        if not self._accept or key.partition(".")[0] == NEVER_ACCEPTED:
            return None
        if key == FAILURE:
            return Reply({"fields": {"action": "retry"}}, "recommended")
        return Reply({"fields": {}, "accept_recommended": True}, "recommended")

    def _nothing_left(self, key: str) -> PausedError:
        if key == FAILURE:
            return KnowledgeStoppedError()
        if self._answers is not None and self._accept and key in self._automatic:
            return PausedError(text("terminal", "nothing_recommended", file=self._answers.path, question=key))
        return PausedError(text("terminal", "no_reply_left", question=key))


def means_stop(question: Pending, value: Any) -> bool:
    """Whether a reply to the question of a failing knowledge base says to stop here.

    The step leaves that question pending, because it cannot leave the run itself.
    """
    if question.question_key != FAILURE:
        return False
    if isinstance(value, Mapping):
        decisions = value.get("decisions") or [{}]
        edited = decisions[0].get("edited_action") or {}
        fields = value.get("fields") or edited.get("args") or {}
        typed = str(fields.get("action") or decisions[0].get("message") or "")
    else:
        typed = str(value)
    choices = [choice for field in question.payload.get("fields", []) for choice in field.get("choices", [])]
    wanted = typed.strip().strip(".)").lower()
    for number, choice in enumerate(choices, start=1):
        names = {str(number), choice["value"], choice["label"].lower(), *choice.get("aliases", [])}
        if choice["value"] == "stop":
            return wanted in names or (len(wanted) > 1 and "stop".startswith(wanted))
    return False
