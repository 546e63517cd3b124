"""The Fine-Tuning Specialist: designs a fine-tuning pipeline together with an engineer, as a LangGraph state graph.

Embed it as a node of a larger graph:

    from fine_tuning_specialist import build_graph, open_knowledge

    async with open_knowledge() as knowledge:
        step_5 = build_graph(knowledge=knowledge)  # a StateGraph: compile it, or add it compiled as a node

Every name is imported when it is first used, so that importing the package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .builder import build_graph
    from .documenting.store import DiskStore, ProjectStore
    from .documenting.text_store import TextStore
    from .findings import Finding
    from .interrupts import DecisionsReply, FieldsReply, Question, Recommendation, Resume
    from .knowledge.client import Knowledge, KnowledgeClient, open_knowledge
    from .knowledge.errors import KnowledgeConfigError, KnowledgeUnavailable
    from .knowledge.evidence import Answer, Evidence, Figure, Query
    from .project.errors import ProjectError
    from .state import GRAPH_VERSION, StepInput, StepOutput

_HOME = {
    "build_graph": ".builder",
    "open_knowledge": ".knowledge.client",
    "Knowledge": ".knowledge.client",
    "KnowledgeClient": ".knowledge.client",
    "KnowledgeConfigError": ".knowledge.errors",
    "KnowledgeUnavailable": ".knowledge.errors",
    "Query": ".knowledge.evidence",
    "Answer": ".knowledge.evidence",
    "Evidence": ".knowledge.evidence",
    "Figure": ".knowledge.evidence",
    "StepInput": ".state",
    "StepOutput": ".state",
    "GRAPH_VERSION": ".state",
    "Question": ".interrupts",
    "Recommendation": ".interrupts",
    "Resume": ".interrupts",
    "FieldsReply": ".interrupts",
    "DecisionsReply": ".interrupts",
    "Finding": ".findings",
    "ProjectStore": ".documenting.store",
    "DiskStore": ".documenting.store",
    "TextStore": ".documenting.text_store",
    "ProjectError": ".project.errors",
}

__all__ = [
    "GRAPH_VERSION",
    "Answer",
    "DecisionsReply",
    "DiskStore",
    "Evidence",
    "FieldsReply",
    "Figure",
    "Finding",
    "Knowledge",
    "KnowledgeClient",
    "KnowledgeConfigError",
    "KnowledgeUnavailable",
    "ProjectError",
    "ProjectStore",
    "Query",
    "Question",
    "Recommendation",
    "Resume",
    "StepInput",
    "StepOutput",
    "TextStore",
    "build_graph",
    "open_knowledge",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name], __name__), name)
