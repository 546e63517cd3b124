"""What the nodes of a section need from outside the state: the knowledge base, the facilitator, the catalogue."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ..facilitation.facilitator import Facilitator
from ..knowledge.evidence import Answer, Query
from ..planning.catalogue import Catalogue


class Knowledge(Protocol):
    """Anything that answers knowledge queries."""

    async def consult(self, queries: Sequence[Query]) -> list[Answer]:
        """Answer all queries, or raise `KnowledgeUnavailable`."""
        ...


@dataclass(frozen=True)
class Tools:
    """The outside of a section; handed to its nodes when the graph is built."""

    knowledge: Knowledge
    facilitator: Facilitator
    catalogue: Catalogue
