"""What the decided values rest on: thresholds, defaults, warnings and sources."""

from collections.abc import Mapping
from typing import Any

from ..fields import fields_of
from ..knowledge.evidence import Evidence
from ..project.writing.design import Acknowledgement, Assumption, SourceEntry, Stated, Threshold
from ..sections.path_choice import thresholds_in_force
from ..texts import text
from .recorded import RecordedRun

MINIMUMS = {"sft": "minimum_examples", "dpo": "minimum_pairs"}
"""By stage: the field that holds its threshold."""


def thresholds(run: RecordedRun) -> tuple[Threshold, ...]:
    """The confirmed minimums with every source that states one."""
    node = "assess_training_data"
    kept = run.record(node).get("extra", {}).get("thresholds", {})
    found = []
    in_force = dict(zip(MINIMUMS.values(), thresholds_in_force(run.sections), strict=True))
    for stage, name in MINIMUMS.items():
        if run.value(node, name) is None:
            continue
        threshold = kept.get(stage, {})
        value, disagreement = run.stated(node, name), threshold.get("disagreement", "")
        if in_force[name] != run.value(node, name):
            value = Stated(value=in_force[name], origin="calc", evidence=value.evidence)
            again = text("documents", "checked_again", assessed=run.shown(node, name), value=f"{in_force[name]:,}")
            disagreement = f"{again} {disagreement}".strip()
        labels = tuple(dict.fromkeys(item["label"] for item in threshold.get("candidates", ()) if item["applies"]))
        found.append(
            Threshold(
                name=text("documents", name),
                value=value,
                sources=labels,
                disagreement=disagreement,
            )
        )
    return tuple(found)


def assumptions(run: RecordedRun) -> tuple[Assumption, ...]:
    """The defaults that were taken because the user did not know."""
    return tuple(
        Assumption(name=field.label, value=run.shown(node, field.name), reason=field.default_reason)
        for node, record in run.sections.items()
        for field in fields_of(node)
        if record.get("origins", {}).get(field.name) == "default"
    )


def notes(run: RecordedRun) -> tuple[str, ...]:
    """What a reader must know besides: sections that went on without evidence."""
    return tuple(
        text("documents", "without_evidence", section=node.replace("_", " "))
        for node, record in run.sections.items()
        if record.get("without_evidence")
    )


def acknowledgements(findings: Mapping[str, Any]) -> tuple[Acknowledgement, ...]:
    """The risks that the user settled, with what they do about them."""
    return tuple(
        Acknowledgement(warning_id=item["id"], mitigation=item["settlement"])
        for item in findings.values()
        if item["kind"] == "risk" and item["status"] == "settled"
    )


def sources(run: RecordedRun, evidence: Mapping[str, Any]) -> tuple[SourceEntry, ...]:
    """Every piece of evidence that a decided value or a threshold rests on."""
    cited: set[str] = set()
    for record in run.sections.values():
        cited |= {origin for origin in record.get("origins", {}).values() if origin in evidence}
        cited |= {label for labels in record.get("evidence", {}).values() for label in labels}
    for threshold in thresholds(run):
        cited |= set(threshold.sources)
    entries = []
    for label in sorted(cited & set(evidence), key=lambda item: int(item[1:])):
        item = Evidence.model_validate(evidence[label])
        title = f"{item.source_title}: {item.title}" if item.source_title else item.title
        entries.append(
            SourceEntry(label=label, title=title, locator=item.locator, url=item.url, provenance=item.provenance)
        )
    return tuple(entries)
