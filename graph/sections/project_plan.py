"""From a briefing to the planner's own typed facts."""

from typing import Any

from ..planning.catalogue import CatalogueModel
from ..planning.families import families
from ..planning.gpus import gpu
from ..planning.plan_facts import PlanFacts
from ..planning.room import Room, usable_memory
from ..values import preferred_fact
from .section import Briefing

PRIVACY_WORDS = ("privacy", "gdpr", "on-prem", "on prem", "must not leave", "in-house", "confidential", "hipaa")
SAME_NAME = (
    "task_type",
    "domain",
    "constraints",
    "priority",
    "approach",
    "sft_examples",
    "preference_pairs",
    "data_source",
    "verified",
    "coverage",
    "uncontaminated",
    "pii_removed",
    "accurate",
    "consistent",
    "diverse",
    "base_model",
    "gpu_type",
    "gpu_count",
    "vram_gb",
    "complexity",
    "method",
    "rank",
    "learning_rate",
    "epochs",
    "batch_size",
    "gradient_accumulation",
    "max_length",
    "dpo_learning_rate",
    "dpo_epochs",
    "dpo_batch_size",
    "platform",
    "tracking",
    "trainer",
    "budget",
)


def plan_facts(briefing: Briefing, **told: Any) -> PlanFacts:
    """What is known of the project, for the planner.

    Args:
        briefing: The section's briefing.
        told: Values that overrule the briefing's.
    """
    known: dict[str, Any] = {name: briefing.get(name) for name in SAME_NAME if briefing.get(name) is not None}
    if memory_of_another_gpu(briefing):
        known.pop("vram_gb", None)
    if not isinstance(known.get("budget", 0), int | float):
        del known["budget"]
    if "sft_examples" not in known and briefing.get("examples") is not None:
        known["sft_examples"] = briefing.get("examples")
    planned = briefing.get("target_examples")
    if planned is not None and briefing.get("strategy") in ("augment", "annotate"):
        key = "preference_pairs" if known.get("approach") == "dpo" and not known.get("sft_examples") else "sft_examples"
        known[key] = max(planned, known.get(key, 0))
    model = briefing.records.get("select_base_model", {}).get("extra", {})
    known |= {
        name: model[name]
        for name in ("hf_id", "family", "size_b", "instruct", "context_length", "license_ok")
        if model.get(name) is not None
    }
    known["sft_minimum"] = briefing.get("minimum_examples")
    known["dpo_minimum"] = briefing.get("minimum_pairs")
    known["target_modules"] = tuple(briefing.get("target_modules") or ())
    known["privacy"] = privacy(briefing)
    if "vram_gb" not in known and known.get("gpu_type") and (found := gpu(known["gpu_type"])):
        known["vram_gb"] = found.vram_gb
    return PlanFacts(**{**known, **told})


def memory_of_another_gpu(briefing: Briefing) -> bool:
    """Whether the memory that the documents state belongs to a GPU in whose place the user has put another."""
    chosen, memory = briefing.values.get("gpu_type"), briefing.values.get("vram_gb")
    stated = briefing.context.facts.get("gpu_type", [])
    if chosen is None or memory is None or not stated or not memory.origin.startswith("document:"):
        return False
    before, now = str(preferred_fact(stated).value), str(chosen.value)
    same = before.casefold() == now.casefold() or (gpu(now) is not None and gpu(now) == gpu(before))
    return chosen.origin == "user" and not same


def privacy(briefing: Briefing) -> bool:
    """Whether documents or answers say that the data must stay in the house."""
    said = " ".join(str(briefing.get(name, "")) for name in ("privacy", "constraints")).casefold()
    return bool(briefing.get("privacy")) or any(word in said for word in PRIVACY_WORDS)


def chosen_model(briefing: Briefing) -> CatalogueModel | None:
    """The catalogue's entry of the chosen base model; None for one outside the catalogue."""
    name = briefing.get("base_model")
    return briefing.catalogue.find(name) if name else None


def adapter_notes(model: CatalogueModel | None) -> str:
    """What the catalogue says about adapting the model, where its family needs special care."""
    return model.notes if model is not None and families().demands(model) else ""


def room_of(briefing: Briefing, facts: PlanFacts) -> Room:
    """The chosen model on the user's GPUs."""
    model = chosen_model(briefing)
    usable, card = usable_memory(facts.gpu_type, facts.vram_gb)
    return Room(
        model.shape if model else None,
        usable,
        facts.gpu_count or 1,
        card,
        facts.rank or 16,
        facts.target_modules,
    )
