"""The step for another agent over A2A, where each question makes the task wait for input.

The questions stay interrupts, and the step is the same; beside it there is only what says hello and goodbye.
"""

from typing import Annotated, Any, Literal

from langchain_core.messages import AIMessage, AnyMessage
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from typing_extensions import TypedDict

from .projects import choose_project, is_chosen
from .server import step


class AgentState(TypedDict, total=False):
    """Messages, and what the step takes and leaves."""

    messages: Annotated[list[AnyMessage], add_messages]
    documents: dict[str, str]
    project_dir: str
    status: str
    message: str
    next_step: str
    next_step_text: str
    decisions: dict[str, Any]
    stories: list[Any]
    artifacts: dict[str, str]


class AgentInput(TypedDict, total=False):
    """A message that names a project, or any message and the project's documents."""

    messages: Annotated[list[AnyMessage], add_messages]
    documents: dict[str, str]


async def agent() -> "StateGraph[AgentState, None, AgentInput, AgentState]":
    """The graph, uncompiled, with the step as one of its nodes.

    Raises:
        KnowledgeConfigError: The knowledge server cannot be understood.
        ModelChoiceError: The model cannot be used.
    """
    design = (await step()).compile(checkpointer=True)
    graph: StateGraph[AgentState, None, AgentInput, AgentState] = StateGraph(AgentState, input_schema=AgentInput)
    graph.add_node("choose_project", choose_project)
    graph.add_node("design", design)
    graph.add_node("say_goodbye", say_goodbye)
    graph.add_edge(START, "choose_project")
    graph.add_conditional_edges("choose_project", after_choice)
    graph.add_edge("design", "say_goodbye")
    graph.add_edge("say_goodbye", END)
    return graph


def after_choice(state: AgentState) -> Literal["design", "__end__"]:
    """On to the step once it is known what about."""
    return "design" if is_chosen(state) else "__end__"


def say_goodbye(state: AgentState) -> dict[str, Any]:
    """The step's farewell as a message."""
    return {"messages": [AIMessage(state.get("message", ""))], "documents": {}}
