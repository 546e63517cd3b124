"""Proposing what the documents say: each value with the file, the line and the words that it came from."""

from collections.abc import Iterable

from ..excerpts import shortened
from ..interrupts import Recommendation
from ..texts import text
from ..values import preferred_fact
from .order import PLACES
from .section import Briefing

NUMBERS = frozenset({"budget", "data_volume", "preference_pairs", "size_limit", "vram_gb", "gpu_count", "model_size"})
"""Fields that hold a number: what a document says in words instead ("1,500 EUR") is shown, but not proposed."""


def from_documents(briefing: Briefing, names: Iterable[str]) -> dict[str, Recommendation]:
    """A recommendation for every value that holds already: from a document, or from an earlier section."""
    found: dict[str, Recommendation] = {}
    for name in names:
        held = briefing.values.get(name)
        if held is None or held.value is None or (name in NUMBERS and not isinstance(held.value, int | float)):
            continue
        found[name] = Recommendation(value=held.value, why=origin_text(briefing, name), origin=held.origin)
    return found


def origin_text(briefing: Briefing, name: str) -> str:
    """Where a value comes from, in words."""
    held = briefing.values[name]
    facts = briefing.context.facts.get(name, [])
    if held.origin.startswith("document:") and facts:
        fact = preferred_fact(facts)
        passage = " ".join(fact.passage.split())
        return text("dialogue", "from_document", source=fact.source, line=fact.line, passage=shortened(passage, 100))
    return text("dialogue", "from_section", section=PLACES[held.node].number) if held.node else ""
