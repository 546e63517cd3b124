"""Interpret: what a reply means, and what has to happen next. It takes no decision; it records what the user said."""

from typing import Any

from ..facilitation.parsing import interpret_fields
from ..facilitation.parsing.text import one_line
from ..facilitation.protocol import Interpretation
from ..facilitation.turn import Turn
from ..interrupts import Question, Reply
from ..nodes import AsyncSectionNode
from ..sections.section import Briefing, Section
from ..state import SectionState
from ..texts import text
from .ask import doubted, pending_question
from .briefing import brief
from .commands import COMMANDS
from .corrections import TOPIC, after_offer, offer
from .progression import advance, again, finish, out_of_scope
from .second_word import second_word
from .settled_findings import settled_findings
from .tools import Tools
from .turns import begin, left_by, tell
from .wording import put_again


def interpret(section: Section, tools: Tools) -> AsyncSectionNode:
    """The node that reads the reply to the section's question."""

    async def read_answer(state: SectionState) -> dict[str, Any]:
        briefing = brief(state, tools.catalogue, section.node)
        question = pending_question(section, state, briefing)
        reply = Reply.model_validate(state["reply"])
        current = begin(section, state, briefing)
        understood = await understand(reply, question, tools, current)
        tell(current)
        update = respond(section, state, briefing, question, reply, understood)
        update["turns"] = [turn(section, question, reply, understood)]
        return update | left_by(current, [])

    return read_answer


async def understand(reply: Reply, question: Question, tools: Tools, current: Turn | None = None) -> Interpretation:
    """A reply in any form as one interpretation."""
    if reply.verdict and question.kind == "confirm":
        return Interpretation(kind="answer", fields={question.fields[0].name: reply.verdict == "approve"})
    if reply.text is not None:
        return await tools.facilitator.interpret(reply.text, question, current)
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
    notes: list[str] = []
    if understood.findings:
        update["findings"], notes = settled_findings(briefing.findings, understood.findings)
    if understood.kind == "command":
        return update | COMMANDS[understood.command or "help"](section, state, briefing, question, understood)
    if understood.kind == "question":
        return update | {"outcome": "answer", "user_question": understood.question or reply.text or ""}
    if understood.kind == "out_of_scope":
        notes.append(out_of_scope(understood.owner_step))
    elif understood.kind == "unclear":
        problems = "\n".join(problem.message for problem in understood.problems)
        notes.append(problems or text("dialogue", "unclear", said=_short(reply), example=example_of(question)))
    elif understood.unsure and question.kind == "confirm":
        notes.append(text("model", "plain_word"))
    elif state.get("confirming") == TOPIC:
        return update | after_offer(section, state, briefing, question, understood)
    elif understood.corrections:
        return update | offer(state, understood)
    elif doubted(state):
        return update | after_doubt(section, state, briefing, question, understood, notes)
    elif not notes or understood.fields or understood.accept_rest or understood.unknown or understood.problems:
        return update | advance(section, state, briefing, question, reply, understood, notes)
    return update | {"notice": "\n\n".join([*notes, put_again(question, state)])}


def after_doubt(
    section: Section,
    state: SectionState,
    briefing: Briefing,
    question: Question,
    understood: Interpretation,
    notes: list[str],
) -> dict[str, Any]:
    """The second word: a yes goes on, a no asks for another value, anything else puts the same question again."""
    word = second_word(state, briefing, section, understood)
    if word is None:
        said = notes or [text("dialogue", "second_unclear")]
        return {"notice": "\n\n".join([*said, put_again(question, state)])}
    if "confirmed_twice" in word:
        return word | finish(section, {**state, "confirmed_twice": word["confirmed_twice"]}, briefing, state["draft"])
    draft, by_user = word["draft"], word["by_user"]
    after: SectionState = {**state, "confirming": "", "put": "", "notice": "", "draft": draft, "by_user": by_user}
    return word | again(pending_question(section, after, briefing), after, [*notes, word["notice"]])


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
    """What a person could type, from the question's own fields: first those that nothing stands for yet."""
    if len(question.fields) == 1:
        return question.fields[0].example
    asked = [field for field in question.fields if field.required]
    lacking = [field for field in asked if field.name not in question.recommended]
    return ", ".join(f"{field.called}: {field.example}" for field in (lacking or asked)[:2])


def _short(reply: Reply) -> str:
    said = one_line(reply.text or "")
    return said if len(said) <= 60 else f"{said[:57]}…"
