"""8. Training infrastructure: platform, experiment tracking, trainer, budget, and what one run costs."""

from collections.abc import Mapping
from typing import Any

from ..facilitation.protocol import Problem
from ..planning.gpus import gpu
from ..planning.infrastructure import CostRange, recommend_infrastructure
from ..planning.lora_parameters import PlanningError
from ..planning.run_cost import run_cost
from ..planning.time_and_cost import TimeEstimate, estimate_time
from ..planning.training_setup import TrainingSetup
from ..texts import text
from .from_documents import from_documents
from .project_plan import chosen_model, plan_facts
from .section import Advice, Briefing, Review, Section

NODE = "choose_infrastructure"


def advise(briefing: Briefing) -> Advice:
    """What the documents name stands; time and cost are ranges, and an unknown price is unknown."""
    facts = plan_facts(briefing)
    time = hours(briefing)
    card = gpu(facts.gpu_type, facts.vram_gb) if facts.gpu_type else None
    compute = str(briefing.get("compute") or "")
    recommended = recommend_infrastructure(facts, evidence=briefing.evidence, compute=compute)
    platform = briefing.get("platform") or str(recommended["platform"].value)
    cost = run_cost(time, card, facts.gpu_count or 1, platform)
    if cost.own is not None:
        known = CostRange(low=cost.own.low_usd, high=cost.own.high_usd)
        recommended = recommend_infrastructure(facts, evidence=briefing.evidence, compute=compute, cost=known)
    recommended |= from_documents(briefing, ("platform", "tracking", "budget"))
    extra = {"estimated_cost": cost.stated, "hours": [time.low_hours, time.high_hours] if time else None}
    return Advice(recommended=recommended, view={"time": time, "cost": cost}, extra=extra)


def hours(briefing: Briefing) -> TimeEstimate | None:
    """The wall time of all stages together; None where model or GPU are not in the catalogue."""
    facts = plan_facts(briefing)
    model = chosen_model(briefing)
    card = gpu(facts.gpu_type, facts.vram_gb) if facts.gpu_type else None
    if model is None or model.shape is None or card is None or facts.max_length is None:
        return None
    found = []
    for stage in facts.stages:
        examples = facts.examples_of(stage)
        epochs = facts.dpo_epochs if stage == "dpo" else facts.epochs
        batch = briefing.get("dpo_batch_size") if stage == "dpo" else facts.batch_size
        if not examples or not epochs or not batch:
            return None
        try:
            setup = TrainingSetup(
                shape=model.shape,
                method=facts.method or "lora",
                stage=stage,
                rank=facts.rank or 16,
                target_modules=facts.target_modules or "all-linear",
                batch_size=batch,
                max_length=facts.max_length,
                gradient_accumulation=facts.gradient_accumulation or 1,
                gpus=facts.gpu_count or 1,
            )
        except PlanningError:
            return None
        found.append(estimate_time(setup, card, examples, epochs))
    return together(found)


def together(found: list[TimeEstimate]) -> TimeEstimate:
    """Stages one after the other."""
    return TimeEstimate(
        low_hours=sum(item.low_hours for item in found),
        high_hours=sum(item.high_hours for item in found),
        steps=sum(item.steps for item in found),
        tokens=sum(item.tokens for item in found),
        flops=sum(item.flops for item in found),
        sources=tuple(dict.fromkeys(source for item in found for source in item.sources)),
    )


def review(_: Briefing, fields: Mapping[str, Any]) -> Review:
    """Another platform needs its name."""
    if fields.get("platform") == "other" and not fields.get("platform_name"):
        return Review(problems=(Problem(field="platform_name", message=text("dialogue", "platform_name")),))
    return Review()


SECTION = Section(
    node=NODE,
    advise=advise,
    review=review,
    depends_on=(
        "base_model", "approach", "gpu_type", "gpu_count", "vram_gb", "method", "rank", "epochs", "dpo_epochs",
        "batch_size", "dpo_batch_size", "max_length", "sft_examples", "preference_pairs", "constraints",
    ),
)  # fmt: skip
