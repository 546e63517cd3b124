"""Counts and times as people read them; pure functions for the templates."""

from typing import Any


def thousands(value: Any) -> str:
    """A count with its thousands separated; anything that is no number as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,}"


def duration(hours: float) -> str:
    """A time as people give it: 5 min, 8.0 h, 120 h."""
    if hours < 1:
        return f"{max(1, round(hours * 60))} min"
    return f"{hours:.1f} h" if hours < 100 else f"{hours:,.0f} h"
