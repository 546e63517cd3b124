"""Opening a turn for the facilitator, and putting what it leaves into the section's state."""

from typing import Any

from ..facilitation.turn import Turn
from ..sections.section import Briefing, Section
from ..state import SectionState
from .consult import announce, labelled


def begin(section: Section, state: SectionState, briefing: Briefing, order: list[str] | None = None) -> Turn:
    """The turn of one operation; `order` where evidence has been added in this very node."""
    return Turn(
        section=section,
        briefing=briefing,
        order=list(state.get("evidence_order", []) if order is None else order),
        documents=state.get("documents", {}),
        emit=announce,
    )


def left_by(turn: Turn, order: list[str]) -> dict[str, Any]:
    """What a turn adds to the run: usage, grounding, and the queries that the facilitator made itself.

    Args:
        turn: The turn when its operation is done.
        order: The evidence known before it.
    """
    update: dict[str, Any] = {}
    if turn.usage:
        update["usage"] = turn.usage
    if turn.grounding:
        update["grounding"] = turn.grounding
    if turn.answers:
        update |= labelled(turn.section.node, turn.answers, order)
    return update


def tell(turn: Turn) -> None:
    """Tell whoever streams the graph how the turn went, where the text itself does not say it."""
    for notice in turn.notices:
        announce({"event": "message", "text": notice})
