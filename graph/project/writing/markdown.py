"""Putting text from people, documents and servers into Markdown, where it can only be text."""

import re
import unicodedata

_DIRECTION_MARKS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_HTML = re.compile(r"(?<!\\)((?:\\\\)*)<(?=[A-Za-z/!?])")
_PIPE = re.compile(r"(?<!\\)\|")
_IMAGE = re.compile(r"!\[")
_BLOCK_START = re.compile(r"[#>|~`=_*+-]")
_NUMBERED = re.compile(r"(\d+)([.)])")
_WEB = re.compile(r"https?://[^\s<>\"'`|\\^{}\[\]]+\Z", re.IGNORECASE)
_BACKTICKS = re.compile(r"`+")


def one_line(text: str) -> str:
    """The text on one line, without control characters and marks that reorder what is seen."""
    if text.isprintable():  # and so holds none of them; most texts do not
        return " ".join(text.split())
    kept = "".join(" " if _is_control(character) else character for character in _DIRECTION_MARKS.sub("", text))
    return " ".join(kept.split())


def inline(text: str) -> str:
    """Text that follows something else on a line: no HTML and no images come out of it."""
    return _IMAGE.sub(r"!\\[", _HTML.sub(r"\1\\<", one_line(text)))


def opening(text: str) -> str:
    """Text that begins a line or a list item: it opens no heading, list, quote, table, rule or fence."""
    line = inline(text)
    if _NUMBERED.match(line):
        return _NUMBERED.sub(r"\1\\\2", line, count=1)
    return f"\\{line}" if _BLOCK_START.match(line) else line


def cell(text: str) -> str:
    """Text in a table's cell."""
    return _PIPE.sub(r"\\|", inline(text))


def link(url: str) -> str:
    """A web address that can be followed; any other text stays text."""
    address = one_line(url)
    return f"<{address}>" if _WEB.match(address) else inline(address)


def fenced(text: str, language: str) -> str:
    """A code block whose fence is longer than any run of backticks in the text."""
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    body = "".join(character for character in text if character in "\n\t" or not _is_control(character))
    return f"{fence}{language}\n{body.rstrip()}\n{fence}"


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")
