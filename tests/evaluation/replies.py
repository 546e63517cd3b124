"""The corpus of messy replies as an evaluation: what each mode makes of it, scored and printed.

The corpus is `tests/fixtures/replies.yaml`; the evaluation takes the replies in people's own words: those marked
`messy`, and those that guided mode is not expected to understand.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from fine_tuning_specialist.facilitation.parsing import format_value
from fine_tuning_specialist.facilitation.parsing.text import clean
from fine_tuning_specialist.facilitation.protocol import Interpretation
from fine_tuning_specialist.facilitation.turn import Turn
from fine_tuning_specialist.fields import fields_of
from fine_tuning_specialist.interrupts import Question
from fine_tuning_specialist.planning.catalogue import load_catalogue
from fine_tuning_specialist.project.context import load_project
from fine_tuning_specialist.sections.registry import SECTIONS
from fine_tuning_specialist.sections.section import Briefing, Section

CORPUS = Path(__file__).parents[1] / "fixtures" / "replies.yaml"
KINDS = {"entry_checkpoint": "confirm", "document_decisions": "confirm", "knowledge_failure": "failure"}
DOCUMENTS = {"sidecar.yaml": "project_name: router-help\narchitecture: hybrid\n"}
LINES = 4

Read = Callable[[str, Question], Awaitable[Interpretation]]


@dataclass
class Score:
    """How many replies were understood, and which were not."""

    mode: str
    right: int = 0
    guessed: int = 0
    """Values taken where nothing should have been."""
    asked_back: int = 0
    """Answers not understood and asked for again: a nuisance, but no harm."""
    missed: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        return self.right + len(self.missed)

    @property
    def share(self) -> float:
        return self.right / self.total

    def __str__(self) -> str:
        understood = f"{self.mode}: {self.right} of {self.total} understood ({self.share:.0%})"
        first = f"{understood}, {self.asked_back} asked back, {self.guessed} guessed"
        return "\n".join([first, *(f"  {miss}" for miss in self.missed)])


def corpus() -> list[dict[str, Any]]:
    """The replies in people's own words, each with what is `expected`."""
    entries: list[dict[str, Any]] = yaml.safe_load(CORPUS.read_text(encoding="utf-8"))
    return [
        {**entry, "expected": entry["model"] if not entry.get("guided", True) else entry["expect"]}
        for entry in entries
        if not entry.get("guided", True) or entry.get("messy")
    ]


def question(node: str) -> Question:
    """The pending question of an entry."""
    fields = fields_of(node)
    if node == "present_menu.accept":
        fields = tuple(each.model_copy(update={"maximum": LINES}) for each in fields)
    kind: Any = "menu" if node.startswith("present_menu") else KINDS.get(node, "question")
    title = section(node).title
    return Question(kind=kind, question_key=node, section="1", title=title, message=f"{title}?", fields=fields)


def section(node: str) -> Section:
    """The section that asks."""
    return next((each for each in SECTIONS if each.node == node), Section(node="present_menu"))


def turn(node: str) -> Turn:
    """A turn in that section of a project of which nothing is decided yet."""
    context = load_project(None, documents=DOCUMENTS)
    briefing = Briefing(
        context=context, values={}, records={}, evidence={}, findings={}, path={}, catalogue=load_catalogue()
    )
    return Turn(section=section(node), briefing=briefing, documents=DOCUMENTS)


async def evaluate(mode: str, read: Read, entries: Sequence[Mapping[str, Any]]) -> Score:
    """Have every reply read, and score the readings."""
    score = Score(mode)
    for entry in entries:
        result = await read(entry["reply"], question(entry["node"]))
        if understood(result, entry["expected"]):
            score.right += 1
            continue
        wanted = entry["expected"]["kind"]
        if result.kind == "answer" and result.fields and wanted != "answer":
            score.guessed += 1
        elif result.kind in ("unclear", "question"):
            score.asked_back += 1
        shown = result.model_dump(exclude_defaults=True, include={"kind", "fields", "command", "question"})
        score.missed.append(f"{entry['node']}: {entry['reply']!r}: {shown} instead of {entry['expected']}")
    return score


def understood(result: Interpretation, expected: Mapping[str, Any]) -> bool:
    """Whether a reading is what people would make of the reply."""
    if result.kind != expected["kind"]:
        return False
    fields = expected.get("fields", {})
    contains = expected.get("contains", {})
    if any(result.fields.get(name) != value for name, value in fields.items()):
        return False
    if any(str(part).casefold() not in str(result.fields.get(name, "")).casefold() for name, part in contains.items()):
        return False
    if fields and not contains and set(result.fields) - set(fields):
        return False
    return all(expected.get(name) in (None, getattr(result, name)) for name in ("command", "owner_step", "accept_rest"))


def as_read(entry: Mapping[str, Any]) -> dict[str, Any]:
    """What a model that understands people would send for an entry: values as the user wrote them."""
    expected = entry["expected"]
    fields: dict[str, Any] = dict.fromkeys(each.name for each in fields_of(entry["node"]))
    for each in fields_of(entry["node"]):
        if each.name in expected.get("contains", {}):
            fields[each.name] = entry["reply"]
        elif each.name in expected.get("fields", {}):
            value = expected["fields"][each.name]
            fields[each.name] = value if each.type in ("boolean", "choice") else format_value(each, value)
    kind = expected["kind"]
    return {
        "kind": kind,
        "fields": fields,
        "accept_rest": bool(expected.get("accept_rest")),
        "unknown": expected.get("unknown", []),
        "command": expected.get("command"),
        "owner_step": expected.get("owner_step"),
        "question": entry["reply"] if kind in ("question", "out_of_scope") else expected.get("question"),
        "clarification": "Which one do you mean?" if kind == "unclear" else None,
    }


def marker(reply: str) -> str:
    """How a prompt holds exactly this reply."""
    return f" reply\n{clean(reply)}\n"
