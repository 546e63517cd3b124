"""The second, explicit confirmation of something unusual in a draft."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..facilitation.protocol import Interpretation
from ..sections.section import Briefing, SecondConfirmation, Section
from ..state import SectionState
from ..texts import text


def second_confirmation(
    section: Section, briefing: Briefing, draft: Mapping[str, Any], confirmed: Sequence[str]
) -> SecondConfirmation | None:
    """The first unusual thing that has not been confirmed yet."""
    found = section.review(briefing, draft).confirmations
    return next((item for item in found if item.topic not in confirmed), None)


def second_word(
    state: SectionState, briefing: Briefing, section: Section, understood: Interpretation
) -> dict[str, Any] | None:
    """What the answer to a second confirmation changes; None where it is neither a yes nor a no.

    Returns:
        After a yes the confirmed topics; after a no the draft without the doubtful value, and what is said.
    """
    topic, word = state["confirming"], understood.fields.get("proceed")
    if word is None:
        return None
    if word:
        return {"confirmed_twice": [*state.get("confirmed_twice", []), topic]}
    draft = state["draft"]
    doubtful = [item.field for item in section.review(briefing, draft).confirmations if item.topic == topic]
    labels = [field.label for field in section.fields(briefing) if field.name in doubtful]
    kept = {name: value for name, value in draft.items() if name not in doubtful}
    return {
        "draft": kept,
        "by_user": [name for name in state.get("by_user", []) if name in kept],
        "confirming": "",
        "put": "",
        "notice": text("dialogue", "second_no", label=", ".join(labels)),
    }
