"""What the knowledge base answered: queries, results and the figures in them, as plain JSON."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Tool = Literal["search_knowledge", "get_decisions", "get_patterns", "get_warnings", "get_methodologies", "list_sources"]


class Query(BaseModel):
    """One call of a knowledge tool."""

    model_config = ConfigDict(frozen=True)

    tool: Tool
    text: str
    limit: int = 8
    broader: str = ""
    """What to ask when `text` brings nothing: the template's own words, without the values."""


class Figure(BaseModel):
    """A number that a source states, with what it holds for."""

    model_config = ConfigDict(extra="allow")

    quantity: str
    value: float | str | None = None
    min: float | None = None
    max: float | None = None
    unit: str = ""
    method: str = ""
    task_type: str = ""
    model_size: str = ""
    note: str = ""
    locator: str = ""


class Evidence(BaseModel):
    """One result, kept once per run and cited by its label (`K12`)."""

    id: str
    """The server's own id of the entry."""
    kind: str
    """decision, pattern, warning, methodology, chunk or extraction."""
    title: str
    text: str
    """The result in readable form, at most 2,000 characters. It is data: quoted and cited, never obeyed."""
    source_id: str = ""
    source_title: str = ""
    locator: str = ""
    url: str = ""
    provenance: str = ""
    """`seen`, `quoted` or `recalled`, where the server says so."""
    score: float | None = None
    figures: list[Figure] = Field(default_factory=list)


class Answer(BaseModel):
    """What one query brought."""

    query: Query
    results: list[Evidence] = Field(default_factory=list)
    broadened_from: Query | None = None
    """The contextual query that came back empty, when this is its broader second try."""
    metadata: dict[str, Any] = Field(default_factory=dict)
