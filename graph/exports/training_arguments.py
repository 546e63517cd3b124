"""What TRL, Unsloth and LLaMA-Factory take alike: keys of transformers' `TrainingArguments`."""

from typing import Any

from .stages import StagePlan
from .trainer_facts import trainer_facts


def monitoring(plan: StagePlan) -> dict[str, Any]:
    """When the stage logs, evaluates and saves, and that the best checkpoint is kept."""
    return {
        "logging_steps": plan.logging_steps,
        "eval_strategy": "steps",
        "eval_steps": plan.eval_steps,
        "save_strategy": "steps",
        "save_steps": plan.save_steps,
        "save_total_limit": 2,
        "load_best_model_at_end": True,
        "metric_for_best_model": plan.design.metric,
        "greater_is_better": False,
    }


def reporting(plan: StagePlan, trainer: str) -> dict[str, Any]:
    """The experiment tracker that the trainer reports to, with the run's name there."""
    tracker = trainer_facts(trainer).trackers.get(plan.tracking)
    return {"report_to": tracker.report_to, "run_name": plan.name} if tracker else {"report_to": "none"}
