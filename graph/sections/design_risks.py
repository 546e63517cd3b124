"""What the evidence warns of for this very design, once enough of it is settled."""

from collections.abc import Mapping

from ..planning.risks import risks
from .project_plan import adapter_notes, chosen_model, plan_facts, room_of
from .section import Briefing, Risk

SAID_BEFORE: Mapping[str, str] = {
    "wrong_answers": "accurate",
    "inconsistent": "consistent",
    "coverage": "diverse",
    "contamination": "uncontaminated",
    "personal_data": "pii_removed",
}
"""Risks that the assessment of the data raises already, when its question is answered with no."""


def design_risks(briefing: Briefing) -> tuple[Risk, ...]:
    """The risks of model, method and values as they stand; what the assessment has said is not said again."""
    facts, model = plan_facts(briefing), chosen_model(briefing)
    found = risks(facts, briefing.evidence, room=room_of(briefing, facts), notes=adapter_notes(model))
    return tuple(
        Risk(note.key, note.title, note.detail, tuple(note.evidence))
        for note in found
        if briefing.get(SAID_BEFORE.get(note.key, "")) is not False
    )
