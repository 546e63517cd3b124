"""What the three training paths of section 5 share: confirm the path, or choose another."""

from collections.abc import Mapping
from typing import Any

from ..interrupts import Recommendation
from ..texts import text
from .order import NODE_OF_APPROACH
from .path_choice import assessed_path, thresholds_in_force
from .query_values import section_queries
from .section import Advice, Briefing, Review, SecondConfirmation, Section

DEPENDS_ON = (
    "sft_examples",
    "preference_pairs",
    "minimum_examples",
    "minimum_pairs",
    "base_model",
    "strategy",
    "task_type",
)


def advise_approach(briefing: Briefing, approach: str) -> Advice:
    """Recommend the path that the data led to, with the counts and thresholds that it rests on."""
    examples = briefing.get("sft_examples", 0)
    pairs = briefing.get("preference_pairs", 0)
    minimum, pairs_minimum = thresholds_in_force(briefing.records)
    assessed = assessed_path(briefing.records)
    view = {
        "examples": examples,
        "pairs": pairs,
        "minimum": minimum,
        "pairs_minimum": pairs_minimum,
        "assessed": assessed,
        "checked_again": briefing.records.get("select_base_model", {}).get("extra", {}).get("checked_again", {}),
        "planned": briefing.get("target_examples") if assessed == "insufficient" else None,
    }
    why = text("dialogue", "why_approach", approach=approach, **view)
    return Advice(recommended={"approach": Recommendation(value=approach, why=why, origin="calc")}, view=view)


def approach_chosen(briefing: Briefing, fields: Mapping[str, Any], own: str) -> dict[str, Any]:
    """Keep the choice; another path than this one's leads to its own node, with its own queries."""
    chosen = fields["approach"]
    assessed = assessed_path(briefing.records)
    others: dict[str, Any] = {node: None for approach, node in NODE_OF_APPROACH.items() if approach != chosen}
    if assessed != "insufficient":
        others["resolve_insufficient_data"] = None
    update: dict[str, Any] = {"path": {"assessed": assessed, "chosen": chosen}, "sections": others}
    if chosen != own:
        others[NODE_OF_APPROACH[own]] = None
        update["goto"] = NODE_OF_APPROACH[chosen]
    return update


def review_approach(briefing: Briefing, fields: Mapping[str, Any], own: str) -> Review:
    """Another path than the data led to, with a stage that there are no data for, takes a second word."""
    chosen = str(fields.get("approach"))
    if chosen == own or assessed_path(briefing.records) == "insufficient":
        return Review()
    counts = {"sft": briefing.get("sft_examples", 0), "dpo": briefing.get("preference_pairs", 0)}
    without = [stage for stage in chosen.split("+") if counts.get(stage) == 0]
    if not without:
        return Review()
    message = text("dialogue", "approach_without_data", stage=without[0])
    return Review(confirmations=(SecondConfirmation(f"approach:{chosen}", message, "approach"),))


def path_section(node: str, approach: str) -> Section:
    """One of the three paths: its own text and queries, and the choice that all three put."""
    return Section(
        node=node,
        advise=lambda briefing: advise_approach(briefing, approach),
        queries=lambda briefing: section_queries(node, briefing),
        review=lambda briefing, fields: review_approach(briefing, fields, approach),
        consequences=lambda briefing, fields: approach_chosen(briefing, fields, approach),
        depends_on=DEPENDS_ON,
    )
