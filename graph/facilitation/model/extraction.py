"""Facts of the documents as the model reads them: only what a passage states, behind what the rules have found."""

from collections.abc import Mapping
from typing import get_args

from pydantic import Field as Described

from ...fields import Field, all_fields
from ...project.facts import Fact, FactName, ProjectContext
from ..parsing import FieldError, coerce
from ..parsing.text import one_line
from .reading import Reading
from .reply_schema import Strict
from .said import was_said

_PASSAGE_LIMIT = 300
_TEXT_LIMIT = 500


class ReadFact(Strict):
    """One statement as the model gives it."""

    name: FactName
    value: str
    document: str
    passage: str


class ReadFacts(Strict):
    """Everything that the documents state."""

    facts: list[ReadFact] = Described(description="One entry for each statement; empty where nothing is stated.")


def names_to_read() -> list[str]:
    """The names of facts for the prompt, with what is accepted."""
    fields = _fields()
    lines = []
    for name in get_args(FactName):
        field = fields.get(name)
        options = f": one of {', '.join(choice.value for choice in field.choices)}" if field and field.choices else ""
        lines.append(f"{name}{options}" + (f" ({field.label}, for example {field.example})" if field else ""))
    return lines


def stated_facts(read: ReadFacts, reading: Reading) -> list[Fact]:
    """The facts whose passage is in its document and holds the value."""
    fields = _fields()
    facts = []
    for item in read.facts:
        path = reading.find(item.document)
        if path is None or not reading.holds(path, item.passage):
            continue
        field = fields.get(item.name)
        try:
            value = coerce(field, item.value) if field else one_line(item.value)[:_TEXT_LIMIT]
        except FieldError:
            continue
        if field and not was_said(field, value, item.passage):
            continue
        passage = one_line(item.passage)[:_PASSAGE_LIMIT]
        facts.append(
            Fact(name=item.name, value=value, source=path, passage=passage, line=_line(reading, path, passage))
        )
    return facts


def merged(context: ProjectContext, found: list[Fact]) -> ProjectContext:
    """The context with the model's facts where the rules found none in the same document."""
    facts = {name: list(known) for name, known in context.facts.items()}
    for fact in found:
        known = facts.setdefault(fact.name, [])
        if not any(each.source == fact.source for each in known):
            known.append(fact)
    return context.model_copy(update={"facts": {name: known for name, known in facts.items() if known}})


def _fields() -> Mapping[str, Field]:
    """The definition of each fact that is also a field; size limits and free texts as their sections define them."""
    return {
        field.name: field for fields in all_fields().values() for field in fields if field.name in get_args(FactName)
    }


def _line(reading: Reading, path: str, passage: str) -> int:
    """The line on which the passage begins, counted from 1."""
    start = passage[:30].split("  ")[0]
    for number, line in enumerate(reading.texts[path].splitlines(), 1):
        if start and start in one_line(line):
            return number
    return 1
