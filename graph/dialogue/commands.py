"""The commands that a person may type at any question: why, back, progress, help, evidence, sections, findings."""

from collections.abc import Callable, Mapping
from typing import Any

from ..facilitation.protocol import Interpretation
from ..interrupts import Question
from ..knowledge.evidence import Evidence
from ..sections.section import Briefing, Section
from ..state import SectionState
from ..texts import render, text
from .ask import pending_question
from .consult import announce
from .draft import left_open
from .overview import overview
from .returning import previous_asking
from .why import why
from .wording import put_again, question_again

Command = Callable[[Section, SectionState, Briefing, Question, Interpretation], dict[str, Any]]


def evidence(
    _: Section, state: SectionState, briefing: Briefing, question: Question, __: Interpretation
) -> dict[str, Any]:
    """Everything that the knowledge base brought for this section."""
    said = render("evidence.md.j2", evidence=by_label(briefing.evidence))
    return {"notice": f"{said}\n\n{put_again(question, state)}"}


def by_label(evidence: Mapping[str, Evidence]) -> dict[str, Evidence]:
    """Evidence in the order of its labels."""
    return dict(sorted(evidence.items(), key=lambda item: int(item[0][1:])))


def back(
    section: Section, state: SectionState, briefing: Briefing, question: Question, _: Interpretation
) -> dict[str, Any]:
    """From a confirmation to the form; from the form to the previous section that asks; from the first one nowhere.

    What the user had set in a section that isn't confirmed yet stays with it as a draft.
    """
    if state.get("confirming"):
        form: SectionState = {**state, "confirming": "", "put": ""}
        return {"confirming": "", "put": "", "notice": form_of(section, form, briefing)}
    if section.node == "entry_checkpoint":
        return {"notice": f"{text('dialogue', 'no_way_back')}\n\n{put_again(question, state)}"}
    target = previous_asking(section.node, state.get("sections", {}))
    update: dict[str, Any] = {"outcome": "back", "goto": target, "revisit": target}
    draft = {name: state["draft"][name] for name in state.get("by_user", []) if name in state.get("draft", {})}
    if draft and not state.get("sections", {}).get(section.node, {}).get("confirmed"):
        update["sections"] = {section.node: unconfirmed(draft)}
    return update


def form_of(section: Section, state: SectionState, briefing: Briefing) -> str:
    """The section's own form with the draft in it."""
    return question_again(pending_question(section, {**state, "notice": ""}, briefing))


def unconfirmed(draft: Mapping[str, Any]) -> dict[str, Any]:
    """A record that holds what the user said so far, and decides nothing."""
    record = {"fields": dict(draft), "origins": dict.fromkeys(draft, "user"), "confirmed": False}
    return record | ({"open": names} if (names := left_open(draft)) else {})


def progress(
    section: Section, state: SectionState, _: Briefing, question: Question, __: Interpretation
) -> dict[str, Any]:
    """Where the conversation is, section by section."""
    records = state.get("sections", {})
    said = render("progress.md.j2", sections=overview(records, section.node), current=section.node)
    return {"notice": f"{said}\n\n{put_again(question, state)}"}


def findings(
    _: Section, state: SectionState, briefing: Briefing, question: Question, __: Interpretation
) -> dict[str, Any]:
    """All findings, open and settled."""
    said = render("findings.md.j2", findings=list(briefing.findings.values()))
    return {"notice": f"{said}\n\n{put_again(question, state)}"}


def help_(_: Section, state: SectionState, __: Briefing, question: Question, ___: Interpretation) -> dict[str, Any]:
    """What can be typed here."""
    return {"notice": f"{render('help.md.j2', question=question)}\n\n{put_again(question, state)}"}


def about(
    section: Section, state: SectionState, briefing: Briefing, question: Question, __: Interpretation
) -> dict[str, Any]:
    """Who speaks, what this step is for, and what the pending question wants."""
    said = render("about.md.j2", question=question, use_case=briefing.get("use_case"), asking=section.node)
    return {"notice": f"{said}\n\n{put_again(question, state)}"}


def leave(_: Section, state: SectionState, __: Briefing, question: Question, ___: Interpretation) -> dict[str, Any]:
    """The user wants to stop here: whoever drives the graph is told, and the question stays."""
    announce({"event": "leave"})
    return {"notice": f"{text('dialogue', 'leaving')}\n\n{put_again(question, state)}"}


COMMANDS: dict[str, Command] = {
    "why": why,
    "evidence": evidence,
    "sources": evidence,
    "back": back,
    "progress": progress,
    "sections": progress,
    "findings": findings,
    "help": help_,
    "about": about,
    "quit": leave,
}
"""Every command by name."""
