"""What the model is for: task type, use case, domain, objectives and what the data have to be."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from ..facts import FactName
from .candidates import MENTIONED, OUTRIGHT, STATED, Candidate
from .meaning import stance
from .statements import Statement, plain
from .vocabulary import Match, cue, subjects_of, vocabulary

_TEXT_LIMIT = 280
_LABEL_OF_USE_CASE = re.compile(r"^(?:(?:primary|main|secondary)\s)?use[\s-]?case(?:\s?(?:#?\d{1,2}|[a-c])|\s?name)?$")
_NUMBERED = re.compile(r"^(?:UC|use[\s-]?case)[\s#-]{0,2}\d{1,2}\s?[:.–—-]\s?|^\d{1,2}[.)]\s", re.IGNORECASE)
_BUILDING = re.compile(
    r"\b(?:we(?:'re| are)? (?:build(?:ing)?|want|need|develop(?:ing)?)|the goal is to (?:build|create)"
    r"|this project (?:builds|creates|delivers)|aims to build|(?:is|be) building|to build)\s+"
    r"(?:an?\s|our\s|the\s)(?P<what>[^.;:\n]{8,140})",
    re.IGNORECASE,
)
_BUILT_THINGS = {
    "assistant",
    "chatbot",
    "bot",
    "model",
    "copilot",
    "agent",
    "system",
    "tool",
    "summarizer",
    "summariser",
    "classifier",
    "generator",
    "helper",
    "service",
    "pipeline",
    "extractor",
    "translator",
}
_HIGH = re.compile(r"\b(?:high|critical|p0|p1|must|1|highest|mvp)\b", re.IGNORECASE)
_NOT_A_CASE = {
    "priority",
    "flow",
    "inputs",
    "input",
    "outputs",
    "expected outputs",
    "success criteria",
    "users",
    "user",
    "description",
    "actor",
    "actors",
    "trigger",
    "notes",
    "frequency",
    "value",
    "goal",
    "volume",
    "latency",
}
_FALSE_FRIENDS = re.compile(
    r"\b(?:executive summary|data classification|classification:? (?:internal|confidential|public)|status codes?"
    r"|error codes?|postal codes?|codes? of conduct|"
    r"slack chat|live chat hours|etl|extract,? transform|tone of this document|rag chat|retrieval chat)\b",
    re.IGNORECASE,
)
_PURPOSE_WORDS = {
    "fine",
    "finetune",
    "finetuning",
    "tune",
    "tuned",
    "model",
    "assistant",
    "teach",
    "learn",
    "train",
    "trained",
    "build",
    "building",
    "bot",
    "llm",
}


def task_candidates(statements: Sequence[Statement]) -> Iterator[Candidate]:
    """The task type: what a label says, else what the use cases and objectives speak of most."""
    tasks = vocabulary("task_types")
    weights: Counter[str] = Counter()
    first: dict[str, Statement] = {}
    for statement in statements:
        matches = tasks.find(statement.text, statement.words) or _in_case_label(statement)
        if not matches or _FALSE_FRIENDS.search(statement.text):
            continue
        accepted = [match.value for match in matches if stance(statement, match.start, match.end) != "rejected"]
        if "task_type" in statement.subjects and accepted and statement.kind != "heading":
            yield Candidate("task_type", accepted[0], statement, OUTRIGHT)
            continue
        weight = _weight(statement)
        for place, value in enumerate(dict.fromkeys(accepted)):
            weights[value] += weight if place == 0 else max(weight - 1, 0)
            first.setdefault(value, statement)
    if weights:
        value, weight = weights.most_common(1)[0]
        if weight > 1:
            yield Candidate("task_type", value, first[value], STATED)


def task_named(text: str) -> str | None:
    """The one task type that a description of a use case names; None where it names none, or several."""
    return None if _FALSE_FRIENDS.search(text) else _only_value("task_types", text)


def domain_named(text: str) -> str | None:
    """The one domain whose words a description has; None where it has none's, or several's."""
    return _only_value("domains", text)


def is_domain(text: str) -> bool:
    """Whether a text is the name of a domain and nothing else."""
    return any(match.end - match.start == len(text) for match in vocabulary("domains").find(text))


def _only_value(name: str, text: str) -> str | None:
    named = {match.value for match in vocabulary(name).find(text)}
    return named.pop() if len(named) == 1 else None


def _in_case_label(statement: Statement) -> list[Match]:
    """Task types that only the label of a listed use case names, such as "Clause extraction: pulls parties"."""
    listed = statement.label and any("use_case" in subjects_of(heading) for heading in statement.headings[-1:])
    return vocabulary("task_types").find(statement.label) if listed else []


def _weight(statement: Statement) -> int:
    """How much a mention tells: a use case's name and an objective more than a passing word."""
    if _is_use_case(statement) or statement.subjects & {"use_case", "objectives"}:
        return 4
    if any(subjects_of(heading) & {"use_case", "objectives"} for heading in statement.headings):
        return 2
    if statement.kind == "heading" or statement.weak:
        return 0
    return 2 if statement.words & _PURPOSE_WORDS else 1


def _is_use_case(statement: Statement) -> bool:
    return bool(statement.label and _LABEL_OF_USE_CASE.match(statement.label))


def domain_candidates(statements: Sequence[Statement]) -> Iterator[Candidate]:
    """The domain: what a label says, else the one whose words come up most."""
    domains = vocabulary("domains")
    counted: Counter[str] = Counter()
    first: dict[str, Statement] = {}
    for statement in statements:
        if "domain" in statement.subjects and statement.kind != "heading" and not statement.weak:
            if not cue("undecided").is_in(statement.text) and len(statement.text) <= 120:
                named = domains.values_in(statement.text, statement.words)
                yield Candidate("domain", named[0] if named else _slug(statement.text), statement, OUTRIGHT)
            continue
        weight = 2 if _is_use_case(statement) or (statement.kind == "heading" and statement.headings[:1] == ()) else 1
        for match in domains.find(statement.text, statement.words):
            counted[match.value] += weight
            first.setdefault(match.value, statement)
    if counted:
        value, weight = counted.most_common(1)[0]
        if weight > 1:
            yield Candidate("domain", value, first[value], STATED)


def _slug(text: str) -> str:
    return re.sub(r"[^\w]+", "-", re.split(r"[(.;,]", text)[0].strip().lower()).strip("-")[:60]


def use_case_candidates(statements: Sequence[Statement]) -> Iterator[Candidate]:
    """The use cases by name, those of high priority first."""
    named: list[Candidate] = []
    high: set[str] = set()
    for statement in statements:
        name = _case_name(statement)
        if name:
            named.append(Candidate("use_case", name, statement, OUTRIGHT))
        elif statement.label == "priority" and _HIGH.search(statement.text) and statement.headings:
            high.add(statement.headings[-1])
        elif statement.kind == "sentence" and (built := _built(statement)):
            named.append(Candidate("use_case", built, statement, MENTIONED))
    yield from sorted(named, key=lambda candidate: not any(candidate.value.lower() in heading for heading in high))


def _built(statement: Statement) -> str:
    """What a sentence such as "We are building a support assistant" says is built; empty where it is no software."""
    found = _BUILDING.search(statement.text)
    if found is None or _BUILT_THINGS.isdisjoint(word.strip(",") for word in found["what"].lower().split()):
        return ""
    return found["what"].strip()[:_TEXT_LIMIT]


def _case_name(statement: Statement) -> str:
    """The use case that a heading, label or list item names."""
    if statement.label and _LABEL_OF_USE_CASE.match(statement.label):
        return (
            statement.text[:_TEXT_LIMIT]
            if len(statement.text) > 2 and not cue("undecided").is_in(statement.text[:20])
            else ""
        )
    inside = bool(statement.headings) and re.search(r"\buse[\s-]?cases?\b", statement.headings[-1]) is not None
    if statement.kind == "heading":
        numbered = _NUMBERED.match(statement.text)
        if (numbered and numbered.group()[:1].lower() == "u") or (
            inside and ":" not in statement.text and statement.text.lower() not in _NOT_A_CASE
        ):
            return _NUMBERED.sub("", statement.text)[:_TEXT_LIMIT]
        return ""
    if (
        inside
        and statement.kind in {"label", "cell"}
        and statement.label
        and statement.label not in _NOT_A_CASE
        and len(statement.headings[-1]) <= 24
    ):
        return plain(statement.passage).strip("| ")[:_TEXT_LIMIT] if not subjects_of(statement.label) else ""
    return ""


def text_candidates(statements: Sequence[Statement]) -> Iterator[Candidate]:
    """Objectives and data requirements: the words under their label or heading, as they stand."""
    names: tuple[FactName, ...] = ("objectives", "data_requirements")
    for name in names:
        gathered = [item for item in statements if item.kind != "heading" and not item.weak and _is_under(item, name)]
        if gathered:
            pieces = dict.fromkeys(
                f"{item.label}: {item.text}" if item.label and name not in subjects_of(item.label) else item.text
                for item in gathered
            )
            yield Candidate(name, _joined(pieces), gathered[0], OUTRIGHT)


def _is_under(statement: Statement, name: str) -> bool:
    above = (statement.label, *statement.headings[-2:])
    return any(name in subjects_of(text) and len(text) <= 60 for text in above if text)


def _joined(pieces: dict[str, None]) -> str:
    text = ""
    for piece in pieces:
        if text and len(text) + len(piece) + 2 > _TEXT_LIMIT:
            break
        text = f"{text}; {piece.rstrip('.;')}" if text else piece.rstrip(".;")
    return text[:_TEXT_LIMIT]
