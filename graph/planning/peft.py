"""The PEFT recommendation: GPU, complexity, method, rank, alpha, dropout and target modules."""

from collections.abc import Mapping, Sequence

from ..interrupts import Recommendation
from ..knowledge.evidence import Evidence
from .catalogue import CatalogueModel
from .citing import labels_about
from .consensus import Consensus, consensus
from .families import families
from .figures import LabelledFigure, figures_in, of_quantity
from .gpu_choice import recommend_gpu
from .plan_facts import Method, PlanFacts
from .recommendation import by_practice, calculated, from_sources
from .room import Fit, Room, usable_memory
from .rules import Situation, rule_book
from .texts import number, say, size

SMALL_MODEL_B = 3.5
"""Up to this size full fine-tuning is possible on one GPU (Axolotl documentation, "Model Size to Adapter Choice")."""

ENOUGH_FOR_FULL = 10_000
"""Examples from which training every weight of a small model pays; with fewer, adapters do as well (LoRA Without
Regret)."""

USUAL_LENGTH = 2048


def recommend_peft(
    facts: PlanFacts, *, evidence: Mapping[str, Evidence], model: CatalogueModel | None = None, room: Room | None = None
) -> dict[str, Recommendation]:
    """The fields of section 6 with reasons, for the project as it is known.

    A value that the project has settled (`method`, `complexity`, the GPU) is taken, and what depends on it follows it.
    With method `full` there is no rank, alpha, dropout or target_modules.

    Args:
        facts: The project.
        evidence: The section's evidence by label.
        model: The chosen base model, where it is in the catalogue.
        room: The model on the user's GPUs; by default from the facts' GPU, or from the GPU that is recommended.

    Returns:
        Recommendations by field name, in the order of the form.
    """
    figures = figures_in(evidence)
    fields: dict[str, Recommendation] = dict(recommend_gpu(facts, model))
    if room is None:
        room = _room(fields, model)
    complexity = _complexity(facts)
    fields["complexity"] = complexity
    facts = facts.model_copy(update={"complexity": str(complexity.value)})
    fields["method"] = _method(facts, room, evidence, model)
    method: Method = facts.method or fields["method"].value
    if method == "full":
        return fields
    situation = facts.situation(facts.stages[0], method=method).model_copy(update={"stage": "sft"})
    rank = _rank(figures, situation, facts)
    chosen_rank = facts.rank or int(rank.value)
    fields["rank"] = rank
    fields["alpha"] = _alpha(figures, situation, chosen_rank)
    fields["dropout"] = _dropout(figures, situation, facts, chosen_rank)
    fields["target_modules"] = _modules(model, facts, evidence)
    return fields


def _room(fields: Mapping[str, Recommendation], model: CatalogueModel | None) -> Room:
    usable, card = usable_memory(str(fields["gpu_type"].value), fields["vram_gb"].value)
    return Room(model.shape if model else None, usable, int(fields["gpu_count"].value), card)


def _complexity(facts: PlanFacts) -> Recommendation:
    named = facts.complexity or rule_book().complexity(facts.task_type)
    if named is None:
        return calculated("moderate", say("peft.complexity.unknown"))
    meaning = say(f"peft.complexity.{named}")
    return calculated(named, say("peft.complexity", task=facts.task_type or "it", complexity=named, meaning=meaning))


def _method(
    facts: PlanFacts, room: Room, evidence: Mapping[str, Evidence], model: CatalogueModel | None
) -> Recommendation:
    length = facts.max_length or USUAL_LENGTH
    name = facts.base_model or (model.name if model else size(facts.size_b))
    full, lora, qlora = (room.fit(method, facts.stages, length) for method in ("full", "lora", "qlora"))
    labels = labels_about(
        evidence, "qlora lora", "lora full fine-tuning", "adapter choice", kinds=("decision", "pattern")
    )
    practice = rule_book().practices["method_ladder"]
    if full is None or lora is None or qlora is None:
        text = say("peft.method.unknown_small", model=name, reason=room.unknown_because)
        return by_practice("qlora", text, practice, labels)
    if full.comfortable and _full_pays(facts, model):
        key = "peft.method.full" if facts.priority != "quality" else "peft.method.full_quality"
        text = say(
            key, model=name, full=number(full.needed_gib), usable=number(full.usable_gib), examples=_count(facts)
        )
        return by_practice("full", text, rule_book().practices["method_full"], labels)
    text = _ladder_text(name, room, lora, qlora, length)
    return by_practice("lora" if lora.comfortable else "qlora", text, practice, labels)


def _ladder_text(name: str, room: Room, lora: Fit, qlora: Fit, length: int) -> str:
    numbers = {"lora": number(lora.needed_gib), "qlora": number(qlora.needed_gib), "usable": number(lora.usable_gib)}
    if lora.comfortable:
        return say("peft.method.lora", model=name, sharded=_sharded(lora, room), **numbers)
    if qlora.fits:
        return say("peft.method.qlora", model=name, sharded=_sharded(qlora, room), **numbers)
    return say("peft.method.nothing", model=name, gpus=room.gpus, length=number(length), **numbers)


def _sharded(fit: Fit, room: Room) -> str:
    return say("model.sharded", gpus=room.gpus) if fit.sharded else ""


def _full_pays(facts: PlanFacts, model: CatalogueModel | None) -> bool:
    """Whether training every weight is worth its price: small models with many examples, or quality first."""
    params = facts.size_b or (model.params_billion if model else None)
    examples = facts.examples_of(facts.stages[0]) or 0
    if params is None or "dpo" in facts.stages:
        return False
    needed = 1_000 if facts.priority == "quality" else ENOUGH_FOR_FULL
    return params <= SMALL_MODEL_B and examples >= needed


def _count(facts: PlanFacts) -> str:
    examples = facts.examples_of(facts.stages[0])
    return "an unknown number of" if examples is None else number(examples)


def _examples(facts: PlanFacts) -> str:
    examples = facts.examples_of(facts.stages[0])
    unit = "pairs" if facts.stages[0] == "dpo" else "examples"
    if examples is None:
        return say("examples.unknown", unit=unit)
    return say("examples.known", count=number(examples), unit=unit)


def _rank(figures: Sequence[LabelledFigure], situation: Situation, facts: PlanFacts) -> Recommendation:
    found = consensus(figures, ("lora_rank",), situation, rule_book().rule("lora_rank", situation))
    reason = say(
        "peft.rank", complexity=situation.complexity.capitalize(), examples=_examples(facts), model=size(facts.size_b)
    )
    return from_sources(reason, found, value=round(found.value))


def _alpha(figures: Sequence[LabelledFigure], situation: Situation, rank: int) -> Recommendation:
    ratios = [*figures, *_stated_ratios(figures)]
    rule = rule_book().rule("lora_alpha_over_rank", situation)
    found = consensus(ratios, ("lora_alpha_over_rank",), situation, rule)
    alpha = found.value * rank
    reason = say("peft.alpha", ratio=number(found.value), rank=rank)
    advice = from_sources(reason, found, value=int(alpha) if alpha == int(alpha) else alpha, unit="alpha over rank")
    return advice.model_copy(update={"low": found.low * rank, "high": found.high * rank})


def _stated_ratios(figures: Sequence[LabelledFigure]) -> list[LabelledFigure]:
    """Alpha over rank from sources that state one alpha and one rank."""
    ratios: list[LabelledFigure] = []
    for alpha in of_quantity(figures, "lora_alpha"):
        ranks = [f for f in of_quantity(figures, "lora_rank") if f.label == alpha.label and f.method == alpha.method]
        single = [figure for figure in ranks if figure.low is not None and figure.low == figure.high]
        if alpha.low is None or alpha.low != alpha.high or len(single) != 1 or not single[0].low:
            continue
        ratio = alpha.low / single[0].low
        ratios.append(alpha.model_copy(update={"quantity": "lora_alpha_over_rank", "low": ratio, "high": ratio}))
    return ratios


def _dropout(figures: Sequence[LabelledFigure], situation: Situation, facts: PlanFacts, rank: int) -> Recommendation:
    rule = rule_book().rule("lora_dropout", situation)
    found: Consensus = consensus(figures, ("lora_dropout",), situation, rule)
    few = rule.value > 0
    reason = say("peft.dropout.small" if few else "peft.dropout", examples=_examples(facts).capitalize(), rank=rank)
    return from_sources(reason, found)


def _modules(model: CatalogueModel | None, facts: PlanFacts, evidence: Mapping[str, Evidence]) -> Recommendation:
    labels = labels_about(evidence, "target modules", "all linear layers", "every linear")
    practices = rule_book().practices
    if model is None or not model.lora_targets:
        name = facts.base_model or (model.name if model else "the model")
        return by_practice(
            ["all-linear"], say("peft.modules.unknown", model=name), practices["unknown_modules"], labels
        )
    architecture = model.architecture
    demands = families().demands(model)
    text = say("peft.modules", architecture=architecture)
    if "mixture" in demands:
        text = say("peft.modules.partial", architecture=architecture, notes=say("model.demands.mixture"))
    if "multimodal" in demands:
        text += " " + say("peft.modules.multimodal")
    return by_practice(list(model.lora_targets), text, practices["all_linear"], labels)
