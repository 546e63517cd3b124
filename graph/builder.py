"""The step as a state graph: this file reads like the specification's table of contents."""

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING

from langgraph.graph import START, StateGraph

from .dialogue.section_graph import section_graph
from .dialogue.tools import Knowledge, Tools
from .documenting.store import Clock, DiskStore, ProjectStore
from .facilitation.facilitator import Facilitator
from .facilitation.guided import GuidedFacilitator
from .in_loop import in_loop
from .menu.menu_graph import menu_graph
from .planning.catalogue import load_catalogue
from .sections.defer_training import defer_training
from .sections.entry_checkpoint import after_entry
from .sections.generate_stories import generate_stories
from .sections.hand_off import after_hand_off, hand_off
from .sections.load_context import load_context, read_by
from .sections.order import ASKING, NODES, PATH_NODES
from .sections.path_choice import after_insufficient, to_path
from .sections.registry import SECTIONS
from .sections.skip_training import skip_training
from .state import MenuInput, SectionInput, State, StepInput, StepOutput

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from .facilitation.model.stopping import Stopper

BACK = "back to"
"""How the edges are labelled that lead back; pictures leave them out."""

DESTINATIONS = {
    "select_base_model": set(PATH_NODES),
    "resolve_insufficient_data": {*PATH_NODES[:3], "document_decisions"},
}
"""Where the sections lead to whose way on depends on the data."""

StepGraph = StateGraph[State, None, StepInput, StepOutput]


def build_graph(
    knowledge: Knowledge,
    model: "BaseChatModel | None" = None,
    clock: Clock | None = None,
    store: ProjectStore | None = None,
    stopper: "Stopper | None" = None,
) -> StepGraph:
    """Step 5 as an uncompiled `StateGraph`: compile it, or add it compiled as a node of a larger graph.

    Args:
        knowledge: What answers the knowledge queries, as `open_knowledge` yields it.
        model: Any LangChain chat model, for free conversation; without one the guided mode.
        clock: Tells the day that goes into the files; the machine's by default (`SOURCE_DATE_EPOCH` where it is set).
        store: Where the files go; the project folder by default.
        stopper: Stops what the model is saying, from outside and without ending the run.
    """
    facilitator = facilitator_for(knowledge, model, stopper)
    tools = Tools(knowledge=knowledge, facilitator=facilitator, catalogue=load_catalogue())
    files = store or DiskStore(clock=clock)

    graph: StepGraph = StateGraph(State, input_schema=StepInput, output_schema=StepOutput)
    graph.add_node("load_context", load_context if model is None else read_by(facilitator))
    for section in SECTIONS:
        graph.add_node(section.node, section_graph(section, tools), input_schema=SectionInput)
    graph.add_node("skip_training", skip_training(files))
    graph.add_node("defer_training", defer_training(files))
    graph.add_node("generate_stories", generate_stories(files))
    graph.add_node("present_menu", menu_graph(tools), input_schema=MenuInput)
    graph.add_node("hand_off", hand_off(files))

    graph.add_edge(START, "load_context")
    graph.add_edge("load_context", "entry_checkpoint")
    graph.add_conditional_edges("entry_checkpoint", in_loop(after_entry))
    graph.add_edge("skip_training", "hand_off")
    graph.add_edge("defer_training", "hand_off")
    onward(graph, "welcome", "query_methodologies")
    onward(graph, "query_methodologies", "assess_training_data")
    onward(graph, "assess_training_data", "select_base_model")
    onward(graph, "select_base_model", to_path)
    onward(graph, "train_with_sft", "configure_peft")
    onward(graph, "align_with_dpo", "configure_peft")
    onward(graph, "combine_sft_and_dpo", "configure_peft")
    onward(graph, "resolve_insufficient_data", after_insufficient)
    onward(graph, "configure_peft", "configure_hyperparameters")
    onward(graph, "configure_hyperparameters", "choose_infrastructure")
    onward(graph, "choose_infrastructure", "document_decisions")
    onward(graph, "document_decisions", "generate_stories")
    graph.add_edge("generate_stories", "present_menu")
    onward(graph, "present_menu", "hand_off")
    graph.add_conditional_edges("hand_off", in_loop(after_hand_off))
    return graph


def facilitator_for(knowledge: Knowledge, model: "BaseChatModel | None", stopper: "Stopper | None") -> Facilitator:
    """Who words things and understands people: a model where there is one, else the rules."""
    if model is None:
        return GuidedFacilitator()
    from .facilitation.model.facilitator import model_facilitator

    return model_facilitator(model, knowledge, stopper)


def onward(graph: StepGraph, node: str, following: str | Callable[[State], str]) -> None:
    """Lead from a section to the next one, or to where the user asked to go: back, or to another path."""
    forward = {following} if isinstance(following, str) else DESTINATIONS[node]
    earlier = [name for name in ASKING if NODES.index(name) < NODES.index(node) and name not in forward]
    other_paths = [name for name in PATH_NODES if name not in {node, *forward, *earlier}] if node in PATH_NODES else []

    def after(state: State) -> str:
        wanted = state.get("goto", "")
        if wanted in earlier:
            return f"{BACK} {wanted}"
        return wanted or (following if isinstance(following, str) else following(state))

    after.__name__ = f"after_{node}"
    targets: dict[Hashable, str] = {}
    targets.update({name: name for name in [*forward, *other_paths]})
    targets.update({f"{BACK} {name}": name for name in earlier})
    graph.add_conditional_edges(node, in_loop(after), targets)
