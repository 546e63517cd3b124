"""5C. Data insufficient path: augment, annotate, or RAG first."""

from collections.abc import Mapping
from typing import Any

from ..interrupts import Recommendation
from ..knowledge.evidence import Query
from ..texts import text
from .order import NODE_OF_APPROACH
from .path_choice import thresholds_in_force
from .query_values import section_queries
from .section import Advice, Briefing, Risk, Section

NODE = "resolve_insufficient_data"
OF_THE_TRAINING = ("configure_peft", "configure_hyperparameters", "choose_infrastructure")
AUGMENTABLE_SHARE = 0.3
"""Below this share of the minimum, generated data would outnumber real data by more than two to one, so that a model
would mostly learn the generator; collecting real data first is proposed instead."""


def advise(briefing: Briefing) -> Advice:
    """The three options with their evidence; the gap decides which one is proposed."""
    minimum, pairs_minimum = thresholds_in_force(briefing.records)
    examples, pairs = briefing.get("sft_examples", 0), briefing.get("preference_pairs", 0)
    for_pairs = examples == 0 and pairs > 0
    have, needed = (pairs, pairs_minimum) if for_pairs else (examples, minimum)
    view: dict[str, Any] = {
        "have": have,
        "needed": needed,
        "gap": max(0, needed - have) if needed else None,
        "for_pairs": for_pairs,
        "warnings": [(label, item) for label, item in briefing.evidence.items() if item.kind == "warning"][:3],
        "synthetic": about(briefing, ("synthetic", "augment", "paraphras")),
        "transition": about(briefing, ("rag", "retrieval")),
    }
    recommended = {}
    if needed:
        strategy = "augment" if have >= AUGMENTABLE_SHARE * needed else "rag-first" if have == 0 else "annotate"
        why = text("dialogue", f"why_{strategy.replace('-', '_')}", have=have, needed=needed)
        recommended["strategy"] = Recommendation(value=strategy, why=why, origin="calc")
        target = text("dialogue", "why_target", needed=needed)
        recommended["target_examples"] = Recommendation(value=needed, why=target, origin="calc")
    return Advice(recommended=recommended, view=view, risks=risks(briefing))


def risks(briefing: Briefing) -> tuple[Risk, ...]:
    """RAG first leaves `architecture` alone: its owner should look at it."""
    if briefing.get("strategy") != "rag-first":
        return ()
    detail = text("findings", "rag_first_detail", architecture=briefing.context.architecture)
    return (Risk("rag_first", text("findings", "rag_first_title"), detail, kind="gap", owner="Step 2"),)


def about(briefing: Briefing, words: tuple[str, ...]) -> list[tuple[str, Any]]:
    """The first pieces of evidence whose title speaks of one of the words."""
    return [
        (label, item)
        for label, item in briefing.evidence.items()
        if item.kind != "warning" and any(word in item.title.casefold() for word in words)
    ][:2]


def queries(briefing: Briefing) -> list[Query]:
    """Thresholds and risks, synthetic data, and the way from RAG to fine-tuning."""
    return section_queries(NODE, briefing)


def consequences(briefing: Briefing, fields: Mapping[str, Any]) -> dict[str, Any]:
    """RAG first leaves no training path behind; what the user had said of the training waits for the return."""
    if fields["strategy"] != "rag-first":
        return {}
    waiting = {
        node: {**briefing.records[node], "confirmed": False} for node in OF_THE_TRAINING if node in briefing.records
    }
    return {"sections": {**dict.fromkeys(NODE_OF_APPROACH.values()), **waiting}}


SECTION = Section(
    node=NODE,
    advise=advise,
    queries=queries,
    consequences=consequences,
    depends_on=("sft_examples", "preference_pairs", "minimum_examples", "minimum_pairs", "base_model", "task_type"),
)
