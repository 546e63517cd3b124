"""The decisions that go into log and sidecar, and what a deferral leaves for the return."""

from ..project.writing.design import DecisionRecord, Deferral
from ..texts import text
from .recorded import RecordedRun
from .training import approach


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
