"""Adding up what a language model took and how well its words held, in total and by section."""

from collections.abc import Iterable, Mapping
from typing import Any


def total_of(usage: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Calls, tokens read, read from a cache and written, and dollars (None where no provider reported any)."""
    entries = list(usage)
    costs = [entry["cost_usd"] for entry in entries if entry.get("cost_usd") is not None]
    return {
        "calls": sum(entry.get("calls", 0) for entry in entries),
        "input_tokens": sum(entry.get("input_tokens", 0) for entry in entries),
        "cached": sum(entry.get("cached_tokens", 0) for entry in entries),
        "output_tokens": sum(entry.get("output_tokens", 0) for entry in entries),
        "cost": sum(costs) if costs else None,
    }


def by_section(usage: Iterable[Mapping[str, Any]], grounding: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The totals of each node, with its false citations removed and its figures flagged, in the order of the run."""
    usage, grounding = list(usage), list(grounding)
    nodes = dict.fromkeys([entry["node"] for entry in (*usage, *grounding)])
    return {
        node: {
            **total_of(entry for entry in usage if entry["node"] == node),
            "removed_citations": sum(entry["removed_citations"] for entry in grounding if entry["node"] == node),
            "unverified_figures": sum(entry["unverified_figures"] for entry in grounding if entry["node"] == node),
        }
        for node in nodes
    }
