"""5A. SFT (Supervised Fine-Tuning): the primary path."""

from collections.abc import Mapping
from typing import Any

from ..knowledge.evidence import Query
from .approach import DEPENDS_ON, advise_approach, approach_chosen
from .query_values import section_queries
from .section import Advice, Briefing, Section

NODE = "train_with_sft"
APPROACH = "sft"


def advise(briefing: Briefing) -> Advice:
    """Recommend this path, with what it rests on."""
    return advise_approach(briefing, APPROACH)


def queries(briefing: Briefing) -> list[Query]:
    """The path's own queries."""
    return section_queries(NODE, briefing)


def consequences(briefing: Briefing, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Keep the choice, or lead on to the path that was chosen instead."""
    return approach_chosen(briefing, fields, APPROACH)


SECTION = Section(
    node=NODE,
    number="5A",
    title="SFT (Supervised Fine-Tuning)",
    advise=advise,
    queries=queries,
    consequences=consequences,
    depends_on=DEPENDS_ON,
)
