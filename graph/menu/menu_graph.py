"""11. The menu: it halts after every answer; only C leads on."""

from typing import Any, Literal

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import interrupt

from ..dialogue.answer import answer
from ..dialogue.ask import ask_about_failure, progress_of
from ..dialogue.briefing import brief
from ..dialogue.failure import interpret_failure
from ..dialogue.interpret import turn, understand
from ..dialogue.tools import Tools
from ..dialogue.turns import begin, left_by, tell
from ..fields import Field, fields_of
from ..in_loop import in_loop
from ..interrupts import Question, Reply, Resume, read_reply
from ..nodes import AsyncMenuNode
from ..sections.section import Section
from ..state import MenuInput, MenuState, SectionOutput
from ..texts import text
from .apply_changes import apply_changes
from .choices import respond
from .requery import compare, requery

SECTION = Section(node="present_menu", kind="menu")


def menu_graph(tools: Tools) -> CompiledStateGraph[Any, Any, Any, Any]:
    """The menu as a compiled graph: ask, interpret, and for [Q] query again, compare and apply."""
    graph = StateGraph(MenuState, input_schema=MenuInput, output_schema=SectionOutput)
    graph.add_node("ask", ask)
    graph.add_node("interpret", interpret(tools))
    graph.add_node("answer", answer(SECTION, tools))
    graph.add_node("requery", requery(SECTION, tools))
    graph.add_node("compare", compare(tools))
    graph.add_node("apply_changes", apply_changes(tools))
    graph.add_node("ask_about_failure", ask_about_failure(SECTION))
    graph.add_node("interpret_failure", interpret_failure(SECTION, tools))
    graph.add_edge(START, "ask")
    graph.add_edge("ask", "interpret")
    graph.add_conditional_edges("interpret", in_loop(after_interpreting))
    graph.add_conditional_edges("answer", in_loop(after_answering))
    graph.add_conditional_edges("requery", in_loop(after_requery))
    graph.add_edge("compare", "ask")
    graph.add_edge("apply_changes", END)
    graph.add_edge("ask_about_failure", "interpret_failure")
    graph.add_conditional_edges("interpret_failure", in_loop(after_failure))
    return graph.compile(name=SECTION.node)


async def ask(state: MenuState) -> dict[str, Any]:
    """Put the menu, or the one question that a choice still needs."""
    resume = interrupt(menu_question(state).payload(), response_schema=Resume)
    return {"reply": read_reply(resume).model_dump()}


def menu_question(state: MenuState) -> Question:
    """The menu as it stands."""
    asking = state.get("asking") or "choice"
    key = SECTION.node if asking == "choice" else f"{SECTION.node}.{asking}"
    opening = "\n\n".join(part for part in (state.get("announcement", ""), text("questions", SECTION.node)) if part)
    return Question(
        kind="menu",
        question_key=key,
        section=SECTION.number,
        title=SECTION.title,
        message=state.get("notice") or opening,
        fields=fields_of(key) if asking != "accept" else (line_field(len(state["changes"])),),
        progress=progress_of(state, SECTION),
    )


def line_field(count: int) -> Field:
    """Which lines of the comparison to accept, of so many."""
    (field,) = fields_of(f"{SECTION.node}.accept")
    return field.model_copy(update={"minimum": 1, "maximum": count})


def interpret(tools: Tools) -> AsyncMenuNode:
    """The node that reads the reply to the menu."""

    async def read_choice(state: MenuState) -> dict[str, Any]:
        question = menu_question(state)
        reply = Reply.model_validate(state["reply"])
        current = begin(SECTION, state, brief(state, tools.catalogue, SECTION.node))
        understood = await understand(reply, question, tools, current)
        tell(current)
        update = respond(state, reply, understood)
        turns = [turn(SECTION, question, reply, understood)]
        return {"failure": "", "announcement": "", **update, "turns": turns, **left_by(current, [])}

    return read_choice


def after_interpreting(state: MenuState) -> Literal["ask", "answer", "requery", "apply_changes", "__end__"]:
    """On what was chosen."""
    outcome: Literal["ask", "answer", "requery", "apply_changes", "__end__"]
    match state["outcome"]:
        case "answer":
            outcome = "answer"
        case "requery":
            outcome = "requery"
        case "apply":
            outcome = "apply_changes"
        case "leave":
            outcome = "__end__"
        case _:
            outcome = "ask"
    return outcome


def after_answering(state: MenuState) -> Literal["ask", "ask_about_failure"]:
    """An answer redisplays the menu."""
    return "ask_about_failure" if state.get("failure") else "ask"


def after_requery(state: MenuState) -> Literal["compare", "ask_about_failure"]:
    """New evidence is compared with what was decided."""
    return "ask_about_failure" if state.get("failure") else "compare"


def after_failure(
    state: MenuState,
) -> Literal["requery", "answer", "compare", "ask", "ask_about_failure", "__end__"]:
    """Retry what failed, leave it at that, go back, or stay at the question."""
    match state["outcome"]:
        case "consult":
            return "requery"
        case "answer":
            return "answer"
        case "advise":
            return "compare"
        case "ask":
            return "ask"
        case "back":
            return "__end__"
        case _:
            return "ask_about_failure"
