"""The step between edges that know a run from its journal."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.language_models import BaseChatModel
from langgraph.checkpoint.base import BaseCheckpointSaver

from ..builder import build_graph
from ..knowledge.client import Knowledge
from ..runs.session import Step
from .entries import Entry
from .live import LiveKnowledge
from .recorded import Recorded
from .replayed import ReplayedKnowledge, ReplayedStore

NO_ANSWERS = frozenset({"start", "text", "reply", "fork"})
"""Entries that answer nothing."""


@dataclass(frozen=True)
class ReplayEdges:
    """What takes the place of everything outside while a run is executed again."""

    recorded: Recorded
    live: LiveKnowledge | None = None
    """The knowledge base, where it is asked again."""
    model: BaseChatModel | None = None
    """None in guided mode."""

    def compile(self, saver: BaseCheckpointSaver[Any]) -> Step:
        """The step between these edges."""
        knowledge = self.live or ReplayedKnowledge(self.recorded)
        return build_graph(knowledge, model=self.model, store=ReplayedStore(self.recorded)).compile(checkpointer=saver)


def open_edges(entries: Sequence[Entry], live: Knowledge | None, model: BaseChatModel | None) -> ReplayEdges:
    """The edges for a journal; knowledge base and model take its place where they are given."""
    recorded = Recorded(entry for entry in entries if entry.kind not in NO_ANSWERS)
    if model is None and any(entry.kind == "model" for entry in entries):
        from .model_calls import as_chat_model
        from .replayed_model import ReplayedModel

        model = as_chat_model(ReplayedModel(recorded))
    return ReplayEdges(recorded, LiveKnowledge(live, recorded) if live is not None else None, model)
