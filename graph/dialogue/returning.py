"""Going back: which section that asks came before."""

from collections.abc import Mapping
from typing import Any

from ..sections.order import NODE_OF_APPROACH, NODES, SILENT

TRAINING_PATHS = tuple(NODE_OF_APPROACH.values())
INSUFFICIENT = "resolve_insufficient_data"


def _as_walked() -> list[str]:
    """The nodes in the order in which they are passed: insufficient data is settled before its path."""
    others = [name for name in NODES if name != INSUFFICIENT]
    place = others.index(TRAINING_PATHS[0])
    return [*others[:place], INSUFFICIENT, *others[place:]]


ORDER = _as_walked()


def previous_asking(node: str, sections: Mapping[str, Mapping[str, Any]]) -> str:
    """The last section before `node` that asks and was answered on the way taken."""
    before = ORDER[: ORDER.index(node)]
    if node in TRAINING_PATHS:
        before = [name for name in before if name not in TRAINING_PATHS]
    answered = [name for name in before if name not in SILENT and sections.get(name, {}).get("confirmed")]
    return answered[-1] if answered else "entry_checkpoint"
