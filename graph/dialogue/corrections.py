"""A value of an earlier section, changed in passing: offered as going back there, done only after a yes."""

from collections.abc import Mapping
from typing import Any

from ..facilitation.parsing import format_value
from ..facilitation.protocol import Correction, Interpretation
from ..fields import fields_of
from ..interrupts import Question
from ..sections.order import NODES
from ..sections.registry import section_of
from ..sections.section import Briefing, Section
from ..state import SectionState
from ..texts import text
from .commands import form_of, unconfirmed
from .draft import drafted
from .wording import put_again

TOPIC = "correction"
"""What `confirming` holds while the offer waits for its yes or no."""


def offer(state: SectionState, understood: Interpretation) -> dict[str, Any]:
    """Ask whether to go back; what the reply says for the pending section is kept until the answer."""
    names = [*state.get("by_user", []), *understood.fields]
    said = offer_text(state.get("sections", {}), understood.corrections)
    return {
        "outcome": "ask",
        "confirming": TOPIC,
        "corrections": [item.model_dump() for item in understood.corrections],
        "draft": {**state.get("draft", {}), **understood.fields},
        "by_user": list(dict.fromkeys(names)),
        "notice": said,
        "put": said,
    }


def offer_text(records: Mapping[str, Mapping[str, Any]], corrections: list[Correction]) -> str:
    """The offer, one paragraph for each value."""
    parts = []
    for item in corrections:
        section = section_of(item.node)
        field = next(field for field in fields_of(item.node) if field.name == item.field)
        old = records.get(item.node, {}).get("fields", {}).get(item.field)
        parts.append(
            text(
                "model",
                "correction_one",
                label=field.label,
                new=format_value(field, item.value),
                old=format_value(field, old),
                section=section.number,
                title=section.title,
            )
        )
    return "\n\n".join(parts)


def after_offer(
    section: Section, state: SectionState, briefing: Briefing, question: Question, understood: Interpretation
) -> dict[str, Any]:
    """A yes goes back with the values as drafts; a no leaves everything settled; anything else asks again."""
    word = understood.fields.get("proceed")
    if word is None:
        return {"outcome": "ask", "notice": put_again(question, state)}
    corrections = [Correction.model_validate(item) for item in state.get("corrections", [])]
    if not word:
        form = form_of(section, {**state, "confirming": "", "put": ""}, briefing)
        notice = f"{text('model', 'correction_kept')}\n\n{form}"
        return {"outcome": "ask", "confirming": "", "corrections": [], "put": "", "notice": notice}
    records = state.get("sections", {})
    drafts: dict[str, Any] = {}
    for item in corrections:
        known = drafts.get(item.node) or unconfirmed(said_by_user(records.get(item.node, {})))
        drafts[item.node] = unconfirmed({**known["fields"], item.field: item.value})
    said = {name: state["draft"][name] for name in state.get("by_user", []) if name in state.get("draft", {})}
    if said and not records.get(section.node, {}).get("confirmed"):
        drafts[section.node] = unconfirmed(said)
    first = min((item.node for item in corrections), key=NODES.index)
    return {"outcome": "back", "goto": first, "revisit": first, "sections": drafts, "confirming": "", "corrections": []}


def said_by_user(record: Mapping[str, Any]) -> dict[str, Any]:
    """What the user had said there themselves; what was only recommended follows from the new values."""
    origins = record.get("origins", {})
    return {name: value for name, value in drafted(record).items() if origins.get(name) == "user"}
