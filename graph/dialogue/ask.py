"""Ask: one interrupt and nothing else, so that a resumed node repeats nothing."""

from collections.abc import Mapping, Sequence
from typing import Any

from langgraph.types import interrupt

from ..facilitation.parsing import format_value
from ..fields import Field, fields_of
from ..interrupts import Progress, Question, Recommendation, Resume, read_reply
from ..nodes import AsyncSectionNode
from ..sections.order import ASKING, PATH_NODES
from ..sections.section import Briefing, Section
from ..state import SectionState
from ..texts import text
from .briefing import brief
from .draft import answered
from .tools import Tools


def ask(section: Section, tools: Tools) -> AsyncSectionNode:
    """The node that puts the section's question and takes the reply."""

    async def put_question(state: SectionState) -> dict[str, Any]:
        question = pending_question(section, state, brief(state, tools.catalogue, section.node))
        resume = interrupt(question.payload(), response_schema=Resume)
        return {"reply": read_reply(resume).model_dump()}

    return put_question


def ask_about_failure(section: Section) -> AsyncSectionNode:
    """The node that asks what to do when the knowledge base could not be consulted."""

    async def put_question(state: SectionState) -> dict[str, Any]:
        resume = interrupt(failure_question(section, state).payload(), response_schema=Resume)
        return {"reply": read_reply(resume).model_dump()}

    return put_question


def pending_question(section: Section, state: SectionState, briefing: Briefing) -> Question:
    """The question as it stands: the advice first, then whatever the last reply made necessary."""
    if doubted(state):
        return second_question(section, state)
    fields = section.fields(answered(briefing, section.node, state.get("draft", {})))
    return Question(
        kind=section.kind,
        question_key=section.node,
        section=section.number,
        title=section.title,
        message=state.get("notice") or state.get("advice", ""),
        fields=fields,
        recommended=standing(state, fields),
        progress=progress_of(state, section),
    )


def doubted(state: SectionState) -> bool:
    """Whether something unusual in the draft awaits a second, explicit word."""
    return state.get("confirming", "") not in ("", "whole")


def second_question(section: Section, state: SectionState) -> Question:
    """The second confirmation of something unusual: a yes or a no, and nothing recommended."""
    (field,) = fields_of("entry_checkpoint")
    return Question(
        kind="confirm",
        question_key=f"{section.node}.confirm",
        section=section.number,
        title=section.title,
        message=state.get("notice") or state.get("put", ""),
        fields=(field.model_copy(update={"label": text("dialogue", "second_label"), "example": "yes"}),),
        progress=progress_of(state, section),
    )


def standing(state: SectionState, fields: tuple[Field, ...]) -> dict[str, Recommendation]:
    """What "ok" would take now: the draft so far, and the recommendation for the rest."""
    recommended = {name: Recommendation.model_validate(item) for name, item in state.get("recommended", {}).items()}
    return with_draft(
        recommended,
        state.get("draft", {}),
        fields,
        by_user=state.get("by_user", []),
        defaulted=state.get("defaulted", []),
    )


def with_draft(
    recommended: Mapping[str, Recommendation],
    draft: Mapping[str, Any],
    fields: Sequence[Field],
    *,
    by_user: Sequence[str],
    defaulted: Sequence[str] = (),
) -> dict[str, Recommendation]:
    """The recommendations with what has been said already in their place, naming what it stands in place of."""
    found = {field.name: recommended[field.name] for field in fields if field.name in recommended}
    for field in fields:
        advised = found.get(field.name)
        if field.name not in draft or (advised is not None and advised.value == draft[field.name]):
            continue
        key = "decided_before"
        if field.name in by_user:
            key = "your_value"
        elif field.name in defaulted:
            key = "taken_as_default"
        why = text("dialogue", key)
        if advised is not None and field.type != "boolean":
            why = text("dialogue", "instead_of", why=why, value=format_value(field, advised.value))
        found[field.name] = Recommendation(value=draft[field.name], why=why, origin="user")
    return found


def failure_question(section: Section, state: SectionState) -> Question:
    """The question of a failing knowledge base: try again, go on without evidence, or stop here."""
    return Question(
        kind="failure",
        question_key="knowledge_failure",
        section=section.number,
        title=section.title,
        message=state.get("notice") or text("dialogue", "knowledge_failure", reason=state["failure"]),
        fields=fields_of("knowledge_failure"),
        progress=progress_of(state, section),
    )


def progress_of(state: Mapping[str, Any], section: Section) -> Progress:
    """How many asking sections are done, of those on a straight way through."""
    confirmed = [node for node, record in state.get("sections", {}).items() if record.get("confirmed")]
    done = len({_stage(node) for node in confirmed if node in ASKING} - {_stage(section.node)})
    return Progress(done=done, of=len({_stage(node) for node in ASKING}))


def _stage(node: str) -> str:
    """The four path nodes are one stage of the way."""
    return "path" if node in PATH_NODES else node
