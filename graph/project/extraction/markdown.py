"""From a Markdown document's lines to its statements; code, comments and rejected alternatives are left out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from .statements import Statement, label_of, passage_of, plain, sentences, split_label
from .tables import Table, is_row, is_separator, table_statements
from .vocabulary import cue, subjects_of

LINE_LIMIT = 20_000
"""Characters read of one line."""

_FENCE = re.compile(r"^\s{0,12}(`{3,}|~{3,})")
_HEADING = re.compile(r"^\s{0,3}(#{1,6})\s+(\S.{0,300})")
_BULLET = re.compile(r"^(\s*)(?:[-*+•–]|\d{1,3}[.)])\s+(?:\[[ xX]\]\s+)?(?=\S)")
_BOLD_LINE = re.compile(r"^\s{0,3}(?:\*\*|__)([^*_\n]{2,80})(?:\*\*|__)\s*:?\s*$")
_UNDERLINE = re.compile(r"^\s{0,3}(=+|-{3,})\s*$")
_INNER_LABELS = re.compile(r"\s{0,3}(?:[;,·•|])\s+(?=[A-Za-z#][\w /&()+.#'-]{0,40}:\s)")
_BOLD_LEVEL = 7
_WRAPPED = 60


@dataclass
class _Reader:
    """Walks the lines and keeps what stands above the current one."""

    lines: list[str]
    headings: list[tuple[int, str]] = field(default_factory=list)
    parents: list[tuple[int, str]] = field(default_factory=list)
    lead: str = ""
    block: list[tuple[int, str]] = field(default_factory=list)

    def above(self) -> tuple[str, ...]:
        names = [name for _, name in (*self.headings, *self.parents)]
        return (*names, self.lead) if self.lead else tuple(names)

    def enter(self, level: int, title: str) -> None:
        self.headings = [(depth, name) for depth, name in self.headings if depth < level]
        self.headings.append((level, label_of(title)))
        self.parents, self.lead = [], ""

    def flush(self) -> Iterator[Statement]:
        """State what the gathered lines say."""
        block, self.block = self.block, []
        if block:
            yield from _block_statements(block, self.above(), self)


def statements(text: str) -> Iterator[Statement]:
    """Everything that a document states, in order.

    Args:
        text: The document, already free of control characters.
    """
    for statement in _all_statements(text):
        if statement.emphasised or not _turned_down(statement):
            yield statement


def _turned_down(statement: Statement) -> bool:
    """Whether it stands under a heading such as "Alternatives considered" or "Out of scope"."""
    considered = cue("considered_heading")
    if statement.kind in {"label", "cell"} and _undecided(statement.text):
        return True
    for name in (*statement.headings, statement.label):
        if subjects_of(name):
            continue
        if any(match.start == 0 and match.end >= len(name) - 24 for match in considered.find(name)):
            return True
    return False


def _undecided(text: str) -> bool:
    """Whether a value only says that it is still open."""
    found = cue("undecided").find(text[:40])
    return bool(found) and found[0].start <= 1


def _all_statements(text: str) -> Iterator[Statement]:
    reader = _Reader([line[:LINE_LIMIT] for line in text.split("\n")])
    fence, comment, index = "", False, 0
    while index < len(reader.lines):
        line = reader.lines[index]
        number = index + 1
        opened = _FENCE.match(line)
        if fence:
            fence = "" if opened and line.strip().startswith(fence) else fence
        elif comment or line.lstrip().startswith("<!--"):
            comment = "-->" not in line
        elif opened:
            yield from reader.flush()
            fence = opened[1][:3]
        elif _starts_table(reader.lines, index):
            yield from reader.flush()
            table = Table.read(reader.lines, index)
            yield from table_statements(table, reader.above())
            index += table.height - 1
        else:
            yield from _line_statements(reader, line, number)
        index += 1
    yield from reader.flush()


def _starts_table(lines: list[str], index: int) -> bool:
    line = lines[index]
    if "|" not in line:
        return False
    return is_row(line) or (index + 1 < len(lines) and is_separator(lines[index + 1]))


def _line_statements(reader: _Reader, line: str, number: int) -> Iterator[Statement]:
    heading = _HEADING.match(line)
    bold = _BOLD_LINE.match(line)
    bullet = _BULLET.match(line)
    if heading or (bold and not reader.block):
        yield from reader.flush()
        level, title = (len(heading[1]), heading[2]) if heading else (_BOLD_LEVEL, bold[1] if bold else "")
        yield from _heading(reader, level, title.strip().rstrip("#").strip(), line, number)
    elif not line.strip():
        yield from reader.flush()
    elif _UNDERLINE.match(line):
        if len(reader.block) == 1 and _may_be_title(reader.block[0][1]):
            (above, title), reader.block = reader.block[0], []
            yield from _heading(reader, 1 if "=" in line else 2, title, title, above)
        else:
            yield from reader.flush()
    elif bullet or (reader.block and not line.startswith("  ") and _begins_anew(reader.block[-1][1], line)):
        yield from reader.flush()
        if bullet:
            _indent(reader, len(bullet[1].expandtabs(4)))
        reader.block = [(number, line)]
    else:
        if not reader.block and not line.startswith("  "):
            reader.parents, reader.lead = [], ""
        reader.block.append((number, line))


def _begins_anew(above: str, line: str) -> bool:
    """Whether a line starts a statement of its own: a label, or plain text under a list item that was not wrapped."""
    if _begins_label(line):
        return True
    return bool(_BULLET.match(above)) and len(above) < _WRAPPED and line[:1].isupper()


def _begins_label(line: str) -> bool:
    return bool(split_label(line.strip()[:200])[0])


def _may_be_title(line: str) -> bool:
    return len(line) <= 100 and not _BULLET.match(line) and not _begins_label(line)


def _indent(reader: _Reader, width: int) -> None:
    reader.parents = [(depth, name) for depth, name in reader.parents if depth < width]


def _heading(reader: _Reader, level: int, title: str, line: str, number: int) -> Iterator[Statement]:
    name, colon, rest = title.partition(":")
    above = tuple(text for depth, text in reader.headings if depth < level)
    reader.enter(level, title)
    yield Statement(plain(title), "", above, number, passage_of(line), "heading")
    if colon and rest.strip() and len(name) <= 60:
        yield Statement(plain(rest), label_of(name), above, number, passage_of(line), "label")


def _block_statements(block: list[tuple[int, str]], above: tuple[str, ...], reader: _Reader) -> Iterator[Statement]:
    """A paragraph or list item, whose lines belong together."""
    offsets: list[tuple[int, int]] = []
    joined = ""
    for number, line in block:
        offsets.append((len(joined), number))
        joined += line.strip() + " "
    bullet = _BULLET.match(block[0][1])
    marker = len(bullet.group().strip()) + 1 if bullet else 0
    body = joined[marker:].strip()
    label, rest = split_label(body)
    inner, value = split_label(rest) if label else ("", "")
    if value and subjects_of(inner) and not subjects_of(label):
        label, rest, above = inner, value, (*above, label)
    if label and not rest:
        _lead_in(reader, label, len(bullet[1].expandtabs(4)) if bullet else None)
        return
    if bullet and not label:
        reader.parents.append((len(bullet[1].expandtabs(4)), label_of(body[:80])))
    elif bullet:
        reader.parents.append((len(bullet[1].expandtabs(4)), label))
    shift = len(joined) - len(joined[marker:].lstrip()) + (len(body) - len(rest) if label else 0)
    prefix = body[: len(body) - len(rest)] if label else ""
    yield from _parts(rest if label else body, label, prefix, above, offsets, shift)


def _lead_in(reader: _Reader, label: str, indent: int | None) -> None:
    """A line such as "We have:" stands above what follows."""
    if indent is None:
        reader.parents, reader.lead = [], label
    else:
        reader.parents.append((indent, label))


def _parts(
    text: str, label: str, prefix: str, above: tuple[str, ...], offsets: list[tuple[int, int]], shift: int
) -> Iterator[Statement]:
    """The labelled pieces of a line, and the sentences of each."""
    position = 0
    for piece in _INNER_LABELS.split(text) if ": " in text else [text]:
        at = text.find(piece, position)
        position = at + len(piece)
        inner, value = split_label(piece) if piece != text else ("", piece)
        before = piece[: len(piece) - len(value)] if inner else prefix
        at += len(piece) - len(value)
        for offset, sentence in sentences(value):
            number = next(line for start, line in reversed(offsets) if start <= shift + at + offset or start == 0)
            yield from _sentence(sentence, inner or label, before, above, number)


def _sentence(sentence: str, label: str, before: str, above: tuple[str, ...], number: int) -> Iterator[Statement]:
    """One sentence, which may open with a label of its own ("SFT data: 3k.")."""
    own, value = split_label(sentence)
    passage = passage_of(before + sentence)
    if value and subjects_of(own):
        label, sentence, passage = own, value, passage_of(sentence)
    if said := plain(sentence):
        yield Statement(said, label, above, number, passage, "label" if label else "sentence")
