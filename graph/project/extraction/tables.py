"""Tables: rows of labels and values, rows of records, and comparisons of which only the choice counts."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .statements import SENTENCE_LIMIT, Statement, label_of, passage_of, plain
from .vocabulary import cue, subjects_of

_SEPARATOR = re.compile(r"^\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*){0,40}\|?\s*$")
_CELL = re.compile(r"(?<!\\)\|")
_CELL_COUNT = 40
_YES = {
    "yes",
    "y",
    "x",
    "✓",
    "✔",
    "✅",
    "☑",
    "selected",
    "chosen",
    "winner",
    "accepted",
    "adopted",
    "✔️",
    "primary",
    "approved",
    "true",
}
_NO = {
    "no", "n", "-", "–", "—", "✗", "✘", "❌", "", "rejected", "considered", "dropped", "not chosen", "not selected",
    "discarded", "false", "declined",
}  # fmt: skip
_MARKED = re.compile(r"✅|✓|✔|☑|\((?:chosen|selected|our choice)\)|\b(?:chosen|selected|winner)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Row:
    """One row as it stands in the document, and its cells."""

    line: int
    words: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table's head, if it has one, and its rows; `height` is the number of lines it takes."""

    head: tuple[str, ...]
    rows: tuple[Row, ...]
    height: int

    @classmethod
    def read(cls, lines: list[str], start: int) -> "Table":
        """The table that begins on this line, counted from 0."""
        end = start
        while end < len(lines) and "|" in lines[end]:
            end += 1
        rows = [Row(number + 1, lines[number], _cells(lines[number])) for number in range(start, end)]
        if len(rows) > 1 and is_separator(rows[1].words):
            return cls(tuple(label_of(cell) for cell in rows[0].cells), tuple(rows[2:]), end - start)
        return cls((), tuple(row for row in rows if not is_separator(row.words)), end - start)


def is_row(line: str) -> bool:
    """Whether a line is written as a table's row."""
    return line.lstrip().startswith("|") and line.count("|") > 1


def is_separator(line: str) -> bool:
    """Whether a line is the rule under a table's head."""
    return "-" in line and len(line) < 2_000 and bool(_SEPARATOR.match(line))


def _cells(line: str) -> tuple[str, ...]:
    inner = line.strip()
    inner = inner.removeprefix("|")
    inner = inner.removesuffix("|")
    return tuple(cell.strip() for cell in _CELL.split(inner, maxsplit=_CELL_COUNT))


def table_statements(table: Table, above: tuple[str, ...]) -> Iterator[Statement]:
    """What the rows of a table state, each cell with its label."""
    for row, emphasised in _chosen_rows(table):
        texts = [plain(cell)[:SENTENCE_LIMIT] for cell in row.cells]
        whole = "; ".join(
            f"{head}: {text}" if head else text
            for head, text in zip(_padded(table.head, len(texts)), texts, strict=True)
        )
        for label, text, context in _pairs(table.head, row.cells, texts):
            if text:
                headings = (*above, context) if context else above
                yield Statement(
                    text,
                    label,
                    headings,
                    row.line,
                    passage_of(row.words),
                    "cell",
                    whole[:SENTENCE_LIMIT].lower(),
                    emphasised,
                )


def _padded(head: tuple[str, ...], width: int) -> tuple[str, ...]:
    return (*head, *("",) * width)[:width]


def _pairs(head: tuple[str, ...], cells: tuple[str, ...], texts: list[str]) -> Iterator[tuple[str, str, str]]:
    """Label, value, and what else the value belongs to."""
    names = [label_of(cell) for cell in cells]
    key = next((place for place, name in enumerate(names[:4]) if _is_label(name)), None)
    named_columns = [name for name in head if subjects_of(name)]
    records = len(named_columns) >= min(2, len(head) - 1) and not (key == 0 and len(named_columns) < 2)
    if head and (records or (key is None and head[0] in _names("option_column"))):
        context = names[0] if names and not subjects_of(head[0]) else ""
        for label, text in zip(_padded(head, len(texts)), texts, strict=True):
            yield label, text, context
        return
    if key is None:
        key = 1 if len(names) > 2 and (not names[0] or names[0].isdigit()) else 0
    if key >= len(names):
        return
    for place, text in enumerate(texts):
        if place != key:
            note = head[place] if place < len(head) else ""
            yield (note if cue("weak_label").is_in(note) else names[key]), text, note


def _is_label(name: str) -> bool:
    return bool(name) and len(name) <= 60 and bool(subjects_of(name))


def _chosen_rows(table: Table) -> Iterator[tuple[Row, bool]]:
    """The rows that count, each with whether it is the marked choice of a comparison."""
    head = table.head
    chosen = next((place for place, name in enumerate(head) if name in _names("chosen_column")), None)
    if chosen is not None and len(head) > 2:
        marks = [
            label_of(row.cells[chosen]) or row.cells[chosen].strip() if chosen < len(row.cells) else ""
            for row in table.rows
        ]
        if any(_says(mark, _NO) for mark in marks) and all(_says(mark, _YES | _NO) for mark in marks):
            yield from ((row, True) for row, mark in zip(table.rows, marks, strict=True) if _says(mark, _YES))
            return
    compares = (
        bool(head) and head[0] in _names("option_column") and any(name in _names("judging_column") for name in head)
    )
    for row in table.rows:
        if not compares:
            yield row, False
        elif _MARKED.search(row.words) and not cue("rejected_before").is_in(
            " ".join(_MARKED.split(row.words)[:1])[-20:]
        ):
            yield row, True


def _says(mark: str, words: set[str]) -> bool:
    return mark.strip() in words or mark.split(" ")[0].strip(",;:.") in words


def _names(name: str) -> frozenset[str]:
    return frozenset(cue(name).phrases)
