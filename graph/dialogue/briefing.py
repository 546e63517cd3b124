"""From a section's state to the typed briefing that its advice rests on."""

from ..findings import Finding
from ..knowledge.evidence import Evidence
from ..planning.catalogue import Catalogue
from ..project.facts import ProjectContext
from ..sections.order import NODES
from ..sections.section import Briefing
from ..state import SectionState
from ..values import effective_values


def brief(state: SectionState, catalogue: Catalogue, revisited: str = "") -> Briefing:
    """Validate the section's state and gather what holds now.

    Args:
        state: The section's channels.
        catalogue: The base models and GPUs known.
        revisited: A node whose own record is left out, so that its earlier answer does not count as its own input.
    """
    context = ProjectContext.model_validate(state["context"])
    records = {node: record for node, record in state.get("sections", {}).items() if node != revisited}
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


def in_order(records: dict[str, dict[str, object]]) -> dict[str, dict[str, object]]:
    """Records in the order of the specification, so that later sections overrule earlier ones."""
    return {node: records[node] for node in NODES if node in records}
