"""Going back: which section that asks came before."""

from collections.abc import Mapping
from typing import Any

from ..sections.order import NODES, PATH_NODES, SILENT


def previous_asking(node: str, sections: Mapping[str, Mapping[str, Any]]) -> str:
    """The last section before `node` that asks and was answered on the way taken."""
    before = NODES[: NODES.index(node)]
    answered = [name for name in before if name not in SILENT and sections.get(name, {}).get("confirmed")]
    if node in PATH_NODES and node != "resolve_insufficient_data":
        answered = [name for name in answered if name not in PATH_NODES]
        if sections.get("resolve_insufficient_data", {}).get("confirmed"):
            return "resolve_insufficient_data"
    return answered[-1] if answered else "entry_checkpoint"
