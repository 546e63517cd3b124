"""What a section is: its place in the specification, what it advises, what it asks, and what it depends on."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..facilitation.protocol import Problem
from ..fields import Field, fields_of
from ..findings import Finding, FindingKind
from ..interrupts import QuestionKind, Recommendation
from ..knowledge.evidence import Evidence, Query
from ..planning.catalogue import Catalogue
from ..project.facts import ProjectContext
from ..values import Value
from .order import PLACES


@dataclass(frozen=True)
class Briefing:
    """Everything that a section's advice may rest on; nothing else does."""

    context: ProjectContext
    values: Mapping[str, Value]
    records: Mapping[str, Mapping[str, Any]]
    evidence: Mapping[str, Evidence]
    """What this section's queries brought, by label."""
    findings: Mapping[str, Finding]
    path: Mapping[str, str]
    catalogue: Catalogue
    without_evidence: bool = False

    def get(self, name: str, default: Any = None) -> Any:
        """The value that holds now, or `default` where nobody has said anything."""
        held = self.values.get(name)
        return default if held is None else held.value

    def with_answers(self, node: str, answers: Mapping[str, Any]) -> "Briefing":
        """The briefing as it would be with these answers: advice follows what the user says."""
        told = {
            name: Value(value=value, origin="user", node=node) for name, value in answers.items() if value is not None
        }
        return replace(self, values={**self.values, **told})

    def leaving_open(self, names: Iterable[str]) -> "Briefing":
        """The briefing in which nothing holds for these names, whatever documents and earlier sections say."""
        return replace(self, values={**self.values, **{name: Value(value=None, origin="user") for name in names}})


@dataclass(frozen=True)
class Risk:
    """Something that the evidence warns of for this very design, or that another step's owner should look at."""

    key: str
    title: str
    detail: str
    evidence: tuple[str, ...] = ()
    kind: FindingKind = "risk"
    owner: str = ""
    """Which step should look at it, where it isn't ours."""


@dataclass(frozen=True)
class Advice:
    """What a section recommends, and what its text needs to say why."""

    recommended: Mapping[str, Recommendation] = field(default_factory=dict)
    view: Mapping[str, Any] = field(default_factory=dict)
    """What the section's template shows besides the recommendations."""
    risks: tuple[Risk, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    """What the section's record keeps for later sections."""


@dataclass(frozen=True)
class SecondConfirmation:
    """A choice that the user must confirm once more, with what is unusual about it."""

    topic: str
    message: str
    field: str
    """The field that is asked again when the answer is no."""


@dataclass(frozen=True)
class Review:
    """What is wrong with a draft as a whole, or needs a second word."""

    problems: tuple[Problem, ...] = ()
    confirmations: tuple[SecondConfirmation, ...] = ()


def no_advice(_: Briefing) -> Advice:
    """For a section that only asks."""
    return Advice()


def no_review(_: Briefing, __: Mapping[str, Any]) -> Review:
    """For a section whose fields stand each for itself."""
    return Review()


def no_queries(_: Briefing) -> list[Query]:
    """For a section that the specification gives no query."""
    return []


def as_said(_: Briefing, fields: dict[str, Any]) -> dict[str, Any]:
    """For a section whose values have one spelling only."""
    return fields


def no_consequences(_: Briefing, __: Mapping[str, Any]) -> dict[str, Any]:
    """For a section that leads on to the next one."""
    return {}


@dataclass(frozen=True)
class Section:
    """One numbered section of the specification."""

    node: str
    advise: Callable[[Briefing], Advice] = no_advice
    queries: Callable[[Briefing], list[Query]] = no_queries
    review: Callable[[Briefing, Mapping[str, Any]], Review] = no_review
    kind: QuestionKind = "question"
    asks: bool = True
    depends_on: tuple[str, ...] = ()
    """Names of the values whose change makes the section ask again."""
    select_fields: Callable[[Briefing], tuple[Field, ...]] | None = None
    gather_inputs: Callable[[Briefing], dict[str, Any]] | None = None
    """For a section that depends on more than single values."""
    canonical: Callable[[Briefing, dict[str, Any]], dict[str, Any]] = as_said
    """Brings what the user said into its one spelling."""
    consequences: Callable[[Briefing, Mapping[str, Any]], dict[str, Any]] = no_consequences
    """What the settled fields mean for the step: updates of its state."""

    @property
    def number(self) -> str:
        """Its number in the specification."""
        return PLACES[self.node].number

    @property
    def title(self) -> str:
        """Its title in the specification."""
        return PLACES[self.node].title

    def fields(self, briefing: Briefing) -> tuple[Field, ...]:
        """The fields to ask for, given what has been decided so far."""
        if self.select_fields is not None:
            return self.select_fields(briefing)
        return fields_of(self.node)

    def inputs(self, briefing: Briefing) -> dict[str, Any]:
        """The values that the recommendation depends on, as they are now."""
        if self.gather_inputs is not None:
            return self.gather_inputs(briefing)
        return {name: briefing.get(name) for name in self.depends_on}
