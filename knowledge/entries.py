"""The form of what the base holds: sources, entries with figures, and questions on which sources disagree."""

import datetime as dt
import re
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, model_validator

Kind = Literal["decision", "pattern", "warning", "methodology", "fact"]
Provenance = Literal["seen", "quoted", "recalled"]
"""How the statement was read: in the source itself, in a quotation or notes of it, or from memory (unverified)."""

FIELDS_OF_KIND: dict[str, tuple[str, ...]] = {
    "decision": ("question", "options", "considerations", "recommended_approach"),
    "pattern": ("problem", "code_example", "context", "trade_offs"),
    "warning": ("symptoms", "consequences", "prevention"),
    "methodology": ("steps", "prerequisites", "outputs"),
    "fact": (),
}
_ALL_KIND_FIELDS = frozenset(name for names in FIELDS_OF_KIND.values() for name in names)
_MODEL_SIZE = re.compile(r"(?:<=?|>=?)?\d+(?:\.\d+)?B(?:-\d+(?:\.\d+)?B)?")


def _as_text(value: Any) -> Any:
    """YAML reads `2026-11-09` as a date and `2026` as a number; both are meant as text here."""
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Text = Annotated[str, BeforeValidator(_as_text)]
Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=120)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(_Strict):
    """One item of the bibliography."""

    id: Identifier
    title: str = Field(min_length=1)
    authors: str | list[str] = ""
    year: int | None = None
    kind: str = "docs"
    url: str = ""
    arxiv: Text = ""
    license: str = ""
    pinned: Text = ""
    """The commit or version that was read."""
    note: str = ""
    provenance: Provenance = "seen"

    @property
    def author_list(self) -> list[str]:
        """The authors as a list; a single text counts as one."""
        return self.authors if isinstance(self.authors, list) else [self.authors] if self.authors else []

    @property
    def address(self) -> str:
        """Where to read it: the URL, else the arXiv page, else nothing."""
        return self.url or (f"https://arxiv.org/abs/{self.arxiv}" if self.arxiv else "")


class Figure(BaseModel):
    """A number that a source states, with what it holds for; further qualifiers (gpu, precision, …) are kept."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, JsonValue]

    quantity: str = Field(pattern=r"^[a-z0-9_]+$")
    value: float | int | bool | str | None = None
    min: float | int | None = None
    max: float | int | None = None
    values: list[float | int | str] | None = None
    formula: str | None = None
    unit: str = ""
    method: str = ""
    task_type: str = ""
    domain: str = ""
    model_size: str = ""
    """Billions of parameters: `7B`, `7B-13B`, `<2B`, `<=14B`, `>=30B`."""
    note: str = ""
    locator: str = ""
    source: str = ""
    """Id of the source where it isn't the entry's first one."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if all(given is None for given in (self.value, self.min, self.max, self.values, self.formula)):
            raise ValueError(f"figure '{self.quantity}' states nothing: give value, min, max, values or formula")
        if self.model_size and not _MODEL_SIZE.fullmatch(self.model_size):
            raise ValueError(f"model_size '{self.model_size}' is not of the form 7B, 7B-13B, <2B or >=30B")
        return self


class Entry(_Strict):
    """One statement of the base, in own words, with where it comes from."""

    id: Identifier
    kind: Kind
    also_kinds: tuple[Kind, ...] = ()
    """Further kinds under which the entry is offered, where it serves as more than one."""
    title: str = Field(min_length=1)
    body: str = Field(min_length=1)
    question: str = ""
    options: list[str] = []
    considerations: list[str] = []
    recommended_approach: str = ""
    problem: str = ""
    code_example: str = ""
    context: str = ""
    trade_offs: list[str] = []
    symptoms: list[str] = []
    consequences: list[str] = []
    prevention: str = ""
    steps: list[str] = []
    prerequisites: list[str] = []
    outputs: list[str] = []
    figures: list[Figure] = []
    sources: list[str] = Field(min_length=1)
    locator: Text = ""
    provenance: Provenance
    partly_recalled: bool = False
    caveat: str = ""
    as_of: Text = ""
    tags: list[Text] = []
    also: list[str] = []
    """Ids of entries that said the same and were merged into this one."""
    related: list[str] = []

    @property
    def kinds(self) -> frozenset[str]:
        """Every kind under which the entry is offered."""
        return frozenset((self.kind, *self.also_kinds))

    @model_validator(mode="after")
    def _check(self) -> Self:
        allowed = {name for kind in self.kinds for name in FIELDS_OF_KIND[kind]}
        if stray := sorted((self.model_fields_set & _ALL_KIND_FIELDS) - allowed):
            raise ValueError(f"{', '.join(stray)} does not belong to a {self.kind}: remove it or change the kind")
        if "decision" in self.kinds and not self.question:
            raise ValueError("a decision needs its question")
        return self


class Position(_Strict):
    """One side of a disagreement."""

    claim: str = Field(min_length=1)
    sources: list[str] = Field(min_length=1)


class Contradiction(_Strict):
    """A question that sources answer differently. `reading` is the base's own reconciliation, not a citation."""

    id: Identifier
    question: str = Field(min_length=1)
    positions: list[Position] = Field(min_length=2)
    reading: str
    related: list[str] = []
    tags: list[Text] = []


class EntryFile(_Strict):
    """A file of entries on one topic; the entries are checked one by one so that each error names its entry."""

    topic: str = ""
    description: str = ""
    entries: list[dict[str, Any]]
