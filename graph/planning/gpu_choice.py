"""The GPU fields: as the project states them, else the smallest common GPU that does."""

from ..interrupts import Recommendation
from .catalogue import CatalogueModel
from .gpus import Gpu, gpu
from .plan_facts import Method, PlanFacts
from .recommendation import BUILT_IN, calculated
from .room import Room
from .rules import rule_book
from .texts import number, say, size

USUAL_LENGTH = 2048
DEFAULT_GPU = "A10G"
"""A card with 24 GB, on which 8B models train in 4 bit: named where nothing can be computed."""


def recommend_gpu(facts: PlanFacts, model: CatalogueModel | None) -> dict[str, Recommendation]:
    """The fields gpu_type, gpu_count and vram_gb.

    What the project states stands. A GPU without its memory gets the memory that it is sold with. Without any, the
    smallest commonly rented GPU on which the model fits with QLoRA is named.
    """
    count = facts.gpu_count or 1
    counted = calculated(count, say("peft.gpu.stated") if facts.gpu_count else say("peft.gpu.one"))
    if facts.gpu_type or facts.vram_gb:
        card = gpu(facts.gpu_type, facts.vram_gb) if facts.gpu_type else None
        named = calculated(facts.gpu_type or f"a GPU with {number(facts.vram_gb or 0)} GB", say("peft.gpu.stated"))
        return {"gpu_type": named, "gpu_count": counted, "vram_gb": _memory(facts, card)}
    method: Method = facts.method or "qlora"
    card, reason = _smallest(facts, model, method, count)
    return {
        "gpu_type": Recommendation(value=card.name, why=reason, origin=BUILT_IN if model is None else "calc"),
        "gpu_count": counted,
        "vram_gb": calculated(card.vram_gb, _sold_with(card)),
    }


def _memory(facts: PlanFacts, card: Gpu | None) -> Recommendation:
    if card is not None and facts.vram_gb in (None, card.vram_gb):
        return calculated(card.vram_gb, _sold_with(card))
    if facts.vram_gb is not None:
        return calculated(facts.vram_gb, say("peft.gpu.stated"))
    return Recommendation(value=None, why=say("peft.vram.unknown"), origin=BUILT_IN)


def _sold_with(card: Gpu) -> str:
    return say("peft.vram", gpu=card.name, vram=number(card.vram_gb), source=card.source)


def _smallest(facts: PlanFacts, model: CatalogueModel | None, method: Method, count: int) -> tuple[Gpu, str]:
    cards = [card for name in rule_book().common_gpus if (card := gpu(name)) is not None]
    name = facts.base_model or (model.name if model else size(facts.size_b))
    if model is None or model.shape is None:
        default = next(card for card in cards if card.name == DEFAULT_GPU)
        return default, say("peft.gpu.unknown", model=name)
    for card in cards:
        fit = Room(model.shape, card.usable_gib, count, card).fit(
            method, facts.stages, facts.max_length or USUAL_LENGTH
        )
        if fit is not None and fit.comfortable:
            return card, say(
                "peft.gpu.needed",
                model=name,
                method=method,
                needed=number(fit.needed_gib),
                usable=number(fit.usable_gib),
            )
    return cards[-1], say("peft.gpu.none", model=name)
