"""Model, approach, data, method, hyperparameters and infrastructure of a recorded run, each value with its origin."""

from ..project.writing.design import (
    Approach,
    BaseModelChoice,
    Dataset,
    Hyperparameter,
    Infrastructure,
    Monitoring,
    Peft,
    Stated,
)
from ..texts import text
from .recorded import RecordedRun

TABLE = (
    "learning_rate", "batch_size", "epochs", "warmup_ratio", "gradient_accumulation", "weight_decay", "max_length",
    "dpo_beta", "dpo_learning_rate", "dpo_epochs", "dpo_batch_size",
)  # fmt: skip
HYPERPARAMETERS = "configure_hyperparameters"


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
        early_stopping_patience=(
            run.stated(HYPERPARAMETERS, "early_stopping_patience")
            if run.value(HYPERPARAMETERS, "early_stopping_patience") is not None
            else None
        ),
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
