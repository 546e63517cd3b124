"""The protocol of facilitation: advise, interpret, answer. Guided and model-backed facilitators implement it."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from ..findings import Finding
from ..interrupts import Question
from ..knowledge.evidence import Evidence
from ..sections.section import Advice, Briefing, Section
from .protocol import Interpretation


class Facilitator(Protocol):
    """Words things and understands people; it decides no figure and takes no decision."""

    async def advise(
        self,
        section: Section,
        briefing: Briefing,
        advice: Advice,
        findings: Sequence[Finding],
        changed: Mapping[str, tuple[Any, Any]],
    ) -> str:
        """Reasons first, then the recommendation, as Markdown; each figure names its source."""
        ...

    async def interpret(self, reply: str, question: Question) -> Interpretation:
        """What a typed reply means for the pending question."""
        ...

    async def answer(self, asked: str, question: Question, evidence: Mapping[str, Evidence]) -> str:
        """An answer to a free question from evidence, with citations, as Markdown."""
        ...
