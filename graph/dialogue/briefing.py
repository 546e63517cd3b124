"""From a section's state to the typed briefing that its advice rests on."""

from collections.abc import Mapping
from typing import Any

from ..findings import Finding
from ..knowledge.evidence import Evidence
from ..planning.catalogue import Catalogue
from ..project.facts import ProjectContext
from ..sections.order import NODES
from ..sections.section import Briefing
from ..state import SectionState
from ..values import effective_values


def brief(state: SectionState, catalogue: Catalogue, node: str) -> Briefing:
    """Validate the section's state and gather what holds now.

    Args:
        state: The section's channels.
        catalogue: The base models and GPUs known.
        node: The section itself. Its own earlier record is left out: an earlier answer is no input to its advice.
    """
    context = ProjectContext.model_validate(state["context"])
    records = {name: record for name, record in state.get("sections", {}).items() if name != node}
    return Briefing(
        context=context,
        values=effective_values(context, in_order(records)),
        records=records,
        evidence={label: Evidence.model_validate(item) for label, item in state.get("evidence", {}).items()},
        findings={key: Finding.model_validate(item) for key, item in state.get("findings", {}).items()},
        path=state.get("path", {}),
        catalogue=catalogue,
        without_evidence=bool(state.get("without_evidence")),
    )


def in_order(records: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Records in the order of the specification, so that later sections overrule earlier ones."""
    return {node: records[node] for node in NODES if node in records}
