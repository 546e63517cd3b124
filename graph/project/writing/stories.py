"""The stories of this step: the specification's words, and criteria that carry the project's own figures."""

from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict

from ...findings import Finding
from .design import Dataset, TrainingDesign
from .rendering import render_line, template_data

_EVERY_NODE = "*"


class Story(BaseModel):
    """One story, in the form that the sidecar and the later steps hold it."""

    model_config = ConfigDict(frozen=True)

    id: str
    title: str
    description: str
    acceptance_criteria: tuple[str, ...]


def stories_for(design: TrainingDesign) -> list[Story]:
    """The stories of the design's outcome, numbered TRAIN-S01 and on; none for skipped and deferred by N."""
    texts = template_data("stories.yaml")
    specs: list[dict[str, Any]] = []
    if design.outcome == "completed":
        specs = [*texts["completed"], *texts.get(design.strategy or "", [])]
    elif design.outcome == "deferred_rag_first":
        specs = list(texts["rag_first"])
    values = _values(design)
    claimed = {node for spec in specs for node in spec.get("finding_nodes", ())}
    return [
        Story(
            id=f"TRAIN-S{number:02d}",
            title=spec["title"],
            description=spec["description"],
            acceptance_criteria=(
                *spec.get("acceptance_criteria", ()),
                *(line for source in spec["project_criteria"] if (line := render_line(source, **values))),
                *_finding_criteria(design, spec, claimed, is_first=number == 1),
            ),
        )
        for number, spec in enumerate(specs, start=1)
    ]


@cache
def known_titles() -> frozenset[str]:
    """Titles that stories of ours can have: what tells them from stories that someone added by hand."""
    texts = template_data("stories.yaml")
    groups = ("completed", "augment", "annotate", "rag_first")
    return frozenset(spec["title"] for group in groups for spec in texts[group])


def _values(design: TrainingDesign) -> dict[str, Any]:
    growing = next((data for data in (design.sft, design.dpo) if data and data.planned_count), design.sft or design.dpo)
    return {
        **{name: getattr(design, name) for name in type(design).model_fields},
        "existing": growing.count if growing else None,
        "planned": growing.planned_count if growing else None,
        "gap": _gap(growing),
    }


def _gap(data: Dataset | None) -> str:
    existing = data.count.value if data else None
    planned = data.planned_count.value if data and data.planned_count else None
    if isinstance(existing, int) and isinstance(planned, int):
        return f"{max(0, planned - existing):,}"
    return "the missing"


def _finding_criteria(design: TrainingDesign, spec: dict[str, Any], claimed: set[str], *, is_first: bool) -> list[str]:
    nodes = spec.get("finding_nodes", ())
    source = template_data("stories.yaml")["texts"]["open_finding"]

    def belongs(finding: Finding) -> bool:
        if finding.node in claimed:
            return finding.node in nodes
        return _EVERY_NODE in nodes or (is_first and _EVERY_NODE not in claimed)

    return [
        render_line(source, finding=finding)
        for finding in design.findings
        if finding.status == "open" and belongs(finding)
    ]
