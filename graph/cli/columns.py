"""Rows in columns, as wide as they are in a pipe, and no wider than the window at a terminal."""

import shutil
import sys
from collections.abc import Sequence

GAP = "  "
SHORTEST = 12
"""Characters that a shortened cell keeps."""


def aligned(rows: Sequence[Sequence[str]], shrinking: Sequence[int], beginnings: Sequence[int] = ()) -> list[str]:
    """The rows as lines.

    Args:
        rows: Cells, the same number in each row.
        shrinking: The columns that give way in a narrow terminal, first one first; they keep their ends, which is where
            paths differ.
        beginnings: Those of them that keep their beginnings instead: titles with their numbers.
    """
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    excess = sum(widths) + len(GAP) * (len(widths) - 1) - window()
    for column in shrinking:
        given = min(max(excess, 0), max(widths[column] - SHORTEST, 0))
        widths[column] -= given
        excess -= given
    return [
        GAP.join(
            _cell(cell, width, ends=column not in beginnings)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def window() -> int:
    """Columns of the terminal; without one, more than any row takes."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize


def _cell(text: str, width: int, *, ends: bool) -> str:
    if len(text) <= width:
        return text.ljust(width)
    return f"…{text[len(text) - width + 1 :]}" if ends else f"{text[: width - 1]}…"
