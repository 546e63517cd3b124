"""The values that hold now: what the documents say, overruled by what the user decided, section by section."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel

from .project.facts import Fact, ProjectContext

OWNERS: Mapping[str, tuple[str, ...]] = {
    "task_type": ("business-requirements.md",),
    "use_case": ("business-requirements.md",),
    "domain": ("business-requirements.md",),
    "data_volume": ("data-pipeline-spec.md", "data-requirements.md", "architecture-decision.md"),
    "preference_pairs": ("data-pipeline-spec.md", "data-requirements.md", "architecture-decision.md"),
    "data_source": ("data-pipeline-spec.md", "data-requirements.md", "architecture-decision.md"),
    "gpu_type": ("tech-stack-decision.md",),
    "gpu_count": ("tech-stack-decision.md",),
    "vram_gb": ("tech-stack-decision.md",),
    "tracking": ("tech-stack-decision.md",),
    "platform": ("tech-stack-decision.md",),
    "budget": ("tech-stack-decision.md", "business-requirements.md"),
    "license": ("business-requirements.md", "architecture-decision.md"),
    "size_limit": ("architecture-decision.md", "business-requirements.md", "tech-stack-decision.md"),
}
"""Which document is believed first where several state a value: the one whose step decides it."""


class Value(BaseModel):
    """One value with its origin."""

    value: Any
    origin: str
    """`user`, `calc`, `default`, an evidence label, or `document:<path>`."""
    node: str = ""


def preferred_fact(name: str, facts: Iterable[Fact]) -> Fact:
    """The fact to propose: from the document that owns the topic, else the first that was read."""
    candidates = list(facts)
    for owner in OWNERS.get(name, ()):
        for fact in candidates:
            if fact.source.endswith(owner):
                return fact
    return candidates[0]


def effective_values(context: ProjectContext, records: Mapping[str, Mapping[str, Any]]) -> dict[str, Value]:
    """Every value by name; later and more precise sections win over earlier ones, all of them over the documents.

    Args:
        context: What the documents say.
        records: Confirmed section records by node, in the order of the specification.
    """
    values: dict[str, Value] = {}
    for name, facts in context.facts.items():
        if facts:
            fact = preferred_fact(name, facts)
            values[name] = Value(value=fact.value, origin=f"document:{fact.source}")
    for node, record in records.items():
        if not record.get("confirmed"):
            continue
        for name, value in record["fields"].items():
            if value is not None:
                values[name] = Value(value=value, origin=record["origins"].get(name, "user"), node=node)
    values["architecture"] = Value(value=context.architecture, origin="document:sidecar.yaml")
    if "sft_examples" in values:
        values["examples"] = values["sft_examples"]
    elif "data_volume" in values:
        values["examples"] = values["data_volume"]
    return values
