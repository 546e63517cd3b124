"""The one small graph that every section shares.

consult → advise → ask → interpret → settle, or ask again; a free question goes through answer, a knowledge base
that fails through a question of its own.
"""

from typing import Any, Literal

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from ..in_loop import in_loop
from ..sections.section import Section
from ..state import SectionInput, SectionOutput, SectionState
from .advise import advise, changed_inputs
from .answer import answer
from .ask import ask, ask_about_failure
from .briefing import brief
from .consult import consult
from .failure import interpret_failure
from .interpret import interpret
from .settle import settle
from .tools import Tools


def section_graph(section: Section, tools: Tools) -> CompiledStateGraph[Any, Any, Any, Any]:
    """The section as a compiled graph with narrow input and output."""
    graph = StateGraph(SectionState, input_schema=SectionInput, output_schema=SectionOutput)
    graph.add_node("keep", keep)
    graph.add_node("consult", consult(section, tools))
    graph.add_node("advise", advise(section, tools))
    graph.add_node("ask", ask(section, tools))
    graph.add_node("interpret", interpret(section, tools))
    graph.add_node("answer", answer(section, tools))
    graph.add_node("settle", settle(section, tools))
    graph.add_node("ask_about_failure", ask_about_failure(section))
    graph.add_node("interpret_failure", interpret_failure(section, tools))

    def enter(state: SectionState) -> Literal["consult", "keep"]:
        """A section whose inputs are unchanged keeps its confirmed decision without asking."""
        record = state.get("sections", {}).get(section.node, {})
        if not record.get("confirmed") or state.get("revisit") == section.node:
            return "consult"
        inputs = section.inputs(brief(state, tools.catalogue, section.node))
        return "consult" if changed_inputs(state, section, inputs) else "keep"

    graph.add_conditional_edges(START, in_loop(enter))
    graph.add_conditional_edges("consult", in_loop(after_consulting))
    graph.add_conditional_edges("advise", in_loop(after_advice if section.asks else at_once))
    graph.add_edge("ask", "interpret")
    graph.add_conditional_edges("interpret", in_loop(after_interpreting))
    graph.add_conditional_edges("answer", in_loop(after_answering))
    graph.add_edge("ask_about_failure", "interpret_failure")
    graph.add_conditional_edges("interpret_failure", in_loop(after_failure))
    graph.add_edge("settle", END)
    graph.add_edge("keep", END)
    return graph.compile(name=section.node)


async def keep(state: SectionState) -> dict[str, Any]:  # noqa: ARG001  (a node takes the state)
    """Whatever led here has been followed: the way goes on from this section."""
    return {"goto": ""}


def after_consulting(state: SectionState) -> Literal["advise", "ask_about_failure"]:
    """A knowledge base that fails leads to a question, never to silence."""
    return "ask_about_failure" if state.get("failure") else "advise"


def after_advice(_: SectionState) -> Literal["ask"]:
    """A section that asks, asks."""
    return "ask"


def at_once(_: SectionState) -> Literal["__end__"]:
    """A section that asks nothing is done with its synthesis."""
    return "__end__"


def after_interpreting(state: SectionState) -> Literal["ask", "answer", "settle", "__end__"]:
    """On the outcome of the reply."""
    outcome = state["outcome"]
    if outcome == "settled":
        return "settle"
    if outcome == "answer":
        return "answer"
    return "__end__" if outcome == "back" else "ask"


def after_answering(state: SectionState) -> Literal["ask", "ask_about_failure"]:
    """An answer puts the question again."""
    return "ask_about_failure" if state.get("failure") else "ask"


def after_failure(
    state: SectionState,
) -> Literal["consult", "answer", "advise", "ask", "ask_about_failure", "__end__"]:
    """Retry what failed, go on without evidence, go back, or stay at the question."""
    outcome: Literal["consult", "answer", "advise", "ask", "ask_about_failure", "__end__"]
    match state["outcome"]:
        case "consult":
            outcome = "consult"
        case "answer":
            outcome = "answer"
        case "advise":
            outcome = "advise"
        case "ask":
            outcome = "ask"
        case "back":
            outcome = "__end__"
        case _:
            outcome = "ask_about_failure"
    return outcome
