"""The protocol of facilitation: read critically, advise, interpret, answer; guided and model-backed."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from ..findings import Finding
from ..interrupts import Question
from ..knowledge.evidence import Evidence
from ..project.facts import ProjectContext
from ..sections.section import Advice, Briefing, Section
from .protocol import Interpretation
from .turn import Turn


class Facilitator(Protocol):
    """Words things and understands people; it decides no figure and takes no decision."""

    async def extract(
        self, context: ProjectContext, documents: Mapping[str, str]
    ) -> tuple[ProjectContext, list[dict[str, Any]]]:
        """The context with what a reading of the documents adds to its facts, and what that took."""
        ...

    async def read_critically(self, section: Section, briefing: Briefing, advice: Advice, turn: Turn) -> list[Finding]:
        """Contradictions, gaps and risks that reading documents, decisions and evidence brings, before the question.

        At most three, the most consequential first, each with grounds that exist; without ids, which the run gives.
        """
        ...

    async def advise(
        self,
        section: Section,
        briefing: Briefing,
        advice: Advice,
        findings: Sequence[Finding],
        changed: Mapping[str, tuple[Any, Any]],
        turn: Turn | None = None,
    ) -> str:
        """Reasons first, then the recommendation, as Markdown; each figure names its source."""
        ...

    async def interpret(self, reply: str, question: Question, turn: Turn | None = None) -> Interpretation:
        """What a typed reply means for the pending question."""
        ...

    async def answer(
        self, asked: str, question: Question, evidence: Mapping[str, Evidence], turn: Turn | None = None
    ) -> str:
        """An answer to a free question from evidence, with citations, as Markdown."""
        ...
