"""The step as a conversation of plain messages: for chat pages, and for agents that call it as an MCP tool.

A question is a message and the reply is the next one, so that any page which shows messages will do. The step itself
is run as `conversations` says; what the server keeps of it is its messages, and the conversation's name.
"""

import asyncio
from typing import Annotated, Any, Literal

from langchain_core.messages import AIMessage, AnyMessage
from langchain_core.runnables import RunnableConfig
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from pydantic import Field
from typing_extensions import TypedDict

from ..project.errors import ProjectError
from ..project.writing.files import ProjectFileError
from ..project.writing.yaml_tree import SidecarError
from ..runs.errors import RunError
from .conversations import Conversations, Standing
from .projects import choose_project, is_chosen
from .server import conversations
from .wording import turn_said

LEFT = ("status", "next_step", "next_step_text", "decisions", "stories", "artifacts")
"""What of the step's result is the graph's as well."""


Documents = Annotated[
    dict[str, str],
    Field(description="A project's documents, path to text, sidecar.yaml among them: with the first message."),
]
Name = Annotated[
    str,
    Field(description="The conversation, as the last answer names it: with every message but the first."),
]


class ChatInput(TypedDict, total=False):
    """A message, and what it is about: documents, a conversation that goes on, or a project that the message names.

    On a thread of the server the conversation need not be given: it is the thread's own.
    """

    messages: Annotated[list[AnyMessage], add_messages]
    documents: Documents
    conversation: Name


class ChatOutput(TypedDict, total=False):
    """The messages, the conversation's name, and at its end what the step leaves."""

    messages: Annotated[list[AnyMessage], add_messages]
    conversation: Name
    status: str
    next_step: str
    next_step_text: str
    decisions: dict[str, Any]
    stories: list[Any]
    artifacts: dict[str, str]


class ChatState(ChatInput, ChatOutput, total=False):
    """All channels."""

    project_dir: str
    question: str
    """The interrupt id of the question that the last message puts."""


ChatGraph = StateGraph[ChatState, None, ChatInput, ChatOutput]


async def chat() -> ChatGraph:
    """The conversation, uncompiled.

    Raises:
        KnowledgeConfigError: The knowledge server cannot be understood.
        ModelChoiceError: The model cannot be used.
    """
    return chat_about(await conversations())


def chat_about(held: Conversations) -> ChatGraph:
    """The graph over these conversations."""

    async def converse(state: ChatState, config: RunnableConfig) -> dict[str, Any]:
        name = state.get("conversation") or f"chat-{config['configurable']['thread_id']}"
        try:
            if state.get("conversation"):
                done = await held.reply(name, last_words(state), state.get("question", ""))
            else:
                done = await held.begin(name, about(state))
        except (RunError, ProjectError, ProjectFileError, SidecarError) as problem:
            return {"messages": [AIMessage(str(problem))]}
        return {"conversation": name, **await asyncio.to_thread(left_by, done)}

    graph: ChatGraph = StateGraph(ChatState, input_schema=ChatInput, output_schema=ChatOutput)
    graph.add_node("choose_project", choose_project)
    graph.add_node("converse", converse)
    graph.add_conditional_edges(START, where_to_begin)
    graph.add_conditional_edges("choose_project", after_choice)
    graph.add_edge("converse", END)
    return graph


def where_to_begin(state: ChatState) -> Literal["choose_project", "converse"]:
    """Straight on with a conversation that has begun."""
    return "converse" if state.get("conversation") else "choose_project"


def after_choice(state: ChatState) -> Literal["converse", "__end__"]:
    """On to the first question once it is known what about."""
    return "converse" if is_chosen(state) else "__end__"


def about(state: ChatState) -> dict[str, Any]:
    """The step's input."""
    if documents := state.get("documents"):
        return {"documents": documents}
    return {"project_dir": state.get("project_dir", "")}


def last_words(state: ChatState) -> str:
    """The text of the last message."""
    messages = state.get("messages", [])
    return messages[-1].text if messages else ""


def left_by(done: Standing) -> dict[str, Any]:
    """What a turn changes."""
    left = {key: done.result[key] for key in LEFT if key in done.result}
    return {"messages": [AIMessage(said) for said in turn_said(done)], "question": done.interrupt_id, **left}
