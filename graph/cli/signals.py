"""Ctrl-C, SIGTERM and a closed terminal: they pause a conversation, they never break it."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager

PAUSING = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)  # SIGHUP is missing on Windows


class Pause:
    """Whether a signal asked for a pause."""

    def __init__(self) -> None:
        self.requested = False


@contextmanager
def pausing_signals() -> Iterator[Pause]:
    """Cancel the current task when a pausing signal arrives; everything it holds is closed on the way out."""
    pause = Pause()
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()

    def request() -> None:
        if not pause.requested and task is not None:
            pause.requested = True
            task.cancel()

    handled = []
    for number in PAUSING:
        try:
            loop.add_signal_handler(number, request)
        except (NotImplementedError, RuntimeError):  # Windows, or not the main thread: the default handling stays
            continue
        handled.append(number)
    try:
        yield pause
    finally:
        for number in handled:
            loop.remove_signal_handler(number)
