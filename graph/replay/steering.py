"""Leading a run back to a node, so that it asks there again."""

from collections.abc import Mapping
from typing import Any

from langchain_core.runnables import RunnableConfig

from ..runs.session import Step
from ..sections.order import ASKING, SILENT

MENU = "present_menu"


async def steer(
    step: Step, config: RunnableConfig, node: str, values: Mapping[str, Any], more: Mapping[str, Any] | None = None
) -> RunnableConfig:
    """Make the run at the boundary before `node` ask it again, although its inputs are unchanged.

    Args:
        step: The compiled step.
        config: Of the checkpoint from which `node` is next.
        node: The node.
        values: The state at that checkpoint.
        more: Further updates of the state.

    Returns:
        The configuration of the new checkpoint, which is the head of the thread.
    """
    update: dict[str, Any] = dict(more or {})
    if node in SILENT and values.get("sections", {}).get(node):
        update["sections"] = {node: None}  # it asks nothing that could be asked again: it consults again
    elif node in ASKING and node != MENU:
        update["revisit"] = node
    return await step.aupdate_state(config, update or {"revisit": values.get("revisit", "")})
