"""Interpret: what a reply means, and what has to happen next. It takes no decision; it records what the user said."""

from typing import Any

from ..facilitation.parsing import interpret_fields
from ..facilitation.protocol import Interpretation
from ..interrupts import Question, Reply
from ..nodes import AsyncSectionNode
from ..sections.section import Briefing, Section
from ..state import SectionState
from ..texts import text
from .ask import failure_question, pending_question
from .briefing import brief
from .commands import COMMANDS
from .progression import advance, second_word
from .tools import Tools
from .wording import question_again


def interpret(section: Section, tools: Tools) -> AsyncSectionNode:
    """The node that reads the reply to the section's question."""

    async def read_answer(state: SectionState) -> dict[str, Any]:
        briefing = brief(state, tools.catalogue, section.node)
        question = pending_question(section, state, briefing)
        reply = Reply.model_validate(state["reply"])
        understood = await understand(reply, question, tools)
        update = respond(section, state, briefing, question, reply, understood)
        update["turns"] = [turn(section, question, reply, understood)]
        return update

    return read_answer


def interpret_failure(section: Section, tools: Tools) -> AsyncSectionNode:
    """The node that reads the reply to the question about a failing knowledge base."""

    async def read_answer(state: SectionState) -> dict[str, Any]:
        question = failure_question(section, state)
        reply = Reply.model_validate(state["reply"])
        understood = await understand(reply, question, tools)
        action = understood.fields.get("action")
        turns = [turn(section, question, reply, understood)]
        if action == "retry":
            return {"outcome": state["failed_in"], "notice": "", "turns": turns}
        if action == "continue":
            without = state["failed_in"] == "consult"
            notice = "" if without else text("dialogue", "answered_no_evidence")
            following = "advise" if without else "ask"
            return {"outcome": following, "without_evidence": without, "failure": "", "notice": notice, "turns": turns}
        key = "failure_stopped" if action == "stop" else "failure_unclear"
        asked = text("dialogue", "knowledge_failure", reason=state["failure"])
        return {"outcome": "ask_about_failure", "notice": f"{text('dialogue', key)}\n\n{asked}", "turns": turns}

    return read_answer


async def understand(reply: Reply, question: Question, tools: Tools) -> Interpretation:
    """A reply in any form as one interpretation."""
    if reply.text is not None:
        return await tools.facilitator.interpret(reply.text, question)
    return interpret_fields(reply.fields or {}, question, reply.accept_recommended, reply.findings)


def respond(
    section: Section,
    state: SectionState,
    briefing: Briefing,
    question: Question,
    reply: Reply,
    understood: Interpretation,
) -> dict[str, Any]:
    """What follows from the interpretation; whatever isn't a valid answer puts the same question again."""
    update: dict[str, Any] = {"outcome": "ask", "failure": ""}
    if understood.findings:
        update |= settled_findings(briefing, understood.findings)
    if understood.kind == "command":
        return update | COMMANDS[understood.command or "help"](section, state, briefing, question, understood)
    if understood.kind == "out_of_scope":
        key = f"out_of_scope_{understood.owner_step}" if understood.owner_step in (6, 8) else "out_of_scope_other"
        return update | {"notice": _with_question(text("dialogue", key), question)}
    if understood.kind == "unclear":
        problems = [problem.message for problem in understood.problems]
        said = "\n".join(problems) or text("dialogue", "unclear", said=_short(reply), example=example_of(question))
        return update | {"notice": _with_question(said, question)}
    if state.get("confirming", "") not in ("", "whole"):
        return update | second_word(state, briefing, section, understood)
    if understood.kind == "question":
        return update | {"outcome": "answer", "user_question": understood.question or reply.text or ""}
    return update | advance(section, state, briefing, question, reply, understood)


def settled_findings(briefing: Briefing, settlements: dict[str, str]) -> dict[str, Any]:
    """Findings that the user settles in passing."""
    updates, notices = {}, []
    for key, settlement in settlements.items():
        finding = briefing.findings.get(key.upper())
        if finding is None:
            notices.append(text("dialogue", "unknown_finding", id=key))
            continue
        updates[finding.id] = finding.model_copy(update={"status": "settled", "settlement": settlement}).model_dump()
        notices.append(text("dialogue", "settled_finding", id=finding.id, settlement=settlement))
    return {"findings": updates, "notice": "\n".join(notices)}


def turn(section: Section, question: Question, reply: Reply, understood: Interpretation) -> dict[str, Any]:
    """One exchange as the run remembers it."""
    return {
        "node": section.node,
        "section": section.number,
        "question_key": question.question_key,
        "message": question.message,
        "reply": reply.model_dump(exclude_defaults=True),
        "understood": understood.model_dump(exclude_defaults=True),
    }


def example_of(question: Question) -> str:
    """What a person could type, from the question's own fields."""
    if len(question.fields) == 1:
        return question.fields[0].example
    asked = [field for field in question.fields if field.required][:2]
    return ", ".join(f"{field.label.lower()}: {field.example}" for field in asked)


def _short(reply: Reply) -> str:
    said = " ".join((reply.text or "").split())
    return said if len(said) <= 60 else f"{said[:57]}…"


def _with_question(said: str, question: Question) -> str:
    return f"{said}\n\n{question_again(question)}"
