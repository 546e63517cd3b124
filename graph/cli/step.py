"""The step as the command line uses it: built, and compiled with a store."""

from collections.abc import Sequence
from typing import Any

from langchain_core.language_models import BaseChatModel
from langgraph.checkpoint.base import BaseCheckpointSaver
from typing_extensions import override

from ..builder import build_graph
from ..documenting.store import ProjectStore
from ..facilitation.model.stopping import Stopper
from ..knowledge.client import Knowledge
from ..knowledge.errors import KnowledgeUnavailable
from ..knowledge.evidence import Answer, Query
from ..runs.session import Step


class NoKnowledge(Knowledge):
    """Stands in where the step is only looked at: drawn, or a finished run read."""

    @override
    async def consult(self, queries: Sequence[Query]) -> list[Answer]:
        """Refuse.

        Raises:
            KnowledgeUnavailable: Always.
        """
        raise KnowledgeUnavailable("no server was opened for this command", "none")


def compile_step(
    knowledge: Knowledge | None = None,
    saver: BaseCheckpointSaver[Any] | None = None,
    model: BaseChatModel | None = None,
    stopper: Stopper | None = None,
    files: ProjectStore | None = None,
) -> Step:
    """The step, ready to run; without `knowledge` to look at only, without `model` in guided mode."""
    graph = build_graph(knowledge=knowledge or NoKnowledge(), model=model, store=files, stopper=stopper)
    return graph.compile(checkpointer=saver)
