"""The first entry of a journal: what the run was started on, and by which version of the graph."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ..state import GRAPH_VERSION
from .entries import Entry, Place
from .surroundings import Surroundings, observe

START = "start"


def start_entry(inputs: Mapping[str, Any], place: Place, model: str = "") -> Entry:
    """The entry for a run that starts now on this input.

    Raises:
        ProjectError: The workflow's configuration cannot be read.
    """
    return Entry("start", {"graph_version": GRAPH_VERSION, "model": model}, asdict(observe(inputs)), place)


def surroundings_of(entry: Entry) -> Surroundings:
    """What lay around the run."""
    return Surroundings(**entry.result)
