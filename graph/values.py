"""The values that hold now: what the documents say, overruled by what the user decided, section by section."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from .facilitation.parsing.hardware import find_gpus
from .facilitation.parsing.quantities import measure
from .project.facts import Fact, ProjectContext


class Value(BaseModel):
    """One value with its origin."""

    value: Any
    origin: str
    """`user`, `calc`, `default`, an evidence label, or `document:<path>`."""
    node: str = ""


def preferred_fact(facts: Sequence[Fact]) -> Fact:
    """The fact to propose: the first, which is from the document that the specification names for it."""
    return facts[0]


def gpu_values(compute: str, node: str) -> dict[str, Value]:
    """The GPU, how many and with how much memory, where a text names one kind; section 6 may still say otherwise."""
    gpus = find_gpus(compute)
    if len(gpus) != 1:
        return {}
    stated = {"gpu_type": gpus[0].name, "gpu_count": gpus[0].count or 1, "vram_gb": memory_gib(gpus[0].memory)}
    return {name: Value(value=value, origin="user", node=node) for name, value in stated.items() if value is not None}


def memory_gib(stated: str | None) -> float | None:
    """The memory of one GPU in GiB; None where none was stated."""
    return float(measure(stated, "gib").value) if stated else None


def effective_values(context: ProjectContext, records: Mapping[str, Mapping[str, Any]]) -> dict[str, Value]:
    """Every value by name; later and more precise sections win over earlier ones, all of them over the documents.

    Args:
        context: What the documents say.
        records: Confirmed section records by node, in the order of the specification.
    """
    values: dict[str, Value] = {}
    for name, facts in context.facts.items():
        if facts:
            fact = preferred_fact(facts)
            values[name] = Value(value=fact.value, origin=f"document:{fact.source}")
    for node, record in records.items():
        if not record.get("confirmed"):
            continue
        for name, value in record["fields"].items():
            if value is not None:
                origin = record["origins"].get(name, "user")
                values[name] = Value(value=value, origin=origin, node=node)
                if name == "compute" and origin == "user":
                    values |= gpu_values(str(value), node)
            elif name in record.get("open", ()):
                values[name] = Value(value=None, origin="user", node=node)
    values["architecture"] = Value(value=context.architecture, origin="document:sidecar.yaml")
    if "sft_examples" in values:
        values["examples"] = values["sft_examples"]
    elif "data_volume" in values:
        values["examples"] = values["data_volume"]
    return values
