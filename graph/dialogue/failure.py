"""When the knowledge base could not be consulted: what the user wants done about it."""

from typing import Any

from ..facilitation.protocol import Interpretation
from ..interrupts import Reply
from ..nodes import AsyncSectionNode
from ..sections.section import Section
from ..state import SectionState
from ..texts import text
from .ask import failure_question, pending_question
from .briefing import brief
from .commands import COMMANDS
from .interpret import turn, understand
from .tools import Tools
from .wording import put_again


def interpret_failure(section: Section, tools: Tools) -> AsyncSectionNode:
    """The node that reads the reply to the question about a failing knowledge base."""

    async def read_answer(state: SectionState) -> dict[str, Any]:
        question = failure_question(section, state)
        reply = Reply.model_validate(state["reply"])
        understood = await understand(reply, question, tools)
        update = await respond_to_failure(section, state, tools, understood)
        return {**update, "turns": [turn(section, question, reply, understood)]}

    return read_answer


async def respond_to_failure(
    section: Section, state: SectionState, tools: Tools, understood: Interpretation
) -> dict[str, Any]:
    """Try again, go on without evidence, go back, or stay at this question."""
    action = understood.fields.get("action")
    if action == "retry":
        return {"outcome": state["failed_in"], "notice": ""}
    if action == "continue" and state["failed_in"] == "consult":
        return {"outcome": "advise", "without_evidence": True, "failure": "", "notice": ""}
    briefing = brief(state, tools.catalogue, section.node)
    if action == "continue":
        question = pending_question(section, {**state, "notice": ""}, briefing)
        said = f"{text('dialogue', 'answered_no_evidence')}\n\n{put_again(question, state)}"
        return {"outcome": "ask", "failure": "", "notice": said}
    asked = text("dialogue", "knowledge_failure", reason=state["failure"])
    if understood.kind == "command" and understood.command in ("back", "progress", "sections", "findings"):
        at_failure: SectionState = {**state, "put": asked, "confirming": ""}
        question = failure_question(section, at_failure)
        command = COMMANDS[understood.command](section, at_failure, briefing, question, understood)
        return {"outcome": "ask_about_failure", **command}
    key = "failure_stopped" if action == "stop" else "failure_unclear"
    return {"outcome": "ask_about_failure", "notice": f"{text('dialogue', key)}\n\n{asked}"}
