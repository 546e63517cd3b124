"""The whole design of a recorded run, ready to be written."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from ..findings import Finding
from ..project.facts import ProjectContext
from ..project.writing.design import TrainingDesign
from .configuration import Configuration
from .decisions import decisions, deferral
from .origins import acknowledgements, assumptions, notes, sources, thresholds
from .recorded import RecordedRun
from .training import (
    approach,
    base_model,
    dpo_data,
    hyperparameters,
    infrastructure,
    monitoring,
    peft,
    sft_data,
)


def assemble(
    context: ProjectContext,
    sections: Mapping[str, Mapping[str, Any]],
    findings: Mapping[str, Any],
    evidence: Mapping[str, Any],
    day: date,
    configuration: Configuration,
) -> TrainingDesign:
    """Every field of the specification's section 9 from what the user confirmed, each with its origin."""
    run = RecordedRun(sections)
    common = {
        "project_name": context.project_name,
        "architecture": context.architecture,
        "date": day.isoformat(),
        "findings": tuple(Finding.model_validate(item) for item in findings.values()),
        "missing_documents": tuple(
            document.path for document in context.documents if document.status in ("missing", "unreadable")
        ),
        "thresholds": thresholds(run),
        "assumed_defaults": assumptions(run),
        "notes": (*notes(run), *configuration.not_expressible),
        "decisions": decisions(run),
        "sources": sources(run, evidence),
    }
    if run.rag_first:
        return TrainingDesign(outcome="deferred_rag_first", deferral=deferral(run), **common)
    return TrainingDesign(
        outcome="completed",
        base_model=base_model(run),
        approach=approach(run),
        sft=sft_data(run),
        dpo=dpo_data(run),
        strategy=run.value("resolve_insufficient_data", "strategy"),
        peft=peft(run),
        hyperparameters=hyperparameters(run),
        monitoring=monitoring(run),
        infrastructure=infrastructure(run),
        acknowledgements=acknowledgements(findings),
        config_files=dict(configuration.files),
        configuration=configuration.text,
        **common,
    )
