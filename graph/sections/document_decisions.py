"""9. Document decisions: the whole design at a glance, confirmed before anything is written."""

from collections.abc import Mapping
from typing import Any

from ..documenting.recorded import RecordedRun
from ..facilitation.protocol import Problem
from ..fields import fields_of
from ..texts import text
from .order import PLACES, SILENT
from .section import Advice, Briefing, Review, Section

NODE = "document_decisions"


def advise(briefing: Briefing) -> Advice:
    """Every decided value with its origin, section by section, and what is still open."""
    run = RecordedRun(briefing.records)
    rows = [
        {
            "place": PLACES[node],
            "label": field.label,
            "value": run.shown(node, field.name),
            "origin": record["origins"].get(field.name, "user"),
        }
        for node, record in run.sections.items()
        if node not in SILENT and node not in ("entry_checkpoint", "present_menu")
        for field in fields_of(node)
        if record["fields"].get(field.name) is not None or field.name in record.get("open", ())
    ]
    open_findings = [finding for finding in briefing.findings.values() if finding.status == "open"]
    return Advice(view={"rows": rows, "open_findings": open_findings, "rag_first": run.rag_first})


def review(_: Briefing, fields: Mapping[str, Any]) -> Review:
    """A no is no confirmation: the design stays open."""
    if fields.get("confirm") is False:
        return Review(problems=(Problem(field="confirm", message=text("dialogue", "not_confirmed")),))
    return Review()


def gather_inputs(briefing: Briefing) -> dict[str, Any]:
    """All decided fields: any change asks for the confirmation again."""
    run = RecordedRun(briefing.records)
    decided = {node: dict(record["fields"]) for node, record in run.sections.items() if record["fields"]}
    settled = sorted(finding.id for finding in briefing.findings.values() if finding.status == "settled")
    return {"decided": decided, "settled findings": settled}


SECTION = Section(
    node=NODE,
    kind="confirm",
    advise=advise,
    review=review,
    gather_inputs=gather_inputs,
)
