"""The guided facilitator: deterministic texts, forms and parsers; no language model."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..dialogue.briefing import in_order
from ..dialogue.wording import changes, form
from ..findings import Finding
from ..interrupts import Question
from ..knowledge.evidence import Evidence
from ..project.facts import ProjectContext
from ..sections.section import Advice, Briefing, Section
from ..texts import render, text
from .citations import cited_by_label, sources
from .parsing import interpret_text
from .parsing.earlier import called_wrong, read_corrections
from .protocol import Interpretation, Problem
from .shown_values import shown_values
from .turn import Turn

WHOLE_DESIGN = "document_decisions"
"""Where any decided value may be named, since all of them are to be confirmed."""


class GuidedFacilitator:
    """Words advice from templates and understands replies by rules."""

    async def advise(
        self,
        section: Section,
        briefing: Briefing,
        advice: Advice,
        findings: Sequence[Finding],
        changed: Mapping[str, tuple[Any, Any]],
        turn: Turn | None = None,  # noqa: ARG002
    ) -> str:
        """The section's template, then what changed, the findings, the form, the question and the cited sources."""
        return self.framed(self.reasons(section, briefing, advice), section, briefing, advice, findings, changed)

    def reasons(self, section: Section, briefing: Briefing, advice: Advice) -> str:
        """The section's own text: the specification's words and tables, with the calculations."""
        return render(
            f"sections/{section.node}.md.j2",
            context=briefing.context,
            get=briefing.get,
            shown=shown_values(briefing),
            advice=advice,
            recommended=advice.recommended,
            evidence=briefing.evidence,
            without_evidence=briefing.without_evidence,
            **advice.view,
        )

    def framed(
        self,
        reasons: str,
        section: Section,
        briefing: Briefing,
        advice: Advice,
        findings: Sequence[Finding],
        changed: Mapping[str, tuple[Any, Any]],
    ) -> str:
        """Reasons, whoever gave them, with what no model ever words: changes, findings, form and question."""
        parts = [reasons]
        if changed:
            parts.insert(0, render("changed.md.j2", changed=changes(changed)))
        if findings:
            parts.append(render("findings.md.j2", findings=list(findings)))
        if section.asks and section.kind == "question":
            recommended = cited_by_label(advice.recommended, briefing.evidence)
            parts.append(form(section.fields(briefing), recommended))
        said = "\n\n".join(part for part in parts if part)
        footer = sources(said, briefing.evidence)
        asked = text("questions", section.node) if section.asks else ""
        return "\n\n".join(part for part in (said, footer, asked) if part)

    async def interpret(self, reply: str, question: Question, turn: Turn | None = None) -> Interpretation:
        """What a typed reply means, by rules; what they don't cover is unclear and asked again."""
        understood = interpret_text(reply, question)
        if turn is None or understood.kind not in ("answer", "unclear"):
            return understood
        records = in_order(turn.briefing.records)
        if question.kind == "question":
            return with_corrections(understood, reply, question, records)
        if question.question_key != WHOLE_DESIGN:
            return understood
        if corrections := read_corrections(reply, records):
            return Interpretation(kind="answer", corrections=corrections)
        if doubted := called_wrong(reply, records):
            return Interpretation(kind="unclear", problems=doubted)
        if understood.kind == "unclear" and understood.problems:
            message = text("dialogue", "confirm_or_change")
            return Interpretation(kind="unclear", problems=[Problem(field="confirm", message=message)])
        return understood

    async def extract(
        self,
        context: ProjectContext,
        documents: Mapping[str, str],  # noqa: ARG002
    ) -> tuple[ProjectContext, list[dict[str, Any]]]:
        """Nothing more than the rules have found when the project was loaded."""
        return context, []

    async def read_critically(
        self,
        section: Section,  # noqa: ARG002
        briefing: Briefing,  # noqa: ARG002
        advice: Advice,  # noqa: ARG002
        turn: Turn,  # noqa: ARG002
    ) -> list[Finding]:
        """Nothing: rules compare, and what they can compare is raised without a facilitator."""
        return []

    async def answer(
        self,
        asked: str,
        question: Question,  # noqa: ARG002
        evidence: Mapping[str, Evidence],
        turn: Turn | None = None,  # noqa: ARG002
    ) -> str:
        """The passages of the knowledge base that come nearest, quoted and cited."""
        if not evidence:
            return text("dialogue", "answered_no_evidence")
        return render("answer.md.j2", asked=" ".join(asked.split()), evidence=evidence)


def with_corrections(
    understood: Interpretation, reply: str, question: Question, records: Mapping[str, Mapping[str, Any]]
) -> Interpretation:
    """The reading of a reply, with what it changes by name in earlier sections where this one has no such field."""
    names = {field.name for field in question.fields}
    foreign = [problem for problem in understood.problems if problem.field and problem.field not in names]
    if not foreign and (understood.kind == "answer" or understood.problems):
        return understood
    if corrections := read_corrections(reply, records, question.fields):
        kept = [problem for problem in understood.problems if problem not in foreign]
        return understood.model_copy(update={"kind": "answer", "corrections": corrections, "problems": kept})
    doubted = called_wrong(reply, records)
    return understood.model_copy(update={"problems": doubted}) if doubted and not foreign else understood
