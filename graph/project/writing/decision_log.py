"""`decision-log.md`: append-only, shared by all steps; ours are the TRAIN blocks."""

import re
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from .design import DecisionRecord
from .markdown import inline
from .rendering import render

_HEADING = re.compile(
    r"##[ \t]+(?P<id>TRAIN-\d{3})[ \t]*:[ \t]*(?P<title>.*?)(?:[ \t]*\(revision (?P<revision>\d+)\))?[ \t]*",
    re.IGNORECASE,
)
_ANY_HEADING = re.compile(r"#{1,2}[ \t]")
_FENCE = re.compile(r" {0,3}(?P<fence>`{3,}|~{3,})")
_FIELD = re.compile(
    r"(?:[-*][ \t]+)?\*\*(?P<name>Decision|Date|Step|Supersedes|Rationale):\*\*[ \t]*(?P<text>.*)", re.IGNORECASE
)
_RULE = re.compile(r" {0,3}(-[ \t]*){3,}")
_LINE_BREAK = re.compile(r"\r\n|\n|\r")


class LogEntry(BaseModel):
    """One block of ours, as the log holds it: every text on one line, with no Markdown blocks in it."""

    model_config = ConfigDict(frozen=True)

    id: str
    title: str
    decision: str
    rationale: str
    date: str = ""
    revision: int = 1


def log_entry(decision: DecisionRecord, date: str) -> LogEntry:
    """A decision as the log writes it."""
    return LogEntry(
        id=decision.id,
        title=inline(decision.title),
        decision=inline(f"{decision.choice} {decision.detail}"),
        rationale=inline(decision.rationale),
        date=date,
    )


def append_decisions(text: str, decisions: Sequence[DecisionRecord], date: str) -> str:
    """The log with the decisions that it doesn't hold yet, in the specification's form, at its end.

    A decision that stands as it is isn't appended again, whatever its date; a changed one is appended as a revision
    that names what it supersedes. Everything that stood in the log stays byte for byte.

    Args:
        text: the log as it is, line ends and byte order mark included; empty to begin one.
        decisions: what was decided.
        date: ISO date for new blocks.
    """
    current = latest_entries(text)
    blocks: list[str] = []
    for decision in decisions:
        entry, old = log_entry(decision, date), current.get(decision.id.upper())
        if old is None:
            blocks.append(_block(entry))
        elif _words(old.decision) != _words(entry.decision) or _words(old.rationale) != _words(entry.rationale):
            blocks.append(_block(entry.model_copy(update={"revision": old.revision + 1}), supersedes=old))
    if not blocks:
        return text
    newline = _newline(text)
    addition = "\n\n---\n\n".join(blocks) + "\n"
    return text + _joint(text, newline) + addition.replace("\n", newline)


def latest_entries(text: str) -> dict[str, LogEntry]:
    """The newest block of each of our decisions, by id in capitals; blocks inside code are none."""
    found: dict[str, LogEntry] = {}
    for heading, lines in _sections(text):
        match = _HEADING.fullmatch(heading)
        if match is None:
            continue
        fields = _fields(lines)
        identity = match["id"].upper()
        earlier = found[identity].revision if identity in found else 0
        found[identity] = LogEntry(
            id=identity,
            title=match["title"],
            decision=fields.get("decision", ""),
            rationale=fields.get("rationale", ""),
            date=fields.get("date", ""),
            revision=max(int(match["revision"] or 1), earlier + 1),
        )
    return found


def _sections(text: str) -> list[tuple[str, list[str]]]:
    """Headings of the first two levels, each with the lines below it; code and comments hold none."""
    lines = _LINE_BREAK.split(text.removeprefix("\ufeff"))
    sections: list[tuple[str, list[str]]] = [("", [])]
    position = 0
    while position < len(lines):
        end = _closing(lines, position)
        if end is None and _ANY_HEADING.match(lines[position]):
            sections.append((lines[position], []))
        else:
            sections[-1][1].extend(lines[position : (end or position) + 1])
        position = (end or position) + 1
    return sections


def _closing(lines: list[str], start: int) -> int | None:
    """The last line of the code block or comment that begins at a line; None where none does, or it never ends."""
    fence = _FENCE.match(lines[start])
    is_comment = lines[start].lstrip().startswith("<!--") and "-->" not in lines[start]
    if not fence and not is_comment:
        return None
    for index in range(start + 1, len(lines)):
        line = lines[index].strip()
        if (line.startswith(fence["fence"]) and not line.strip("`~")) if fence else "-->" in line:
            return index
    return None


def _fields(lines: list[str]) -> dict[str, str]:
    """The bold labels of a block with their texts, which may run over several lines; the first of a label counts."""
    fields: dict[str, str] = {}
    name = ""
    for line in lines:
        match = _FIELD.match(line)
        if match and match["name"].lower() not in fields:
            name = match["name"].lower()
            fields[name] = match["text"]
        elif _RULE.fullmatch(line) and "rationale" in fields:
            break
        elif name:
            fields[name] += "\n" + line
    return {key: value.strip() for key, value in fields.items()}


def _block(entry: LogEntry, supersedes: LogEntry | None = None) -> str:
    note = ""
    if supersedes is not None:
        which = f"{supersedes.id} (revision {supersedes.revision})" if supersedes.revision > 1 else supersedes.id
        of_date = f" of {inline(supersedes.date)}" if supersedes.date else ""
        note = f"{which}{of_date}: {inline(supersedes.decision)}"
    return render(
        "decision-log-entry.md.j2", entry=entry, date=entry.date, revision=entry.revision, supersedes=note
    ).rstrip("\n")


def _joint(text: str, newline: str) -> str:
    """What stands between the end of the log and a new block: an empty line and the separator, or the title."""
    body = text.removeprefix("\ufeff")
    if not body.strip():
        return render("decision-log-header.md.j2").replace("\n", newline) + newline
    ending = len(_LINE_BREAK.findall(body[len(body.rstrip(" \t\r\n")) :]))
    gap = newline * max(0, 2 - ending)
    lines = [line for line in _LINE_BREAK.split(body) if line.strip()]
    is_separated = _RULE.fullmatch(lines[-1]) or all(_ANY_HEADING.match(line) for line in lines)
    return gap if is_separated else f"{gap}---{newline}{newline}"


def _words(text: str) -> str:
    return " ".join(text.split())


def _newline(text: str) -> str:
    breaks = _LINE_BREAK.findall(text)
    return breaks[-1] if breaks else "\n"
