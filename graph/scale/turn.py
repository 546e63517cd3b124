"""A turn, as client and worker speak of it; light, so that nothing of the engine is needed to look at one."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from ..runs.errors import RunError
from ..state import GRAPH_VERSION

APPLICATION = "fine-tuning-specialist"
"""The name under which DBOS keeps what is ours."""

VERSION = f"graph-{GRAPH_VERSION}"
"""A worker takes turns of its own version of the graph only."""

QUEUE = "fine-tuning-turns"
OPENING = "open_run"
REPLYING = "reply_to_run"
EVENTS = "events"
"""The stream on which a turn tells what it does."""

Standing = Literal["asking", "finished", "failed"]


class TurnFailedError(RunError):
    """A turn could not be carried out; the run stands where it stood, or at its last completed step."""


@dataclass(frozen=True)
class Turn:
    """Where a run stands after a turn."""

    run: str
    standing: Standing
    interrupt_id: str = ""
    """By which the pending question is answered; empty where none is pending."""
    question: Mapping[str, Any] = field(default_factory=dict)
    """The pending question, as every front end sees it."""
    result: Mapping[str, Any] = field(default_factory=dict)
    """What the step left, once it is finished."""
    applied: bool = True
    """Whether the reply of this turn is the one that the run took in; False when another one had come before it."""
    reply: Any = None
    """The reply that the run took in to the question, from whatever front end; None where it knows of none."""
    problem: str = ""
    """Why the turn failed, in one sentence."""

    @property
    def question_key(self) -> str:
        """The stable key of the pending question."""
        return str(self.question.get("question_key", ""))

    def as_json(self) -> dict[str, Any]:
        """As it is stored and sent."""
        return asdict(self)
