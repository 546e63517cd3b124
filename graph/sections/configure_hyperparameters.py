"""7. Hyperparameter configuration: ranges from the evidence, DPO parameters, monitoring from the real step count."""

from collections.abc import Mapping
from typing import Any

from ..facilitation.protocol import Problem
from ..fields import Field, fields_of
from ..interrupts import Recommendation
from ..knowledge.evidence import Query
from ..planning.hyperparameters import recommend_hyperparameters
from ..planning.monitoring import held_out_share, step_count
from ..planning.plan_facts import PlanFacts
from ..texts import text
from .design_risks import design_risks
from .project_plan import chosen_model, plan_facts, room_of
from .query_values import section_queries
from .section import Advice, Briefing, Review, Section

NODE = "configure_hyperparameters"
SFT_FIELDS = frozenset({"learning_rate", "epochs", "batch_size"})


def advise(briefing: Briefing) -> Advice:
    """Value, range, reason and sources for every parameter that the approach has."""
    facts = plan_facts(briefing)
    recommended = recommend_hyperparameters(facts, evidence=briefing.evidence, room=room_of(briefing, facts))
    recommended |= saving(recommended, briefing.get("eval_steps"))
    values = {name: item.value for name, item in recommended.items()}
    values |= {name: briefing.get(name) for name in values if briefing.get(name) is not None}
    total = total_steps(facts, values)
    risky = design_risks(briefing) if briefing.get("max_length") is not None else ()
    view = {"total_steps": total, "dpo": "dpo" in facts.stages, "sft": "sft" in facts.stages}
    return Advice(recommended=recommended, view=view, extra={"total_steps": total}, risks=risky)


def saving(recommended: Mapping[str, Recommendation], evaluate: int | None) -> dict[str, Recommendation]:
    """Checkpoints fall on the evaluations that the user asks for."""
    save = recommended.get("save_steps")
    if save is None or not evaluate or save.value % evaluate == 0:
        return {}
    steps = evaluate * max(1, round(save.value / evaluate))
    why = text("dialogue", "why_save", evaluate=evaluate)
    return {"save_steps": save.model_copy(update={"value": steps, "why": why, "origin": "calc"})}


def total_steps(facts: PlanFacts, values: Mapping[str, Any]) -> int | None:
    """Optimiser steps of the first stage."""
    lead = facts.stages[0]
    examples = facts.examples_of(lead)
    batch = values.get("dpo_batch_size" if lead == "dpo" else "batch_size")
    epochs = values.get("dpo_epochs" if lead == "dpo" else "epochs")
    if not examples or not batch or not epochs:
        return None
    return step_count(
        examples,
        held_out_share(examples),
        batch,
        values.get("gradient_accumulation") or 1,
        facts.gpu_count or 1,
        epochs,
    )


def select_fields(briefing: Briefing) -> tuple[Field, ...]:
    """An SFT-only run has no DPO parameters, a DPO-only run none of the SFT stage's own."""
    approach = briefing.get("approach") or "sft"
    stages = approach.split("+")
    chosen = []
    for field in fields_of(NODE):
        if field.name.startswith("dpo_"):
            if "dpo" in stages:
                chosen.append(field.model_copy(update={"required": True}))
        elif field.name not in SFT_FIELDS or "sft" in stages:
            chosen.append(field)
    return tuple(chosen)


def review(briefing: Briefing, fields: Mapping[str, Any]) -> Review:
    """Checkpoints must fall on evaluations, and the length within the model's context."""
    problems = []
    evaluate, save = fields.get("eval_steps"), fields.get("save_steps")
    if evaluate and save and save % evaluate:
        problems.append(
            Problem(field="save_steps", message=text("dialogue", "save_multiple", save=save, eval=evaluate))
        )
    model = chosen_model(briefing)
    length = fields.get("max_length")
    if model and model.context_length and length and length > model.context_length:
        message = text("dialogue", "beyond_context", length=length, context=model.context_length, model=model.name)
        problems.append(Problem(field="max_length", message=message))
    return Review(problems=tuple(problems))


def queries(briefing: Briefing) -> list[Query]:
    """Patterns, decisions, warnings, the five parameters of the table, DPO beta, and monitoring."""
    return section_queries(NODE, briefing)


SECTION = Section(
    node=NODE,
    advise=advise,
    queries=queries,
    review=review,
    select_fields=select_fields,
    depends_on=(
        "base_model", "approach", "task_type", "sft_examples", "preference_pairs", "target_examples",
        "gpu_type", "gpu_count", "vram_gb", "method", "rank", "target_modules", "complexity", "priority",
    ),
)  # fmt: skip
