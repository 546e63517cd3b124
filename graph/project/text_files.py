"""Reading text files of the project: bounded, decoded, and never from outside the project."""

import codecs
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

READ_LIMIT = 1024 * 1024
"""Bytes read of one document; what lies beyond is named in a notice and left out."""

_ESCAPE_SEQUENCES = re.compile(r"\x1b(?:\[[0-9;?]{0,20}[ -/]?[@-~]|\][^\x07\x1b\n]{0,200}(?:\x07|\x1b\\)|[@-Z\\-_])")
_INVISIBLE = [*range(9), 11, 12, *range(14, 32), *range(127, 160), 0x061C, 0xFEFF]
_INVISIBLE += [*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A)]
_DROPPED = dict.fromkeys(_INVISIBLE)


@dataclass(frozen=True)
class TextFile:
    """What reading one file gave: its text, or why there is none."""

    status: Literal["read", "missing", "unreadable", "truncated"]
    text: str = ""
    detail: str = ""


def read_text_file(path: Path, within: Path) -> TextFile:
    """Read at most `READ_LIMIT` bytes of a text file that lies inside `within`; a bad file is told, never raised.

    Args:
        path: The file.
        within: The folder that the file must lie in once links are resolved.
    """
    try:
        resolved = path.resolve()
        if not resolved.is_relative_to(within.resolve()):
            return TextFile("unreadable", detail="it is a link that leads out of the project")
        if not resolved.exists():
            return TextFile("missing")
        if not resolved.is_file():
            return TextFile("unreadable", detail="it is not a regular file")
        size = resolved.stat().st_size
        with resolved.open("rb") as stream:
            content = stream.read(READ_LIMIT)
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it cannot be opened"
        return TextFile("unreadable", detail=str(reason).lower())
    return decode(content, size)


def decode(content: bytes, size: int | None = None) -> TextFile:
    """Decode UTF-8, with or without a byte order mark; `size` is the whole file's, in bytes."""
    whole = len(content) if size is None else size
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    try:
        text = decoder.decode(content, final=whole <= len(content))
    except UnicodeDecodeError as error:
        return TextFile("unreadable", detail=f"it is not UTF-8 text (byte {error.start})")
    if "\0" in text:
        return TextFile("unreadable", detail="it is a binary file")
    if whole > len(content):
        mebibytes = whole / READ_LIMIT
        return TextFile("truncated", text, f"only the first 1 MiB of {mebibytes:.1f} MiB was read")
    return TextFile("read", text)


def shorten(text: str) -> TextFile:
    """Hold a text that a caller supplied to the same limit and rules as a file."""
    return decode(content := text.encode("utf-8", "surrogatepass")[:READ_LIMIT], max(len(content), _size(text)))


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def clean(text: str) -> str:
    """The text with line ends unified, and without terminal sequences, control and invisible characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\x1b" in text:
        text = _ESCAPE_SEQUENCES.sub("", text)
    return text.translate(_DROPPED)
