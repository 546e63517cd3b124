"""The step as a conversation of messages: for chat pages and for agents over A2A, which know nothing but messages.

The questions stay interrupts, and the step is the same; beside it there is only what says hello and goodbye.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from langchain_core.messages import AIMessage, AnyMessage
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from typing_extensions import TypedDict

from ..texts import text
from .server import step

PROJECTS_VARIABLE = "FINE_TUNING_PROJECTS"
"""The folder whose projects may be named in a message; without it only documents are taken."""


class ChatState(TypedDict, total=False):
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


class ChatInput(TypedDict, total=False):
    """A message that names a project, or any message and the project's documents."""

    messages: Annotated[list[AnyMessage], add_messages]
    documents: dict[str, str]


async def chat() -> "StateGraph[ChatState, None, ChatInput, ChatState]":
    """The conversation, uncompiled, with the step as one of its nodes.

    Raises:
        KnowledgeConfigError: The knowledge server cannot be understood.
        ModelChoiceError: The model cannot be used.
    """
    design = (await step()).compile(checkpointer=True)
    graph: StateGraph[ChatState, None, ChatInput, ChatState] = StateGraph(ChatState, input_schema=ChatInput)
    graph.add_node("choose_project", choose_project)
    graph.add_node("design", design)
    graph.add_node("say_goodbye", say_goodbye)
    graph.add_edge(START, "choose_project")
    graph.add_conditional_edges("choose_project", after_choice)
    graph.add_edge("design", "say_goodbye")
    graph.add_edge("say_goodbye", END)
    return graph


def choose_project(state: ChatState) -> dict[str, Any]:
    """Find the project that is meant; where there is none, say which there are."""
    if state.get("documents"):
        return {"project_dir": ""}
    folder = os.environ.get(PROJECTS_VARIABLE, "")
    known = projects_in(folder)
    said = last_words(state.get("messages", []))
    named = [name for name in known if name in said.split()] or [name for name in known if name in said]
    if len(named) == 1:
        return {"project_dir": str(Path(folder) / named[0])}
    greeting = text("serving", "which_project" if known else "no_projects", projects=", ".join(known))
    return {"project_dir": "", "messages": [AIMessage(greeting)]}


def after_choice(state: ChatState) -> Literal["design", "__end__"]:
    """On to the step once it is known what about."""
    return "design" if state.get("documents") or state.get("project_dir") else "__end__"


def say_goodbye(state: ChatState) -> dict[str, Any]:
    """The step's farewell as a message."""
    return {"messages": [AIMessage(state.get("message", ""))], "documents": {}}


def projects_in(folder: str) -> list[str]:
    """The names of the project folders that may be worked on."""
    if not folder:
        return []
    return sorted(child.name for child in Path(folder).iterdir() if (child / "sidecar.yaml").is_file())


def last_words(messages: Sequence[AnyMessage]) -> str:
    """The text of the last message."""
    return messages[-1].text if messages else ""
