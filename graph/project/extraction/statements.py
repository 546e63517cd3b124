"""What a document states, piece by piece: sentences, labelled values and cells, with what they belong to."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from .vocabulary import cue, subjects_of, words_of

PASSAGE_LIMIT = 300
"""Characters of a passage."""
SENTENCE_LIMIT = 600
"""Characters of one statement; longer text is cut into several, so that every pattern works on a bounded piece."""

_SENTENCE_END = re.compile(r"[.!?][)\"'*]{0,2}\s+(?=[\"'(*~$€]{0,2}[A-Z0-9])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|ca|approx|incl|excl|vs|cf|no|nr|max|min|est|resp|etc|fig|al)|\b[A-Z])\.\s*$", re.IGNORECASE
)
_LABEL = re.compile(r"([A-Za-z#][\w /&()+.#'%-]{0,58}?)\s{0,3}(?::|=|→|->)\s+(?=\S)")
_BOLD_LABEL = re.compile(r"(?:\*\*|__)([^*_\n]{1,80}?)(?:\s*[:=]\s*(?:\*\*|__)|(?:\*\*|__)\s*(?:[:=–—-]|→|->))\s*")
_NUMBERING = re.compile(r"^(?:\(?[0-9]{1,3}(?:\.[0-9]{1,3}){0,3}[.):]?\s+|\(?[a-z][.)]\s+|[^\w\s#(]+\s*)+")
_LINK = re.compile(r"!?\[([^\[\]\n]{0,200})\]\([^()\n]{0,400}\)")
_STRUCK = re.compile(r"~~[^~\n]{1,300}~~")
_TAG = re.compile(r"</?[A-Za-z][^<>\n]{0,60}>")
_TIMES = re.compile(r"(?<=\d)\s?[x×*]\s?(?=[A-Za-z])")
_QUOTES = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "\u00a0": " ", "\u202f": " ", "\u2009": " ", "‑": "-"})


@dataclass(frozen=True)
class Statement:
    """One thing that a document states."""

    text: str
    """A sentence, or the value of a label, without markup."""
    label: str
    """The label it carries, in lower case; empty for a plain sentence."""
    headings: tuple[str, ...]
    """The headings, list items and lead-in lines above it in lower case, outermost first."""
    line: int
    passage: str
    """The words as they stand in the document."""
    kind: str = "sentence"
    """sentence, label, cell or heading."""
    row: str = ""
    """The whole table row in which a cell stands."""
    emphasised: bool = False
    """Whether it stands in a comparison and is marked as the choice."""

    @cached_property
    def words(self) -> frozenset[str]:
        """The words of the text."""
        return words_of(self.text)

    @cached_property
    def subjects(self) -> frozenset[str]:
        """The facts that the label announces, or, where it says only "Tool" or "Value", the nearest heading."""
        own = subjects_of(self.label) if self.label else frozenset()
        if own and not (self.label in _generic() and self.headings):
            return own
        if self.label and self.label not in _generic():
            return frozenset()
        for heading in reversed(self.headings):
            if found := subjects_of(heading):
                return found
        return own

    @cached_property
    def topic(self) -> str:
        """Everything above the text, outermost first, and the row it stands in."""
        return " > ".join((*self.headings, self.label, self.row))

    @cached_property
    def topic_words(self) -> frozenset[str]:
        """The words of the topic."""
        return words_of(self.topic)

    @cached_property
    def weak(self) -> bool:
        """Whether this only reasons about a choice: a rationale, a cost, a note, a risk."""
        return cue("weak_label").is_in(self.label) if self.label else False


@lru_cache(maxsize=1)
def _generic() -> frozenset[str]:
    return frozenset(cue("generic_label").phrases)


def plain(text: str) -> str:
    """The text without Markdown's markup, with plain quotes and spaces; what is struck through is gone."""
    text = text.translate(_QUOTES)
    if "~~" in text:
        text = _STRUCK.sub("", text)
    if "](" in text:
        text = _LINK.sub(r"\1", text)
    if "<" in text:
        text = _TAG.sub(" ", text)
    text = _TIMES.sub(" x ", text)
    return " ".join(text.replace("**", "").replace("__", "").replace("`", "").replace("\\", "").split())


def label_of(text: str) -> str:
    """A label or heading in the form in which it is compared."""
    return _NUMBERING.sub("", plain(text)[:120]).strip(" :*_-–—.#").lower()


def passage_of(text: str) -> str:
    """The words of a document as a finding quotes them."""
    words = " ".join(text[: PASSAGE_LIMIT * 4].split())
    return words if len(words) <= PASSAGE_LIMIT else words[: PASSAGE_LIMIT - 1].rstrip() + "…"


def split_label(text: str) -> tuple[str, str]:
    """A line's label and the rest of it; an empty label where there is none."""
    found = _BOLD_LABEL.match(text)
    if found is None:
        found = _LABEL.match(text)
        if found is not None and (len(found[1].split()) > 6 or ". " in found[1]):
            found = None
    if found is None:
        end = text.rstrip().rstrip("*_").rstrip()
        if end.endswith(":") and len(end) <= 80 and len(end.split()) <= 8:
            return label_of(end), ""
        return "", text
    return label_of(found[1]), text[found.end() :].strip()


def sentences(text: str) -> Iterator[tuple[int, str]]:
    """The sentences of a paragraph with their offsets, none longer than `SENTENCE_LIMIT`."""
    start = 0
    for found in _SENTENCE_END.finditer(text):
        if found.start() + 1 - start < 2 or _ABBREVIATION.search(
            text[max(start, found.start() - 8) : found.start() + 1]
        ):
            continue
        yield from _bounded(text, start, found.end())
        start = found.end()
    yield from _bounded(text, start, len(text))


def _bounded(text: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    while end - start > SENTENCE_LIMIT:
        cut = text.rfind(" ", start + SENTENCE_LIMIT // 2, start + SENTENCE_LIMIT)
        cut = start + SENTENCE_LIMIT if cut < 0 else cut
        yield start, text[start:cut]
        start = cut
    if text[start:end].strip():
        yield start, text[start:end]
