"""The specification's queries, filled with what is known. The queries themselves are data: `prompts/queries.yaml`."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict

from ..package_data import packaged_yaml
from .evidence import Query, Tool
from .query_values import Value, query_value

Approach = Literal["sft", "dpo", "sft+dpo"]

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_METHODS = {"sft": "SFT", "dpo": "DPO", "sft+dpo": "SFT DPO"}


class QueryTemplate(BaseModel):
    """One query of the specification."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    """What it asks about, unique within its node."""
    tool: Tool
    template: str
    spec_section: str
    when: Literal["", "dpo"] = ""
    """`dpo`: only where the approach includes DPO."""

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The values that it takes, in the order of the text."""
        return tuple(_PLACEHOLDER.findall(self.template))

    def applies(self, approach: str | None) -> bool:
        """Whether the query belongs to this approach."""
        return not self.when or self.when in (approach or "").split("+")

    def fill(self, values: Mapping[str, str]) -> Query:
        """The query with these values, each put in as it is; what is missing is left out."""
        text = _PLACEHOLDER.sub(lambda match: values.get(match[1], ""), self.template)
        words = _PLACEHOLDER.sub("", self.template)
        return Query(tool=self.tool, text=" ".join(text.split()), broader=" ".join(words.split()))


@cache
def query_templates() -> dict[str, tuple[QueryTemplate, ...]]:
    """Every node's mandatory queries, in the order of the specification."""
    return {
        node: tuple(QueryTemplate.model_validate(entry) for entry in entries)
        for node, entries in packaged_yaml("fine_tuning_specialist.prompts", "queries.yaml").items()
    }


def queries_for(node: str, values: Mapping[str, Value], approach: str | None = None) -> list[Query]:
    """The mandatory queries of a node, filled; empty for a node that has none.

    Args:
        node: The node's name.
        values: What is known, by the specification's placeholder names (`task_type`, `data_volume`, …). Numbers are
            plain: examples, pairs, billions of parameters (`model_size`, `size_constraint`), GiB (`gpu_memory`),
            GPUs (`compute_constraint`). An unknown value is None or absent, and is left out of the text.
        approach: `sft`, `dpo` or `sft+dpo`; decides on conditional queries, and is the `training_method` where
            `values` has none.
    """
    known = dict(values)
    if not known.get("training_method") and approach:
        known["training_method"] = _METHODS.get(approach, approach)
    texts = {name: query_value(name, value, approach) for name, value in known.items()}
    return [template.fill(texts) for template in query_templates().get(node, ()) if template.applies(approach)]
