"""Stopping what is being said, from outside and without ending the run."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from .failures import AnswerStopped

Spoken = TypeVar("Spoken")

STOPPED = "the user stopped the answer"
"""What a cancellation says that is such a stop, and no time-out and no end of the program."""


def was_stopped(cancelled: asyncio.CancelledError) -> bool:
    """Whether the user stopped what is being said, for those beneath who have to know why they were cancelled."""
    return cancelled.args == (STOPPED,)


class Stopper:
    """Holds the answers that are being spoken now; `stop` ends them, and whoever waits goes on with what was said."""

    def __init__(self) -> None:
        self._speaking: set[asyncio.Task[Any]] = set()
        self._stopped: set[asyncio.Task[Any]] = set()

    def stop(self) -> bool:
        """End what is being said now.

        Returns:
            Whether anything was.
        """
        running = [task for task in self._speaking if not task.done()]
        for task in running:
            self._stopped.add(task)
            task.cancel(STOPPED)
        return bool(running)

    async def speak(self, speech: Coroutine[Any, Any, Spoken]) -> Spoken:
        """Let something be said.

        Raises:
            AnswerStopped: It was stopped.
            asyncio.CancelledError: Whoever waits for it was cancelled; then it ends as well.
        """
        task = asyncio.ensure_future(speech)
        self._speaking.add(task)
        try:
            return await task
        except asyncio.CancelledError:
            if task in self._stopped:
                raise AnswerStopped from None
            task.cancel()
            raise
        finally:
            self._speaking.discard(task)
            self._stopped.discard(task)
