"""The commands that a person may type at any question: why, back, progress, help, evidence, sections, findings."""

from collections.abc import Callable, Mapping
from typing import Any

from ..facilitation.protocol import Interpretation
from ..interrupts import Question
from ..knowledge.evidence import Evidence
from ..sections.section import Briefing, Section
from ..state import SectionState
from ..texts import render, text
from .overview import overview
from .returning import previous_asking
from .wording import question_again

Command = Callable[[Section, SectionState, Briefing, Question, Interpretation], dict[str, Any]]


def why(
    _: Section, __: SectionState, briefing: Briefing, question: Question, understood: Interpretation
) -> dict[str, Any]:
    """The reasons behind the recommendations, with the evidence itself."""
    asked = understood.argument.casefold()
    chosen = [
        field
        for field in question.fields
        if field.name in question.recommended
        and (not asked or asked in (field.name.casefold(), field.label.casefold()) or asked in field.aliases)
    ] or [field for field in question.fields if field.name in question.recommended]
    labels = [label for field in chosen for label in question.recommended[field.name].evidence]
    evidence = {label: briefing.evidence[label] for label in labels if label in briefing.evidence}
    said = render("why.md.j2", fields=chosen, recommended=question.recommended, evidence=evidence)
    return {"notice": f"{said}\n\n{question_again(question)}"}


def evidence(
    _: Section, __: SectionState, briefing: Briefing, question: Question, ___: Interpretation
) -> dict[str, Any]:
    """Everything that the knowledge base brought for this section."""
    said = render("evidence.md.j2", evidence=by_label(briefing.evidence))
    return {"notice": f"{said}\n\n{question_again(question)}"}


def by_label(evidence: Mapping[str, Evidence]) -> dict[str, Evidence]:
    """Evidence in the order of its labels."""
    return dict(sorted(evidence.items(), key=lambda item: int(item[0][1:])))


def back(section: Section, state: SectionState, _: Briefing, question: Question, __: Interpretation) -> dict[str, Any]:
    """To the previous section that asks; from the first one there is none."""
    if section.node == "entry_checkpoint":
        return {"notice": f"{text('dialogue', 'no_way_back')}\n\n{question_again(question)}"}
    if state.get("confirming"):
        return {"notice": question_again(question), "confirming": ""}
    target = previous_asking(section.node, state.get("sections", {}))
    return {"outcome": "back", "goto": target, "revisit": target}


def progress(
    section: Section, state: SectionState, _: Briefing, question: Question, __: Interpretation
) -> dict[str, Any]:
    """Where the conversation is, section by section."""
    records = state.get("sections", {})
    said = render("progress.md.j2", sections=overview(records), current=section.node)
    return {"notice": f"{said}\n\n{question_again(question)}"}


def findings(
    _: Section, __: SectionState, briefing: Briefing, question: Question, ___: Interpretation
) -> dict[str, Any]:
    """All findings, open and settled."""
    said = render("findings.md.j2", findings=list(briefing.findings.values()))
    return {"notice": f"{said}\n\n{question_again(question)}"}


def help_(_: Section, __: SectionState, ___: Briefing, question: Question, ____: Interpretation) -> dict[str, Any]:
    """What can be typed here."""
    return {"notice": f"{render('help.md.j2', question=question)}\n\n{question_again(question)}"}


COMMANDS: dict[str, Command] = {
    "why": why,
    "evidence": evidence,
    "sources": evidence,
    "back": back,
    "progress": progress,
    "sections": progress,
    "findings": findings,
    "help": help_,
}
"""Every command by name; a driver's own commands, such as quit, never reach the graph."""
