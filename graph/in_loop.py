"""Routers in the event loop: LangGraph sends every function that is not `async` through a thread."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import TypeVar

Seen = TypeVar("Seen")
Made = TypeVar("Made")


def in_loop(function: Callable[[Seen], Made]) -> Callable[[Seen], Awaitable[Made]]:
    """The router as a coroutine function, with its name and its annotations, from which LangGraph reads the ways on.

    Args:
        function: Computes quickly and waits for nothing; what reads or writes files belongs in a thread.
    """

    @wraps(function)
    async def compute(seen: Seen) -> Made:
        return function(seen)

    return compute
