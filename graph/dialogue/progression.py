"""From an answer to the next state of the draft: more to ask, the whole to confirm, or settled."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from ..facilitation.protocol import Interpretation
from ..interrupts import Question, Recommendation, Reply
from ..sections.section import Briefing, Section
from ..state import SectionState
from ..texts import text
from .ask import standing
from .draft import answered, following, missing, settles_at_once, with_defaults, with_recommendations
from .notes import needs, unknown_notes
from .second_word import second_confirmation
from .wording import question_again, shown

FORM: dict[str, Any] = {"outcome": "ask", "confirming": "", "put": ""}
"""Back at the section's own form."""


def advance(
    section: Section,
    state: SectionState,
    briefing: Briefing,
    question: Question,
    reply: Reply,
    understood: Interpretation,
    notes: Sequence[str] = (),
) -> dict[str, Any]:
    """Take the answer into the draft and say what follows.

    Valid values are kept whatever else is wrong; a section with fields left over shows the whole once and asks for
    its confirmation; a program's incomplete fields are asked for again unless it accepts the recommendations.
    """
    question, update, heard = taken_in(section, state, briefing, question, understood)
    draft, said = update["draft"], [*notes, *heard]
    filled = proposal(question, draft, everything=reply.text is not None or understood.accept_rest)
    wrong = [] if understood.problems else section.review(briefing, filled).problems
    if understood.problems or wrong:
        kept = without(draft, [problem.field for problem in wrong])
        update |= {"draft": kept, "by_user": [name for name in update["by_user"] if name in kept]}
        if wrong:
            told = {name: kept[name] for name in update["by_user"]}
            recommended = advised_again(section, briefing, told)
            question = asked_again(section, briefing, question, told, recommended)
            update["recommended"] = {name: item.model_dump() for name, item in recommended.items()}
        said += [item.message for item in [*understood.problems, *wrong]]
        return update | again(question, {**state, **update}, said)
    if lacking := missing(filled, question.fields):
        return update | again(question, {**state, **update}, [*said, needs(lacking)])
    if understood.question and not understood.owner_step:
        return update | FORM | {"outcome": "answer", "user_question": understood.question}
    if understood.owner_step:
        said = [out_of_scope(understood.owner_step), *said]
    elif reply.text is None or (not understood.unknown and settles_at_once(understood, question.fields)):
        return update | {"draft": filled} | finish(section, state, briefing, filled)
    return update | whole(question, filled, said)


def taken_in(
    section: Section, state: SectionState, briefing: Briefing, question: Question, understood: Interpretation
) -> tuple[Question, dict[str, Any], list[str]]:
    """The question with the advice that follows from the answer, the draft with the answer in it, and what to say."""
    draft = {**state.get("draft", {}), **section.canonical(briefing, understood.fields)}
    by_user = list(dict.fromkeys([*state.get("by_user", []), *understood.fields]))
    told = {name: draft[name] for name in by_user if name in draft}
    advised = {name: Recommendation.model_validate(item) for name, item in state.get("recommended", {}).items()}
    # Who says nothing new takes what was shown, even where evidence has come in since.
    recommended = advised_again(section, briefing, told) if understood.fields else advised
    question = asked_again(section, briefing, question, told, recommended)
    draft = following(draft, by_user, state.get("recommended", {}), recommended, question.fields, understood.fields)
    draft, defaulted = with_defaults(draft, question.fields, question.recommended, understood.unknown)
    update = {
        "draft": draft,
        "by_user": by_user,
        "defaulted": [*state.get("defaulted", []), *(field.name for field in defaulted)],
        "recommended": {name: item.model_dump() for name, item in recommended.items()},
    }
    heard = [*understood.notes, *unknown_notes(question, draft, defaulted, understood.unknown)]
    return question, update, heard


def proposal(question: Question, draft: Mapping[str, Any], *, everything: bool) -> dict[str, Any]:
    """The draft as it would be settled: the rest as recommended, or only what may be left open."""
    fields = [field for field in question.fields if everything or not field.required]
    return with_recommendations(draft, fields, question.recommended)


def without(draft: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The draft less the values that were found wrong."""
    return {name: value for name, value in draft.items() if name not in names}


def advised_again(section: Section, briefing: Briefing, told: Mapping[str, Any]) -> dict[str, Recommendation]:
    """The advice that follows what the user has said so far."""
    return dict(section.advise(answered(briefing, section.node, told)).recommended)


def asked_again(
    section: Section,
    briefing: Briefing,
    question: Question,
    told: Mapping[str, Any],
    recommended: Mapping[str, Recommendation],
) -> Question:
    """The question with the fields and the advice that follow what the user has said so far."""
    fields = section.fields(answered(briefing, section.node, told))
    names = {field.name for field in fields}
    current = {name: item for name, item in recommended.items() if name in names and name not in told}
    return question.model_copy(update={"fields": fields, "recommended": current})


def finish(section: Section, state: SectionState, briefing: Briefing, filled: dict[str, Any]) -> dict[str, Any]:
    """Settle the draft, unless something unusual in it needs a second, explicit word."""
    doubt = second_confirmation(section, briefing, filled, state.get("confirmed_twice", []))
    if doubt is not None:
        return {"outcome": "ask", "confirming": doubt.topic, "put": doubt.message, "notice": doubt.message}
    return {"outcome": "settled", "confirming": "", "put": "", "notice": ""}


def whole(question: Question, filled: Mapping[str, Any], said: Sequence[str]) -> dict[str, Any]:
    """Everything as it would be settled, for one confirmation."""
    put = f"{text('dialogue', 'whole')}\n\n{shown(question.fields, filled)}"
    return {"outcome": "ask", "confirming": "whole", "put": put, "notice": "\n\n".join([*said, put])}


def again(question: Question, state: Mapping[str, Any], said: Sequence[str]) -> dict[str, Any]:
    """The same question, with what was wrong said first and what was right kept in its form."""
    stands = standing(cast("SectionState", state), question.fields)
    asked = question_again(question.model_copy(update={"recommended": stands}))
    return {**FORM, "notice": "\n\n".join([*said, asked])}


def out_of_scope(step: int | None) -> str:
    """What is said on a matter that another step owns."""
    return text("dialogue", f"out_of_scope_{step}" if step in (6, 8) else "out_of_scope_other")
