"""What the calls of one operation cost: tokens, and money where the provider reports it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessage


@dataclass
class Spending:
    """The sum over one operation's calls, failed ones included as far as they were reported."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    """Input tokens that the provider read from its cache."""
    cost_usd: float | None = None

    def add(self, message: AIMessage) -> None:
        """Count what a reply reports."""
        used = message.usage_metadata
        if used is not None:
            self.input_tokens += used["input_tokens"]
            self.output_tokens += used["output_tokens"]
            self.cached_tokens += used.get("input_token_details", {}).get("cache_read", 0) or 0
        cost = _cost(message.response_metadata)
        if cost is not None:
            self.cost_usd = (self.cost_usd or 0.0) + cost

    def entry(self, node: str, operation: str, failed: str = "") -> dict[str, Any]:
        """The operation as the run's `usage` channel keeps it."""
        entry: dict[str, Any] = {
            "node": node,
            "operation": operation,
            "calls": self.calls,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
        }
        if self.cached_tokens:
            entry["cached_tokens"] = self.cached_tokens
        if self.cost_usd is not None:
            entry["cost_usd"] = self.cost_usd
        if failed:
            entry["failed"] = failed
        return entry


def _cost(metadata: Mapping[str, Any]) -> float | None:
    """Dollars, where a provider puts them beside the tokens."""
    for holder in (metadata.get("token_usage"), metadata.get("usage"), metadata):
        value = holder.get("cost") if isinstance(holder, Mapping) else None
        if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
            return float(value)
    return None
