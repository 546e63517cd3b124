"""Reading facts out of documents without a model.

A document is taken apart into statements (`markdown`, `tables`, `statements`); each kind of fact has its reader, which
knows the words of its subject (`prompts/extraction/`); `candidates` decides what the document truly claims.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from ..facts import Fact
from ..text_files import clean
from .candidates import Candidate, claimed
from .compute import compute_candidates, platform_candidates
from .data import data_candidates, source_candidates
from .limits import limit_candidates
from .markdown import statements
from .model import license_candidates, size_candidates
from .purpose import domain_candidates, task_candidates, text_candidates, use_case_candidates
from .spending import budget_candidates
from .stack import (
    chunking_candidates,
    database_candidates,
    embedding_candidates,
    mlops_candidates,
    tools_of_sidecar,
    tracking_candidates,
)
from .statements import Statement

__all__ = ["extract_facts", "facts_of_tools"]

_READERS: tuple[Callable[[Sequence[Statement]], Iterator[Candidate]], ...] = (
    task_candidates, use_case_candidates, domain_candidates, data_candidates, source_candidates, compute_candidates,
    platform_candidates, license_candidates, size_candidates, budget_candidates, tracking_candidates, mlops_candidates,
    limit_candidates, text_candidates, embedding_candidates, chunking_candidates, database_candidates,
)  # fmt: skip
_STATEMENT_LIMIT = 4_000


def extract_facts(path: str, text: str) -> list[Fact]:
    """What a Markdown document states, each value with its passage and line.

    Several values of one fact are kept where the document truly claims them. Code, comments, rejected alternatives and
    numbers that count something else are left out. Time grows linearly with the text, and at most 4,000 statements
    (several hundred kilobytes of prose) are read.

    Args:
        path: The document, relative to the project folder.
        text: Its text; it is read, never executed or rendered.
    """
    said: list[Statement] = []
    for statement in statements(clean(text)):
        said.append(statement)
        if len(said) == _STATEMENT_LIMIT:
            break
    return _facts(path, (candidate for reader in _READERS for candidate in reader(said)))


def facts_of_tools(path: str, stack: Mapping[str, tuple[str, int]]) -> list[Fact]:
    """What the sidecar's `tech_stack` states: tools by key, each with its line."""
    return _facts(path, tools_of_sidecar(stack))


def _facts(path: str, candidates: Iterable[Candidate]) -> list[Fact]:
    return [
        Fact(name=item.name, value=item.value, source=path, passage=item.statement.passage, line=item.statement.line)
        for item in claimed(candidates)
    ]
