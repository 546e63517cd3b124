"""The values that hold now: what the documents say, overruled by what the user decided, section by section."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

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
                values[name] = Value(value=value, origin=record["origins"].get(name, "user"), node=node)
            elif name in record.get("open", ()):
                values[name] = Value(value=None, origin="user", node=node)
    values["architecture"] = Value(value=context.architecture, origin="document:sidecar.yaml")
    if "sft_examples" in values:
        values["examples"] = values["sft_examples"]
    elif "data_volume" in values:
        values["examples"] = values["data_volume"]
    return values
