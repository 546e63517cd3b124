"""The built-in starting points: cited rules for when the evidence says nothing, read from the catalogue."""

from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from ..package_data import packaged_yaml


class Source(BaseModel):
    """Where a rule was read."""

    model_config = ConfigDict(frozen=True)

    title: str
    url: str
    locator: str = ""

    def __str__(self) -> str:
        return f"{self.title} ({self.locator})" if self.locator else self.title


class Conditions(BaseModel):
    """When a rule holds; what is not stated does not matter."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stage: str = ""
    methods: tuple[str, ...] = ()
    size_from: float = 0.0
    size_below: float = float("inf")
    examples_from: float = 0.0
    examples_below: float = float("inf")
    steps_below: float = float("inf")
    complexity: str = ""
    tasks: tuple[str, ...] = ()


class Rule(BaseModel):
    """A cited starting point with its range."""

    model_config = ConfigDict(frozen=True)

    value: float
    low: float
    high: float
    source: Source
    when: Conditions = Field(default_factory=Conditions)


class Position(BaseModel):
    """One side of a known disagreement."""

    model_config = ConfigDict(frozen=True)

    value: float
    claim: str
    source: Source


class Situation(BaseModel):
    """What is known of the project when a quantity is recommended."""

    model_config = ConfigDict(frozen=True)

    stage: str = "sft"
    method: str = "lora"
    task_type: str = ""
    size_b: float | None = None
    examples: int | None = None
    """Training examples of the stage: pairs for DPO."""
    complexity: str = "moderate"
    steps: int | None = None
    """Optimiser steps of the run, where they are known already."""


class RuleBook(BaseModel):
    """All rules, by quantity."""

    model_config = ConfigDict(frozen=True)

    quantities: dict[str, tuple[Rule, ...]]
    disagreements: dict[str, tuple[Position, ...]]
    practices: dict[str, Source]
    complexity_of_task: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    common_gpus: tuple[str, ...] = ()
    rented_only_at: dict[str, str] = Field(default_factory=dict)
    """GPUs that only one platform has, by its name among our choices."""

    def complexity(self, task_type: str) -> str | None:
        """How complex a task type counts; None for one that is not listed."""
        return next((name for name, tasks in self.complexity_of_task.items() if task_type in tasks), None)

    def rule(self, quantity: str, situation: Situation) -> Rule:
        """The first rule for the quantity whose conditions hold.

        Raises:
            LookupError: The catalogue holds no rule for this quantity and situation.
        """
        for rule in self.quantities.get(quantity, ()):
            if _holds(rule.when, situation):
                return rule
        raise LookupError(f"no rule for {quantity} in {situation}")


def _holds(when: Conditions, situation: Situation) -> bool:
    """Unknown sizes and counts count as in the middle: a rule for small or large ones does not hold for them."""
    size = 8.0 if situation.size_b is None else situation.size_b
    examples = 5_000 if situation.examples is None else situation.examples
    steps = 1_000 if situation.steps is None else situation.steps
    return (
        when.stage in ("", situation.stage)
        and (not when.methods or situation.method in when.methods)
        and when.size_from <= size < when.size_below
        and when.examples_from <= examples < when.examples_below
        and steps < when.steps_below
        and when.complexity in ("", situation.complexity)
        and (not when.tasks or situation.task_type in when.tasks)
    )


@cache
def rule_book() -> RuleBook:
    """The rules of the catalogue (`rules.yaml`)."""
    data = packaged_yaml("fine_tuning_catalogue", "rules.yaml")
    sources: dict[str, dict[str, str]] = data["sources"]

    def source(entry: dict[str, Any]) -> Source:
        return Source(**sources[entry["source"]], locator=entry.get("locator", ""))

    def rule(entry: dict[str, Any]) -> Rule:
        figures = {name: entry[name] for name in ("value", "low", "high")}
        conditions = {k: v for k, v in entry.items() if k not in {*figures, "source", "locator"}}
        return Rule(**figures, source=source(entry), when=Conditions(**conditions))

    return RuleBook(
        quantities={name: tuple(rule(entry) for entry in entries) for name, entries in data["quantities"].items()},
        disagreements={
            name: tuple(Position(value=e["value"], claim=e["claim"], source=source(e)) for e in entries)
            for name, entries in data["disagreements"].items()
        },
        practices={name: source(entry) for name, entry in data["practices"].items()},
        complexity_of_task={name: tuple(tasks) for name, tasks in data["complexity_of_task"].items()},
        common_gpus=tuple(data["common_gpus"]),
        rented_only_at=data["rented_only_at"],
    )
