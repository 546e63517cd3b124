"""What can go wrong between the program and a knowledge server, and what the user is told."""

from collections.abc import Sequence

from .evidence import Answer


class KnowledgeConfigError(ValueError):
    """The choice or the settings of a knowledge server can't be used; the text names the place and the remedy."""


class KnowledgeUnavailable(RuntimeError):  # noqa: N818 - the name that the failure question and embedders use
    """A consultation could not be completed within its bounds. Asking again later is always allowed.

    Attributes:
        reason: One sentence that says what happened and what to do.
        server: The server in words, without secrets.
        answers: What did come, in the order of the queries; a query that failed has an empty answer whose
            `metadata["unavailable"]` says why.
    """

    def __init__(self, reason: str, server: str, answers: Sequence[Answer] = ()) -> None:
        super().__init__(f"The knowledge base is unavailable ({server}): {reason}")
        self.reason = reason
        self.server = server
        self.answers = list(answers)


class CallFailed(Exception):  # noqa: N818 - an outcome that the client handles, never shown as it is
    """One attempt failed.

    Attributes:
        reason: One sentence.
        lost: The session can't be used any more; the next attempt needs a new one.
        retry_after: Seconds that the server asks to wait, if it says so.
        final: Trying again can't help.
        cost: How many of the allowed attempts it uses up; a time-out uses two, so that nobody waits for three.
    """

    def __init__(
        self, reason: str, *, lost: bool = False, retry_after: float | None = None, final: bool = False, cost: int = 1
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.lost = lost
        self.retry_after = retry_after
        self.final = final
        self.cost = cost
