"""One turn of a section, for facilitators that look beyond the question, and what it leaves with the run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..knowledge.evidence import Answer
from ..sections.section import Briefing, Section


def unheard(_: dict[str, Any]) -> None:
    """Where nobody listens."""


@dataclass
class Turn:
    """What an operation may look at beyond its own arguments, and what it leaves behind; one for each call."""

    section: Section
    briefing: Briefing
    order: list[str] = field(default_factory=list)
    """The ids of all evidence of the run in the order of their labels; new evidence is appended."""
    documents: Mapping[str, str] = field(default_factory=dict)
    """Documents that a parent supplied, by path; without them they are read from the project folder."""
    emit: Callable[[dict[str, Any]], None] = unheard
    """Takes events for whoever listens, such as a token as it arrives."""

    notices: list[str] = field(default_factory=list)
    """What the user is told of how the turn went, one line each."""
    answers: list[Answer] = field(default_factory=list)
    """What the facilitator itself asked of the knowledge base."""
    usage: list[dict[str, Any]] = field(default_factory=list)
    """What each operation took: node, operation, calls, tokens, `cost_usd` where reported, `failed` where it did."""
    grounding: list[dict[str, Any]] = field(default_factory=list)
    """For each text: node, operation, removed_citations, unverified_figures."""

    def label(self, evidence_id: str) -> str:
        """The label of a piece of evidence; a new piece gets the next one."""
        if evidence_id not in self.order:
            self.order.append(evidence_id)
        return f"K{self.order.index(evidence_id) + 1}"

    def labels(self) -> frozenset[str]:
        """All labels that may be cited: this section's evidence, what decisions rest on, and what was asked now."""
        recorded = {
            label for record in self.briefing.records.values() for labels in record.get("evidence", {}).values()
            for label in labels
        }  # fmt: skip
        asked = {self.label(result.id) for answer in self.answers for result in answer.results}
        return frozenset({*self.briefing.evidence, *recorded, *asked})
