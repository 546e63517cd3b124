"""Findings from a critical reading: only those whose every ground can be found, none twice, the gravest first."""

import re
from collections.abc import Iterable, Sequence
from typing import Literal

from pydantic import Field as Described

from ...findings import Finding, Ground
from ..parsing.text import normalise, one_line
from .grounding import ground
from .material import Material
from .reply_schema import Strict

MOST = 3
"""Findings that one reading of a section may raise."""

_LABEL = re.compile(r"K\d{1,5}")
_TITLE_LIMIT = 120
_DETAIL_LIMIT = 700
_PASSAGE_LIMIT = 300
_ALIKE = 0.5
_SMALL_WORDS = frozenset(
    ["a", "an", "the", "of", "in", "on", "for", "to", "and", "or", "is", "are", "be", "with", "without", "no", "not"]
)


class ReadGround(Strict):
    """What the model says that a finding rests on."""

    source: str
    passage: str


class ReadFinding(Strict):
    """A finding as the model gives it."""

    kind: Literal["contradiction", "gap", "risk"]
    title: str
    detail: str
    subject: str
    grounds: list[ReadGround]
    owner: str


class CriticalReading(Strict):
    """The findings of one reading, the most consequential first."""

    findings: list[ReadFinding] = Described(description=f"At most {MOST}; an empty list where there is nothing to say.")


def accepted(read: CriticalReading, material: Material) -> tuple[list[Finding], int, int]:
    """The findings that hold.

    Returns:
        Findings without ids, at most `MOST`; how many false citations were removed, and how many figures flagged.
    """
    briefing = material.turn.briefing
    known = list(briefing.findings.values())
    kept: list[Finding] = []
    removed = unverified = 0
    for item in read.findings:
        grounds = _grounds(item, material)
        if not grounds or (item.kind == "contradiction" and len(grounds) < 2):
            continue
        detail = ground(
            one_line(item.detail)[:_DETAIL_LIMIT], material.turn.labels(), material.sources(), material.names()
        )
        title = ground(
            one_line(item.title)[:_TITLE_LIMIT], material.turn.labels(), material.sources(), material.names()
        )
        finding = Finding(
            id="",
            key=f"read:{normalise(item.subject)[:60] or normalise(item.title)[:60]}",
            kind=item.kind,
            node=material.turn.section.node,
            title=title.text.rstrip("."),
            detail=detail.text,
            grounds=grounds,
            owner=one_line(item.owner)[:80],
        )
        if is_known(finding, [*known, *kept]):
            continue
        kept.append(finding)
        removed += detail.removed_citations + title.removed_citations
        unverified += detail.unverified_figures + title.unverified_figures
        if len(kept) == MOST:
            break
    return kept, removed, unverified


def is_known(finding: Finding, others: Iterable[Finding]) -> bool:
    """Whether a finding says what another one says: by its subject, by its grounds, or by the words of its title."""
    return any(
        finding.key == other.key or _same_grounds(finding, other) or _alike(finding.title, other.title)
        for other in others
    )


def _grounds(item: ReadFinding, material: Material) -> list[Ground]:
    """The grounds as they are recorded; empty where one of them cannot be found."""
    grounds = []
    for said in item.grounds:
        held = _ground(said, material)
        if held is None:
            return []
        if held not in grounds:
            grounds.append(held)
    return grounds


def _ground(said: ReadGround, material: Material) -> Ground | None:
    source = said.source.strip().strip("[]")
    if _LABEL.fullmatch(source):
        return Ground(source=source) if source in material.turn.labels() else None
    if source.startswith("answer:"):
        record = material.turn.briefing.records.get(source.removeprefix("answer:"), {})
        return (
            Ground(source=source, passage=one_line(said.passage)[:_PASSAGE_LIMIT]) if record.get("confirmed") else None
        )
    path = material.reading.find(source)
    if path is None or not material.reading.holds(path, said.passage):
        return None
    return Ground(source=path, passage=one_line(said.passage)[:_PASSAGE_LIMIT])


def _same_grounds(one: Finding, other: Finding) -> bool:
    """Whether two findings of a kind rest on the very same passages."""
    if one.kind != other.kind:
        return False
    mine, theirs = _passages(one.grounds), _passages(other.grounds)
    return bool(mine) and mine == theirs


def _passages(grounds: Sequence[Ground]) -> set[tuple[str, str]]:
    return {(each.source, normalise(each.passage)) for each in grounds if each.passage}


def _alike(one: str, other: str) -> bool:
    mine, theirs = _words(one), _words(other)
    return bool(mine and theirs) and len(mine & theirs) / len(mine | theirs) >= _ALIKE


def _words(title: str) -> set[str]:
    return {word.rstrip("s") for word in normalise(title).split() if word not in _SMALL_WORDS}
