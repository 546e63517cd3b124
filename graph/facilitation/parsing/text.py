"""Typed text made plain: control codes out, words apart, long quotations short."""

import re
from typing import Any, NamedTuple

from .messages import told

_UNPRINTABLE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # terminal control sequences
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f]"  # other control codes
    r"|[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"  # invisible and direction-changing ones
)
_LINE_END = re.compile(r"\r\n?|[\u2028\u2029\x85]")
_SPACE = re.compile(r"[\u00a0\u2000-\u200a\u202f\u3000]")
_GAP = re.compile(r"[ \t]{3,}")
_BLANK_LINES = re.compile(r"\n[ \t]*\n[ \t\n]*")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_INSTEAD = re.compile(
    r"\s+(?:instead|rather)(?:\s+(?:of|than)\s+[^,;\n]{1,40})?(?:\s+(?:please|then))?[\s.!]*$", re.IGNORECASE
)
_QUOTED = 60
_DIGITS = 40


class Word(NamedTuple):
    """A word as it is compared, with its place in the text."""

    text: str
    start: int
    end: int


def clean(text: str) -> str:
    """Remove what a terminal would obey and a reader can't see; the words stay as they were typed, wide gaps shrink."""
    plain = _UNPRINTABLE.sub("", _SPACE.sub(" ", _LINE_END.sub("\n", text)))
    return _GAP.sub("  ", _BLANK_LINES.sub("\n\n", plain))


def words_of(text: str) -> list[Word]:
    """The words in lower case, without apostrophes; punctuation and underscores separate."""
    return [
        Word(match[0].lower().replace("'", "").replace("’", ""), match.start(), match.end())
        for match in _WORD.finditer(text)
    ]


def normalise(text: str) -> str:
    """The form in which phrases are compared: words in lower case, one space between."""
    return " ".join(word.text for word in words_of(text))


def before_instead(text: str) -> str:
    """A value without the "instead" behind it, which says only what it was before: "lora instead of qlora"."""
    return _INSTEAD.sub("", text)


def one_line(text: str) -> str:
    """Printable text on one line, white space collapsed."""
    return " ".join(clean(text).split())


def quote(raw: Any) -> str:
    """A short, printable quotation of what was given, for messages."""
    if isinstance(raw, int) and not isinstance(raw, bool) and abs(raw) >= 10**_DIGITS:
        return told("huge_number", digits=_DIGITS)
    text = one_line(str(raw)[: 4 * _QUOTED])
    return f"“{text}”" if len(text) <= _QUOTED else f"“{text[:_QUOTED]}…”"
