"""`training-spec.md` for each outcome: the specification, the skip record, or the deferral."""

from .design import Stated, TrainingDesign
from .rendering import parameter_label, render


class IncompleteDesignError(ValueError):
    """The design lacks parts without which its outcome can't be written down."""


def training_spec(design: TrainingDesign) -> str | None:
    """The Markdown of `training-spec.md`; None where the outcome leaves an existing one untouched.

    Raises:
        IncompleteDesignError: the outcome needs parts that the design doesn't have.
    """
    missing = design.missing_parts()
    if missing:
        raise IncompleteDesignError(f"the design of {design.project_name!r} lacks: {', '.join(missing)}")
    if design.outcome == "skipped":
        return render("skip-record.md.j2")
    if design.outcome == "deferred_no":
        return None
    name = "training-spec.md.j2" if design.outcome == "completed" else "deferred-spec.md.j2"
    return render(name, design=design, evidence_free=evidence_free_names(design))


def evidence_free_names(design: TrainingDesign) -> list[str]:
    """The figures that were settled while the knowledge base could not be consulted, by their labels."""
    return [name for name, stated in _figures(design) if stated.evidence_free]


def _figures(design: TrainingDesign) -> list[tuple[str, Stated]]:
    parts = {
        "Base model": design.base_model,
        "SFT data": design.sft,
        "DPO data": design.dpo,
        "PEFT": design.peft,
        "Monitoring": design.monitoring,
        "Infrastructure": design.infrastructure,
    }
    found = [
        (f"{title}, {field.replace('_', ' ')}", value)
        for title, part in parts.items()
        if part is not None
        for field, value in part
        if isinstance(value, Stated)
    ]
    found += [(parameter_label(item.parameter), item.value) for item in design.hyperparameters]
    return found + [(item.name, item.value) for item in design.thresholds]
