"""From an answer to the next state of the draft: more to ask, the whole to confirm, or settled."""

from typing import Any

from ..facilitation.protocol import Interpretation
from ..fields import Field
from ..interrupts import Question, Recommendation, Reply
from ..sections.section import Briefing, Section
from ..state import SectionState
from ..texts import text
from .draft import missing, settles_at_once, with_defaults, with_recommendations
from .wording import question_again, shown


def advance(
    section: Section,
    state: SectionState,
    briefing: Briefing,
    question: Question,
    reply: Reply,
    understood: Interpretation,
) -> dict[str, Any]:
    """Take the answer into the draft and say what follows.

    Valid values are kept whatever else is wrong; a section with fields left over shows the whole once and asks for
    its confirmation; a program's incomplete fields are asked for again unless it accepts the recommendations.
    """
    draft = {**state.get("draft", {}), **understood.fields}
    by_user = list(dict.fromkeys([*state.get("by_user", []), *understood.fields]))
    question, recommended = advised_again(section, briefing, question, {name: draft[name] for name in by_user})
    draft, defaulted = with_defaults(draft, question.fields, question.recommended, understood.unknown)
    notes = [*understood.notes, *unknown_notes(question, draft, defaulted, understood.unknown)]
    update: dict[str, Any] = {
        "draft": draft,
        "by_user": by_user,
        "defaulted": [*state.get("defaulted", []), *(field.name for field in defaulted)],
        "recommended": {name: item.model_dump() for name, item in recommended.items()},
    }
    typed = reply.text is not None
    if typed or understood.accept_rest:
        filled = with_recommendations(draft, question.fields, question.recommended)
    else:
        optional = [field for field in question.fields if not field.required]
        filled = with_recommendations(draft, optional, question.recommended)
    problems = [*understood.problems, *section.review(briefing, filled).problems]
    if problems:
        wrong = {problem.field for problem in problems}
        kept = {name: value for name, value in draft.items() if name not in wrong}
        update |= {"draft": kept, "by_user": [name for name in by_user if name in kept]}
        return update | again(question, kept, [*notes, *(problem.message for problem in problems)])
    lacking = missing(filled, question.fields)
    if lacking:
        return update | again(question, draft, [*notes, needs(lacking)])
    if understood.question:
        return update | {"outcome": "answer", "user_question": understood.question}
    if not typed or (not understood.unknown and settles_at_once(understood, question.fields)):
        return update | {"draft": filled} | finish(section, state, briefing, filled)
    whole = "\n\n".join([*notes, text("dialogue", "whole"), shown(question.fields, filled)])
    return update | {"notice": whole, "confirming": "whole", "outcome": "ask"}


def advised_again(
    section: Section, briefing: Briefing, question: Question, told: dict[str, Any]
) -> tuple[Question, dict[str, Recommendation]]:
    """The question with advice that follows what the user has said so far."""
    followed = briefing.with_answers(section.node, told)
    recommended = dict(section.advise(followed).recommended)
    fields = section.fields(followed)
    names = {field.name for field in fields}
    current = {name: item for name, item in recommended.items() if name in names and name not in told}
    return question.model_copy(update={"fields": fields, "recommended": current}), recommended


def finish(section: Section, state: SectionState, briefing: Briefing, filled: dict[str, Any]) -> dict[str, Any]:
    """Settle the draft, unless something unusual in it needs a second, explicit word."""
    confirmed = state.get("confirmed_twice", [])
    for confirmation in section.review(briefing, filled).confirmations:
        if confirmation.topic not in confirmed:
            return {"outcome": "ask", "confirming": confirmation.topic, "notice": confirmation.message}
    return {"outcome": "settled", "confirming": "", "notice": ""}


def second_word(
    state: SectionState, briefing: Briefing, section: Section, understood: Interpretation
) -> dict[str, Any]:
    """The answer to a second confirmation: a yes settles it, a no asks for another value."""
    topic = state["confirming"]
    draft = dict(state["draft"])
    if understood.accept_rest or understood.fields.get("proceed"):
        confirmed = [*state.get("confirmed_twice", []), topic]
        reviewed: SectionState = {**state, "confirmed_twice": confirmed}
        return {"confirmed_twice": confirmed} | finish(section, reviewed, briefing, draft)
    doubtful = [item.field for item in section.review(briefing, draft).confirmations if item.topic == topic]
    labels = [field.label for field in section.fields(briefing) if field.name in doubtful]
    kept = {name: value for name, value in draft.items() if name not in doubtful}
    by_user = [name for name in state.get("by_user", []) if name in kept]
    notice = text("dialogue", "second_no", label=", ".join(labels))
    return {"outcome": "ask", "confirming": "", "draft": kept, "by_user": by_user, "notice": notice}


def again(question: Question, draft: dict[str, Any], notes: list[str]) -> dict[str, Any]:
    """The same question, with what was wrong said first and what was right kept."""
    kept = shown(question.fields, draft)
    parts = [*notes, kept, question_again(question)] if kept else [*notes, question_again(question)]
    return {"outcome": "ask", "confirming": "", "notice": "\n\n".join(parts)}


def needs(lacking: list[Field]) -> str:
    """Which fields are still needed, with an example of the first."""
    names = ", ".join(field.label for field in lacking)
    example = ", ".join(f"{field.label.lower()}: {field.example}" for field in lacking[:2])
    return text("dialogue", "needs", names=names, example=example)


def unknown_notes(question: Question, draft: dict[str, Any], defaulted: list[Field], unknown: list[str]) -> list[str]:
    """What was taken for the fields that the user doesn't know."""
    notes = []
    for field in question.fields:
        if field.name not in unknown:
            continue
        if field in defaulted:
            notes.append(
                text("dialogue", "defaulted", label=field.label, value=field.default, reason=field.default_reason)
            )
        elif draft.get(field.name) is None and field.required:
            notes.append(text("dialogue", "no_default", label=field.label, example=field.example))
        elif field.name in question.recommended:
            advice = question.recommended[field.name]
            notes.append(text("dialogue", "defaulted", label=field.label, value=advice.value, reason=advice.why))
    return notes
