"""Ctrl-C, SIGTERM and a closed terminal: they pause a conversation, they never break it."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PAUSING = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)  # SIGHUP is missing on Windows


class Pause:
    """Whether a signal asked for a pause."""

    def __init__(self) -> None:
        self.requested = False


@contextmanager
def pausing_signals(stop_speaking: Callable[[], bool] | None = None) -> Iterator[Pause]:
    """Cancel the current task when a pausing signal arrives; everything it holds is closed on the way out.

    Args:
        stop_speaking: Stops what a model is saying and returns whether anything was said; then Ctrl-C does no more.
    """
    pause = Pause()
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()

    def request(number: int) -> None:
        if number == signal.SIGINT and stop_speaking is not None and stop_speaking():
            return
        if not pause.requested and task is not None:
            pause.requested = True
            task.cancel()

    handled = []
    for number in PAUSING:
        try:
            loop.add_signal_handler(number, request, number)
        except (NotImplementedError, RuntimeError):  # Windows, or not the main thread: the default handling stays
            continue
        handled.append(number)
    try:
        yield pause
    finally:
        for number in handled:
            loop.remove_signal_handler(number)
