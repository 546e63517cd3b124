"""Medians of repeated runs."""

import statistics
import time
from collections.abc import Awaitable, Callable


async def median_seconds(action: Callable[[], Awaitable[object]], times: int) -> float:
    """The median duration of an action, after one run that is not counted."""
    await action()
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        await action()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)
