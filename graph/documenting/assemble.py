"""The whole design of a recorded run, ready to be written."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from ..findings import Finding
from ..knowledge.evidence import Evidence
from ..project.facts import ProjectContext
from ..project.writing.design import (
    Acknowledgement,
    Approach,
    Assumption,
    BaseModelChoice,
    Dataset,
    DecisionRecord,
    Deferral,
    Hyperparameter,
    Infrastructure,
    Monitoring,
    Peft,
    SourceEntry,
    Stated,
    Threshold,
    TrainingDesign,
)
from ..texts import text
from .recorded import RecordedRun

TABLE = (
    "learning_rate", "batch_size", "epochs", "warmup_ratio", "gradient_accumulation", "weight_decay", "max_length",
    "dpo_beta", "dpo_learning_rate", "dpo_epochs", "dpo_batch_size",
)  # fmt: skip
HYPERPARAMETERS = "configure_hyperparameters"


def assemble(
    context: ProjectContext,
    sections: Mapping[str, Mapping[str, Any]],
    findings: Mapping[str, Any],
    evidence: Mapping[str, Any],
    day: date,
    config_files: Mapping[str, str] | None = None,
    configuration: str = "",
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
        "notes": notes(run),
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
        config_files=dict(config_files or {}),
        configuration=configuration,
        **common,
    )


def base_model(run: RecordedRun) -> BaseModelChoice:
    """The model, with what the catalogue knows of it."""
    node = "select_base_model"
    extra = run.record(node).get("extra", {})
    size = extra.get("size_b")
    return BaseModelChoice(
        name=run.stated(node, "base_model"),
        hf_id=Stated(value=extra["hf_id"], origin="catalogue") if extra.get("hf_id") else None,
        size=Stated(value=f"{size:g}B parameters" if size else None, origin="catalogue"),
        license=Stated(value=extra.get("license"), origin="catalogue"),
        rationale=run.reason(node, "base_model"),
    )


def approach(run: RecordedRun) -> Approach:
    """The training approach with its stages."""
    chosen = run.approach or "sft"
    node = {"sft": "train_with_sft", "dpo": "align_with_dpo", "sft+dpo": "combine_sft_and_dpo"}[chosen]
    stages = (text("documents", "stage_sft"), text("documents", "stage_dpo")) if chosen == "sft+dpo" else ()
    origin = run.record(node).get("origins", {}).get("approach", "user")
    return Approach(primary=chosen, origin=origin, stages=stages, rationale=run.reason(node, "approach"))


def sft_data(run: RecordedRun) -> Dataset | None:
    """The instruction-response pairs, where the approach trains on them."""
    if run.approach == "dpo":
        return None
    return _dataset(run, "sft_examples", "sft", planned=not _plans_pairs(run))


def dpo_data(run: RecordedRun) -> Dataset | None:
    """The preference pairs, where the approach trains on them."""
    if run.approach == "sft":
        return None
    return _dataset(run, "preference_pairs", "preference", planned=_plans_pairs(run))


def _plans_pairs(run: RecordedRun) -> bool:
    node = "assess_training_data"
    return run.value(node, "sft_examples") == 0 and (run.value(node, "preference_pairs") or 0) > 0


def _dataset(run: RecordedRun, count: str, kind: str, *, planned: bool) -> Dataset:
    node = "assess_training_data"
    paths = (run.value(node, "data_paths") or {}).get(kind, [])
    insufficient = "resolve_insufficient_data"
    target = run.value(insufficient, "target_examples")
    quality = text(
        "documents",
        "quality",
        **{name: run.value(node, name) for name in ("verified", "coverage", "accurate", "consistent", "diverse")},
        uncontaminated=run.value(node, "uncontaminated"),
        pii_removed=run.value(node, "pii_removed"),
    )
    return Dataset(
        count=run.stated(node, count, text=run.value(node, count)),
        planned_count=run.stated(insufficient, "target_examples", text=target) if planned and target else None,
        source=run.stated(node, "data_source"),
        quality=Stated(value=quality, origin="user"),
        paths=tuple(paths),
    )


def peft(run: RecordedRun) -> Peft:
    """The method with its settings; they don't apply with full fine-tuning."""
    node = "configure_peft"
    method = run.value(node, "method")
    origins = run.record(node).get("origins", {})
    if method == "full":
        return Peft(method="full", origin=origins.get("method", "user"), rationale=run.reason(node, "method"))
    return Peft(
        method=method,
        origin=origins.get("method", "user"),
        rank=run.stated(node, "rank"),
        alpha=run.stated(node, "alpha"),
        dropout=run.stated(node, "dropout"),
        target_modules=tuple(run.value(node, "target_modules") or ()),
        modules_origin=origins.get("target_modules", "user"),
        rationale=run.reason(node, "method"),
    )


def hyperparameters(run: RecordedRun) -> tuple[Hyperparameter, ...]:
    """The rows of the specification's table, and those that it leaves to the design."""
    return tuple(
        Hyperparameter(
            parameter=name,
            value=run.stated(HYPERPARAMETERS, name),
            rationale=run.reason(HYPERPARAMETERS, name),
        )
        for name in TABLE
        if run.value(HYPERPARAMETERS, name) is not None
    )


def monitoring(run: RecordedRun) -> Monitoring:
    """How often the run logs, evaluates and saves, and when it stops early."""
    total = run.record(HYPERPARAMETERS).get("extra", {}).get("total_steps")
    return Monitoring(
        logging_steps=run.stated(HYPERPARAMETERS, "logging_steps"),
        eval_steps=run.stated(HYPERPARAMETERS, "eval_steps"),
        save_steps=run.stated(HYPERPARAMETERS, "save_steps"),
        early_stopping_patience=run.stated(HYPERPARAMETERS, "early_stopping_patience"),
        total_steps=Stated(value=total, origin="calc") if total else None,
    )


def infrastructure(run: RecordedRun) -> Infrastructure:
    """Where the training runs, on what, tracked by what, at which cost."""
    node, gpus = "choose_infrastructure", "configure_peft"
    other = run.value(node, "platform") == "other" and run.value(node, "platform_name")
    cost = run.record(node).get("extra", {}).get("estimated_cost")
    return Infrastructure(
        compute=run.stated(node, "platform_name" if other else "platform"),
        gpu_type=run.stated(gpus, "gpu_type"),
        gpu_count=run.stated(gpus, "gpu_count"),
        vram_gb=run.stated(gpus, "vram_gb", text=run.value(gpus, "vram_gb")),
        tracking=run.stated(node, "tracking"),
        estimated_cost=Stated(value=cost or text("documents", "cost_unknown"), origin="calc"),
        trainer=run.stated(node, "trainer"),
        budget=run.stated(node, "budget") if run.value(node, "budget") is not None else None,
    )


def thresholds(run: RecordedRun) -> tuple[Threshold, ...]:
    """The confirmed minimums with every source that states one."""
    node = "assess_training_data"
    kept = run.record(node).get("extra", {}).get("thresholds", {})
    found = []
    for name, stage in (("minimum_examples", "sft"), ("minimum_pairs", "dpo")):
        if run.value(node, name) is None:
            continue
        threshold = kept.get(stage, {})
        labels = tuple(dict.fromkeys(item["label"] for item in threshold.get("candidates", ()) if item["applies"]))
        found.append(
            Threshold(
                name=text("documents", name),
                value=run.stated(node, name),
                sources=labels,
                disagreement=threshold.get("disagreement", ""),
            )
        )
    return tuple(found)


def assumptions(run: RecordedRun) -> tuple[Assumption, ...]:
    """The defaults that were taken because the user did not know."""
    from ..fields import fields_of

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


def decisions(run: RecordedRun) -> tuple[DecisionRecord, ...]:
    """TRAIN-001 to TRAIN-003; RAG first leaves the model as confirmed and the deferral."""
    model = DecisionRecord(
        id="TRAIN-001",
        title="Base Model Selection",
        choice=run.shown("select_base_model", "base_model"),
        rationale=run.reason("select_base_model", "base_model"),
    )
    if run.rag_first:
        why = run.reason("resolve_insufficient_data", "strategy")
        choice = text("documents", "rag_first_choice")
        return model, DecisionRecord(id="TRAIN-002", title="Training Approach", choice=choice, rationale=why)
    if not run.approach:
        return ()
    named = text("documents", f"approach_{run.approach.replace('+', '_')}")
    method = run.value("configure_peft", "method")
    detail = "" if method == "full" else text("documents", "peft_detail", **_peft_values(run))
    return (
        model,
        DecisionRecord(id="TRAIN-002", title="Training Approach", choice=named, rationale=approach(run).rationale),
        DecisionRecord(
            id="TRAIN-003",
            title="PEFT Method",
            choice=run.shown("configure_peft", "method"),
            detail=detail,
            rationale=run.reason("configure_peft", "method"),
        ),
    )


def _peft_values(run: RecordedRun) -> dict[str, str]:
    return {name: run.shown("configure_peft", name) for name in ("rank", "alpha", "dropout", "target_modules")}


def deferral(run: RecordedRun) -> Deferral:
    """What RAG first leaves: the data found, what to collect, when to return."""
    node = "assess_training_data"
    values = {
        "examples": run.shown(node, "sft_examples"),
        "pairs": run.shown(node, "preference_pairs"),
        "source": run.shown(node, "data_source"),
        "minimum": run.shown(node, "minimum_examples"),
        "pairs_minimum": run.shown(node, "minimum_pairs"),
        "target": run.shown("resolve_insufficient_data", "target_examples"),
        "use_case": run.shown("welcome", "use_case"),
    }
    return Deferral(
        found=(text("documents", "found_examples", **values), text("documents", "found_pairs", **values)),
        collect=(text("documents", "collect_interactions", **values), text("documents", "collect_quality", **values)),
        return_when=(text("documents", "return_count", **values), text("documents", "return_quality", **values)),
    )
