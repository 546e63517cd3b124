"""Where to train, what to track with, which trainer, and the budget."""

from collections.abc import Mapping

from pydantic import BaseModel

from ..interrupts import Recommendation
from ..knowledge.evidence import Evidence
from .citing import labels_about
from .gpus import Gpu, Price, gpu, price_range, prices
from .plan_facts import PlanFacts
from .platforms import PRICED_AS, platform_name
from .recommendation import by_practice, calculated
from .rules import rule_book
from .texts import number, say

MARKETPLACES = frozenset({"runpod", "vast"})

SECOND_TRY = 2
"""Runs that a budget pays for: the planned one, and one more for what fails or is tried differently."""

OWN = ("own", "local", "on-prem", "on prem", "workstation", "in-house", "self-hosted", "our server", "our cluster")


class CostRange(BaseModel):
    """What one run costs, in US dollars; from the time estimate and known prices."""

    low: float
    high: float


def recommend_infrastructure(
    facts: PlanFacts,
    *,
    evidence: Mapping[str, Evidence],
    cost: CostRange | None = None,
    compute: str = "",
    known_prices: tuple[Price, ...] | None = None,
) -> dict[str, Recommendation]:
    """The fields of section 8: platform, tracking, trainer, and the budget where it can be stated.

    What the documents or answers name stands. Otherwise private data stay on own hardware; own GPUs are used; else the
    cheapest platform with a known price for the GPU.

    Args:
        facts: The project; `platform`, `tracking`, `trainer` and `budget` as the user has stated them.
        evidence: The section's evidence by label.
        cost: The cost range of one run, where it could be computed.
        compute: How the documents describe the hardware, to tell whether it is the user's own.
        known_prices: Prices to choose by; the catalogue's by default.
    """
    platform = _platform(facts, evidence, compute, known_prices)
    fields = {"platform": platform, "tracking": _tracking(facts, evidence), "trainer": _trainer(facts, evidence)}
    budget = _budget(facts, str(platform.value), cost)
    if budget is not None:
        fields["budget"] = budget
    return fields


def _platform(
    facts: PlanFacts, evidence: Mapping[str, Evidence], compute: str, known: tuple[Price, ...] | None
) -> Recommendation:
    if facts.platform:
        return calculated(facts.platform, say("infrastructure.stated"))
    labels = labels_about(evidence, "place to train", "local gpu", kinds=("decision", "pattern", "chunk"))
    practice = rule_book().practices["where_to_train"]
    if facts.privacy:
        return by_practice("local", say("infrastructure.platform.private"), practice, labels)
    card = gpu(facts.gpu_type, facts.vram_gb) if facts.gpu_type else None
    name = facts.gpu_type or "the GPU"
    if any(word in compute.lower() for word in OWN):
        return by_practice("local", say("infrastructure.platform.local", gpu=name), practice, labels)
    only = rule_book().rented_only_at.get(card.name) if card else None
    if only is not None:
        alone = say("infrastructure.platform.only", gpu=name, where=platform_name(only))
        return by_practice(only, alone, practice, labels)
    cheapest = _cheapest(card, known if known is not None else prices()) if card else None
    if cheapest is None:
        return by_practice("local", say("infrastructure.platform.default", gpu=name), practice, labels)
    platform, low, high, as_of = cheapest
    text = say("infrastructure.platform.budget", gpu=name, low=number(low), high=number(high), as_of=as_of)
    if platform in MARKETPLACES:
        text += " " + say("infrastructure.platform.marketplace")
    return by_practice(platform, text, practice, labels)


def _cheapest(card: Gpu, known: tuple[Price, ...]) -> tuple[str, float, float, str] | None:
    """The platform with the lowest middle of its price range for the GPU."""
    offers = []
    for platform, priced_as in PRICED_AS.items():
        found = price_range(card, priced_as, known)
        if found is not None:
            low, high, entries = found
            offers.append((low + high, platform, low, high, max(entry.as_of for entry in entries)))
    if not offers:
        return None
    _, platform, low, high, as_of = min(offers)
    return platform, low, high, as_of


def _tracking(facts: PlanFacts, evidence: Mapping[str, Evidence]) -> Recommendation:
    if facts.tracking:
        return calculated(facts.tracking, say("infrastructure.stated"))
    labels = labels_about(evidence, "tracker", "experiment tracking", titles_only=True)
    practice = rule_book().practices["tracker"]
    if facts.privacy:
        return by_practice("mlflow", say("infrastructure.tracking.private"), practice, labels)
    return by_practice("tensorboard", say("infrastructure.tracking.none"), practice, labels)


def _trainer(facts: PlanFacts, evidence: Mapping[str, Evidence]) -> Recommendation:
    if facts.trainer:
        return calculated(facts.trainer, say("infrastructure.stated"))
    practice = rule_book().practices["trainer"]
    alone = (facts.gpu_count or 1) == 1
    if facts.priority == "speed" and alone and facts.stages == ("sft",) and facts.method != "full":
        labels = labels_about(evidence, "unsloth")
        return by_practice("unsloth", say("infrastructure.trainer.speed"), practice, labels)
    stages = " and ".join(stage.upper() for stage in facts.stages)
    return by_practice("trl", say("infrastructure.trainer.trl", stages=stages), practice, [])


def _budget(facts: PlanFacts, platform: str, cost: CostRange | None) -> Recommendation | None:
    """The stated budget, with a word where a run may cost more; else what two runs cost; None where that is unknown."""
    if facts.budget is not None:
        why = say("infrastructure.stated")
        if cost is not None and cost.high > facts.budget and platform != "local":
            why += " " + say(
                "infrastructure.budget.over", budget=number(facts.budget), high=number(round(cost.high, 2))
            )
        return calculated(facts.budget, why)
    if platform == "local":
        return calculated(0, say("infrastructure.budget.own"), low=0, high=0)
    if cost is None:
        return None
    value = max(1, round(cost.high * SECOND_TRY))
    why = say("infrastructure.budget", low=number(round(cost.low, 2)), high=number(round(cost.high, 2)))
    return calculated(value, why, low=min(value, round(cost.low, 2)), high=value)
