"""The hyperparameters of section 7: for every field a value, its range, the reason for this project, its sources."""

import math
from collections.abc import Mapping, Sequence

from ..interrupts import Recommendation
from ..knowledge.evidence import Evidence
from .batches import BatchPlan, per_device, plan_batches
from .consensus import consensus
from .figures import LabelledFigure, figures_in
from .lengths import recommend_length
from .monitoring import held_out_share, recommend_monitoring, step_count
from .plan_facts import Method, PlanFacts, Stage
from .recommendation import calculated, from_sources, positions
from .room import Room
from .rules import Situation, rule_book
from .texts import listing, number, percent, say, size

EVIDENCE_REACH = 2.5
"""How far the evidence may take a rate beyond the built-in range; what is further is shown and not recommended."""

FEW_EXAMPLES = 300
"""Examples below which the low end of the learning rate is taken (Azure skills, references/hyperparameters.md)."""


def recommend_hyperparameters(
    facts: PlanFacts, *, evidence: Mapping[str, Evidence], room: Room | None = None
) -> dict[str, Recommendation]:
    """The fields of section 7 that the approach has, in the order of the form.

    `learning_rate`, `epochs` and `batch_size` belong to an SFT stage and `dpo_*` to a DPO stage; the others hold for
    both.
    A length, batch or number of epochs that the project has settled is taken, and what depends on it follows it.

    Args:
        facts: The project with base model, approach and PEFT method.
        evidence: The section's evidence by label.
        room: The model on the user's GPUs; without it the batch that fits is unknown.
    """
    figures = figures_in(evidence)
    room = room or Room(None, None, facts.gpu_count or 1)
    method: Method = facts.method or "lora"
    lead = facts.stages[0]
    length = recommend_length(facts, figures, room, method)
    tokens = facts.max_length or int(length.value)
    epochs = {stage: _epochs(facts, figures, stage, method) for stage in facts.stages}
    passes = {stage: _settled_epochs(facts, stage) or float(epochs[stage].value) for stage in facts.stages}
    plan = _settled(
        facts, plan_batches(facts, lead, figures, room, method=method, length=tokens, epochs=passes[lead]), passes
    )
    steps: dict[Stage, int] = {lead: plan.steps}
    fields: dict[str, Recommendation] = {}
    if "sft" in facts.stages:
        fields["learning_rate"] = _rate(facts, figures, "sft", method)
        fields["epochs"] = _with_steps(epochs["sft"], plan)
        fields["batch_size"] = _batch(plan, method, tokens)
    fields["gradient_accumulation"] = _accumulation(plan, facts)
    if "dpo" in facts.stages:
        fields |= _dpo(facts, figures, room, plan, tokens, epochs["dpo"], method)
        steps["dpo"] = _steps(facts, "dpo", int(fields["dpo_batch_size"].value), plan, passes["dpo"])
    situation = facts.situation(lead, method=method, steps=min(steps.values()))
    fields["warmup_ratio"] = _warmup(figures, situation, steps)
    fields["weight_decay"] = _decay(figures, situation)
    fields["max_length"] = length
    fields |= recommend_monitoring(steps, figures, evidence, situation, effective=plan.effective, epochs=passes[lead])
    return {name: fields[name] for name in FIELD_ORDER if name in fields}


FIELD_ORDER = (
    "learning_rate", "epochs", "batch_size", "gradient_accumulation", "warmup_ratio", "weight_decay", "max_length",
    "dpo_beta", "dpo_learning_rate", "dpo_epochs", "dpo_batch_size", "logging_steps", "eval_steps", "save_steps",
    "early_stopping_patience",
)  # fmt: skip


def counted(facts: PlanFacts, stage: Stage) -> str:
    """The stage's examples in words: "5,200 examples"."""
    unit = "pairs" if stage == "dpo" else "examples"
    count = facts.examples_of(stage)
    if count is None:
        return say("examples.unknown", unit=unit)
    return say("examples.known", count=number(count), unit=unit)


def _rate(facts: PlanFacts, figures: Sequence[LabelledFigure], stage: Stage, method: Method) -> Recommendation:
    situation = facts.situation(stage, method=method)
    few = stage == "sft" and method != "full" and situation.examples is not None and situation.examples < FEW_EXAMPLES
    rule = rule_book().rule("learning_rate", situation)
    found = consensus(figures, ("learning_rate",), situation, rule, reach=1.0 if few else EVIDENCE_REACH)
    words = {"stage": stage.upper(), "method": METHOD_WORDS[method], "size": size(facts.size_b)}
    if few:
        return from_sources(say("learning_rate.small", examples=counted(facts, stage), **words), found)
    return from_sources(say("learning_rate", **words), found)


METHOD_WORDS: dict[str, str] = {"full": "full fine-tuning", "lora": "LoRA", "qlora": "QLoRA"}


def _epochs(facts: PlanFacts, figures: Sequence[LabelledFigure], stage: Stage, method: Method) -> Recommendation:
    situation = facts.situation(stage, method=method)
    found = consensus(figures, ("epochs",), situation, rule_book().rule("epochs", situation))
    key = "dpo_epochs" if stage == "dpo" else "epochs"
    reason = say(key, examples=counted(facts, stage).capitalize(), stage=stage.upper())
    value = int(found.value) if found.value == int(found.value) else found.value
    return from_sources(reason, found, value=value)


def _settled_epochs(facts: PlanFacts, stage: Stage) -> float | None:
    return facts.dpo_epochs if stage == "dpo" else facts.epochs


def _settled(facts: PlanFacts, plan: BatchPlan, passes: Mapping[Stage, float]) -> BatchPlan:
    """The plan with the batch and accumulation that the project has settled."""
    if plan.stage != "sft" or not (facts.batch_size or facts.gradient_accumulation):
        return plan
    batch = facts.batch_size or plan.batch
    accumulation = facts.gradient_accumulation or max(1, round(plan.effective / (batch * plan.gpus)))
    changed = plan.model_copy(update={"batch": batch, "accumulation": accumulation})
    return changed.model_copy(update={"steps": _steps(facts, "sft", batch, changed, passes["sft"])})


def _steps(facts: PlanFacts, stage: Stage, batch: int, plan: BatchPlan, epochs: float) -> int:
    examples = facts.examples_of(stage)
    return step_count(examples or 0, held_out_share(examples), batch, plan.accumulation, plan.gpus, epochs)


def _with_steps(advice: Recommendation, plan: BatchPlan) -> Recommendation:
    steps = say("epochs.steps", steps=number(plan.steps), effective=plan.effective)
    return advice.model_copy(update={"why": f"{advice.why} {steps}"})


def _batch(plan: BatchPlan, method: Method, length: int) -> Recommendation:
    words: dict[str, str | int] = {"length": number(length), "method": METHOD_WORDS[method], "value": plan.batch}
    words |= {"accumulation": plan.accumulation, "effective": plan.effective, "largest": plan.largest or 0}
    key = "unknown" if plan.largest is None else "fits" if plan.largest else "none"
    return calculated(plan.batch, say(f"batch_size.{key}", **words), low=1, high=max(plan.batch, plan.largest or 1))


def _accumulation(plan: BatchPlan, facts: PlanFacts) -> Recommendation:
    reason = say(
        "accumulation", batch=plan.batch, gpus=plan.gpus, value=plan.accumulation, effective=plan.effective,
        steps=number(plan.steps),
    )  # fmt: skip
    if plan.effective < plan.usual:
        reason += " " + say("accumulation.shrunk", usual=plan.usual, examples=counted(facts, plan.stage))
    advice = from_sources(reason, plan.target, value=plan.accumulation, unit="effective batch")
    share = plan.batch * plan.gpus
    low, high = max(1, int(plan.target.low // share)), max(1, int(plan.target.high // share))
    update = {"low": min(low, plan.accumulation), "high": max(high, plan.accumulation), "origin": "calc"}
    return advice.model_copy(update=update)


def _warmup(figures: Sequence[LabelledFigure], situation: Situation, steps: Mapping[Stage, int]) -> Recommendation:
    """One share of the steps; a combined run has it in both stages, and it suits the shorter one."""
    found = consensus(figures, ("warmup_ratio",), situation, rule_book().rule("warmup_ratio", situation))
    counts = [_warmup_steps(stage, total, found.value, alone=len(steps) == 1) for stage, total in steps.items()]
    key = "warmup_ratio" if len(steps) == 1 else "warmup_ratio.combined"
    return from_sources(say(key, share=percent(found.value), counts=listing(counts)), found, written=percent)


def _warmup_steps(stage: Stage, total: int, share: float, *, alone: bool) -> str:
    """How many steps of a stage warm up, rounded up as trainers do."""
    key = "warmup_ratio.steps" if alone else "warmup_ratio.stage_steps"
    return say(key, warmup_steps=number(math.ceil(total * share - 1e-9)), steps=number(total), stage=stage.upper())


def _decay(figures: Sequence[LabelledFigure], situation: Situation) -> Recommendation:
    found = consensus(figures, ("weight_decay",), situation, rule_book().rule("weight_decay", situation))
    unit = "pairs" if situation.stage == "dpo" else "examples"
    count = situation.examples
    words = (
        say("examples.unknown", unit=unit) if count is None else say("examples.known", count=number(count), unit=unit)
    )
    return from_sources(say("weight_decay", examples=words.capitalize(), size=size(situation.size_b)), found)


def _dpo(
    facts: PlanFacts,
    figures: Sequence[LabelledFigure],
    room: Room,
    plan: BatchPlan,
    length: int,
    epochs: Recommendation,
    method: Method,
) -> dict[str, Recommendation]:
    situation = facts.situation("dpo", method=method)
    found = consensus(figures, ("dpo_beta",), situation, rule_book().rule("dpo_beta", situation))
    known = rule_book().disagreements
    beta = from_sources(say("dpo_beta", examples=counted(facts, "dpo").capitalize()), found)
    rate = _rate(facts, figures, "dpo", method)
    return {
        "dpo_beta": beta.model_copy(update={"why": f"{beta.why} {positions(known['dpo_beta'])}"}),
        "dpo_learning_rate": rate.model_copy(update={"why": f"{rate.why} {positions(known['dpo_learning_rate'])}"}),
        "dpo_epochs": epochs,
        "dpo_batch_size": _dpo_batch(plan, room, length, method),
    }


def _dpo_batch(plan: BatchPlan, room: Room, length: int, method: Method) -> Recommendation:
    """Per device; it shares the accumulation with SFT, so it is no larger than the SFT batch."""
    largest = plan.largest if plan.stage == "dpo" else room.largest_batch(method, "dpo", length)
    value = plan.batch if plan.stage == "dpo" else min(plan.batch, per_device(largest, plan.effective, plan.gpus))
    key = "unknown" if largest is None else "fits" if largest else "none"
    words: dict[str, str | int] = {"length": number(length), "method": METHOD_WORDS[method]}
    words |= {"largest": largest or 0}
    words |= {"accumulation": plan.accumulation, "effective": value * plan.accumulation * plan.gpus}
    return calculated(value, say(f"dpo_batch_size.{key}", **words), low=1, high=max(value, largest or 1))
