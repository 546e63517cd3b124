"""What a prompt shows of a section: documents, decisions, evidence and calculations, each within its bound."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

from ...fields import Field, all_fields, fields_of
from ...interrupts import Recommendation
from ...knowledge.evidence import Evidence
from ...sections.section import Advice
from ...texts import render
from ..parsing import format_value
from ..turn import Turn
from .reading import DOCUMENT_LIMIT, TOTAL_LIMIT, Block, Reading

EVIDENCE_LIMIT = 900
"""Characters of one piece of evidence in a prompt."""
EVIDENCE_COUNT = 24
"""Pieces of evidence in a prompt."""
CALCULATED_LIMIT = 8_000
"""Characters of the section's own text in a prompt."""
REPLY_LIMIT = 6_000
"""Characters of a reply, and of the end of what was shown, in a prompt."""


@dataclass(frozen=True)
class Material:
    """Everything that one section's prompts draw on."""

    turn: Turn
    reading: Reading
    advice: Advice
    said: str
    """The section's own deterministic text, with its calculations."""

    def messages(self, template: str, **more: Any) -> list[BaseMessage]:
        """The prompt of a task: persona and rules, then the project, then what changes from section to section."""
        briefing = self.turn.briefing
        evidence = more.pop("evidence", briefing.evidence)
        shown = dict(list(evidence.items())[:EVIDENCE_COUNT])
        prompt = render(
            f"model/{template}.md.j2",
            context=briefing.context,
            documents=self.reading.blocks(),
            document_limit=DOCUMENT_LIMIT,
            total_limit=TOTAL_LIMIT,
            missing=[item.path for item in briefing.context.documents if item.status in ("missing", "unreadable")],
            decisions=decisions(briefing.records),
            known=list(briefing.findings.values()),
            evidence=[evidence_block(label, item) for label, item in shown.items()],
            evidence_total=len(evidence),
            evidence_limit=EVIDENCE_LIMIT,
            without_evidence=briefing.without_evidence,
            calculated=Block("text of the program", self.said[:CALCULATED_LIMIT]),
            recommended=self.recommendations(),
            section=self.turn.section,
            **more,
        )
        return [self.system(), HumanMessage(prompt)]

    def system(self) -> SystemMessage:
        """Persona and rules: the same in every prompt of a run, so that a provider's cache holds."""
        return SystemMessage(render("model/system.md.j2", persona=self.reading.persona))

    def recommendations(self) -> list[str]:
        """The planner's values with range, reason and sources, one line each."""
        by_name = {field.name: field for field in self.turn.section.fields(self.turn.briefing)}
        return [recommendation_line(by_name.get(name), name, item) for name, item in self.advice.recommended.items()]

    def sources(self, *more: str) -> Iterable[str]:
        """All texts whose figures may be used."""
        briefing = self.turn.briefing
        yield from self.reading.texts.values()
        for item in briefing.evidence.values():
            yield evidence_text(item)
        for answer in self.turn.answers:
            yield from (evidence_text(result) for result in answer.results)
        yield self.said
        yield "\n".join(decisions(briefing.records))
        yield "\n".join(f"{held.value}" for held in briefing.values.values())
        yield "\n".join(self.recommendations())
        yield "\n".join(f"{item.value} {item.low} {item.high} {item.why}" for item in self.advice.recommended.values())
        yield "\n".join(f"{item.title} {item.detail}" for item in briefing.findings.values())
        yield from more

    def names(self) -> list[str]:
        """Proper names with digits in them: models, their families, and the GPUs named."""
        models = [
            name for model in self.turn.briefing.catalogue.models for name in (model.name, model.hf_id.split("/")[-1])
        ]
        families = {" ".join(name.replace("_", "-").split("-")[:2]) for name in models}
        held = [str(held.value) for held in self.turn.briefing.values.values() if isinstance(held.value, str)]
        short = [word for text in held if len(text) <= 60 for word in text.split() if any(map(str.isalpha, word))]
        return [*models, *families, *(word for word in short if len(word) >= 3 and not word[0].isdigit())]


def decisions(records: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Every confirmed value with its node, field and origin, one line each."""
    lines = []
    for node, record in records.items():
        if not record.get("confirmed"):
            continue
        fields = {field.name: field for field in fields_of(node)}
        for name, value in record.get("fields", {}).items():
            if value is not None and name in fields:
                origin = record.get("origins", {}).get(name, "user")
                lines.append(f"{node}.{name}: {format_value(fields[name], value)} ({origin})")
    return lines


def evidence_text(item: Evidence) -> str:
    """A piece of evidence with its figures."""
    figures = "; ".join(
        " ".join(str(part) for part in (each.quantity, each.value, each.min, each.max, each.unit, each.note) if part)
        for each in item.figures
    )
    return f"{item.title}\n{item.text}" + (f"\nFigures: {figures}" if figures else "")


def evidence_block(label: str, item: Evidence) -> Block:
    """A piece of evidence for a prompt, with its label and source."""
    source = f", {item.source_title}" if item.source_title else ""
    return Block(f"evidence {label} ({item.kind}{source})", evidence_text(item)[:EVIDENCE_LIMIT])


def recommendation_line(field: Field | None, name: str, item: Recommendation) -> str:
    """One recommendation in words."""
    definition = field or _defined(name)
    value = format_value(definition, item.value) if definition else str(item.value)
    span = ""
    if definition and item.low is not None and item.high is not None and item.low != item.high:
        span = f", range {format_value(definition, item.low)} to {format_value(definition, item.high)}"
    cited = f" [{', '.join(item.evidence)}]" if item.evidence else ""
    return f"{name}: {value}{span} (origin {item.origin}): {item.why}{cited}"


def field_lines(fields: Sequence[Field], recommended: Mapping[str, Recommendation]) -> list[str]:
    """The fields of a question for a prompt: name, label, options, recommendation."""
    lines = []
    for field in fields:
        options = f"; one of {', '.join(choice.value for choice in field.choices)}" if field.choices else ""
        advice = recommended.get(field.name)
        proposed = f"; recommended {format_value(field, advice.value)}" if advice else ""
        aliases = f"; also called {', '.join(field.aliases)}" if field.aliases else ""
        lines.append(f"{field.name}: {field.label} ({field.type}){options}{proposed}{aliases}")
    return lines


def _defined(name: str) -> Field | None:
    return next((field for fields in all_fields().values() for field in fields if field.name == name), None)
