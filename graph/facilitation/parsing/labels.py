"""Values behind the name of their field: `rank=32 alpha: 64`, `lr 1e-4, epochs 2`, one `name: value` a line."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field as attribute

from ...fields import Field
from .coercion import coerce
from .errors import FieldError
from .lists import STAGES
from .text import Word, normalise, words_of
from .vocabulary import Phrases, vocabulary

PART_LIMIT = 64
_LONG_PART = 600
_HEAD = 120
"""Characters of a long part in which its label is looked for."""
_PART = re.compile(
    r"\n+|;|,(?!(?<=[0-9],)[0-9])|(?<=[.!])(?<!^[0-9]\.)(?<!^[0-9]{2}\.)\s+(?=\S)|\s(?:--?|–|—)\s|\s+but\s+|\s+while\s+",
    re.IGNORECASE | re.MULTILINE,
)
_SEPARATOR = re.compile(
    r"[\s*`\"')\]]{0,8}(?:=(?!=)|:(?!//)|->|→)\s*|\s+(?:should|must|has to|is to|ought to)\s+be\s+", re.IGNORECASE
)
_TO = re.compile(r"\s+(?:in)?to\s+", re.IGNORECASE)
_PLACE = re.compile(r"\s*([0-9]{1,2})\s*(?P<sign>[:=]\s+|[:=.)]\s*)(?=\S)")
_CONNECTOR = re.compile(
    r"[\s*`]*(?:(?:is|are|was|of|to|at|be|should be|set to|equals)\s+)?(?:(?:about)\s+)?", re.IGNORECASE
)
_BULLET = re.compile(r"\s*(?:[-*•]\s+|[0-9]{1,2}[.)]\s+(?=[A-Za-z]))")
_CORRECTION = re.compile(r"\s*(?:no|nope|not|sorry|wait|actually|rather|oops|i mean)\b[\s,]*(?=[0-9.$])", re.IGNORECASE)
_LONGEST_DOMAIN = 2
_PROSE = frozenset({"use_case", "domain", "constraints", "data_source", "compute"})


@dataclass
class Pair:
    """A field's label and the place of its value."""

    field: Field
    label: str
    start: int
    end: int
    explicit: bool
    line: int


@dataclass
class Part:
    """A part of a reply without a label."""

    text: str
    start: int
    end: int


@dataclass
class Labelled:
    """What labels a reply has, and the parts that have none."""

    pairs: list[Pair] = attribute(default_factory=list)
    parts: list[Part] = attribute(default_factory=list)
    overlong: bool = False


@dataclass(frozen=True)
class _Mark:
    field: Field
    label: str
    start: int
    value: int
    explicit: bool


def label_phrases(fields: tuple[Field, ...]) -> Phrases[Field]:
    """Fields by their names, labels and aliases; a name that two fields share means none of them."""
    meanings: dict[str, list[Field]] = {}
    for field in fields:
        own = {normalise(name) for name in (field.name, field.label.split("(")[0], field.label, *field.aliases)}
        for name in own:
            meanings.setdefault(name, []).append(field)
    exact = {normalise(field.name): field for field in fields}
    return Phrases(
        (name, exact.get(name, found[0])) for name, found in meanings.items() if len(found) == 1 or name in exact
    )


def find_labels(text: str, fields: tuple[Field, ...], standalone: Callable[[str], bool]) -> Labelled:
    """Find the labelled values of a reply.

    Args:
        text: The reply without its questions.
        fields: The question's fields.
        standalone: Whether a part means something by itself and therefore doesn't continue the text or list before it.
    """
    labels = label_phrases(fields)
    result = Labelled()
    start = line = 0
    if sum(text.count(mark) for mark in ",;\n") > PART_LIMIT:
        return Labelled(overlong=True)
    pieces = [*((match.start(), match.end(), match[0]) for match in _PART.finditer(text)), (len(text), len(text), "")]
    if len(pieces) > PART_LIMIT:
        return Labelled(overlong=True)
    for end, following, separator in pieces:
        placed = _placed(text, start, end, line, fields, labels)
        bullet = _BULLET.match(text, start, end)
        if placed:
            result.pairs.append(placed)
        else:
            _read_part(text, bullet.end() if bullet else start, end, line, labels, result, standalone)
        line += "\n" in separator or ";" in separator
        start = following
    return result


def _read_part(
    text: str,
    start: int,
    end: int,
    line: int,
    labels: Phrases[Field],
    result: Labelled,
    standalone: Callable[[str], bool],
) -> None:
    part = text[start:end]
    if not part.strip():
        return
    before = result.pairs[-1] if result.pairs else None
    open_pair = before if before and before.explicit and before.line == line and _goes_on(before.field) else None
    if open_pair and _continues_paths(open_pair, part):
        open_pair.end = end
        return
    if _CORRECTION.match(part) and result.pairs and result.pairs[-1].line == line:
        result.pairs[-1].end = end
        return
    marks = _boundaries(part, _marks(part, labels))
    if open_pair and marks and not marks[0].explicit and not _settled(part, marks):
        marks = []
    if not marks:
        if open_pair and not standalone(part):
            open_pair.end = end
        else:
            result.parts.append(Part(part.strip(), start, end))
        return
    if lead := _lead(part[: marks[0].start]):
        result.parts.append(Part(lead, start, start + marks[0].start))
    ends = [mark.start for mark in marks[1:]] + [len(part)]
    for mark, stop in zip(marks, ends, strict=True):
        result.pairs.append(Pair(mark.field, mark.label, start + mark.value, start + stop, mark.explicit, line))


def _lead(text: str) -> str:
    """What stands before the first label, without the words that lead to it: "and lower the"."""
    meaningless = vocabulary().fillers | vocabulary().changing
    words = words_of(text)
    while words and words[-1].text in meaningless:
        words.pop()
    return text[: words[-1].end].strip(" *`\"'") if words else ""


def _placed(
    text: str, start: int, end: int, line: int, fields: tuple[Field, ...], labels: Phrases[Field]
) -> Pair | None:
    """A value behind its field's number in the form: `4: 6000`; `4. 6000` where the field takes just that."""
    place = _PLACE.match(text, start, end)
    if place is None or len(fields) < 2 or not 1 <= int(place[1]) <= len(fields):
        return None
    field, value = fields[int(place[1]) - 1], text[place.end() : end]
    plain = place["sign"][0] in ":=" and place["sign"][1:].isspace()
    if _marks(value, labels) or not (plain or _complete(field, value_text(value))):
        return None
    return Pair(field, place[1], place.end(), end, True, line)


def _goes_on(field: Field) -> bool:
    """Whether a field's value may hold commas: lists and descriptions do, names don't."""
    return field.type == "list" or field.name in _PROSE


def _settled(part: str, marks: list[_Mark]) -> bool:
    stop = marks[1].start if len(marks) > 1 else len(part)
    return _complete(marks[0].field, value_text(part[marks[0].value : stop]))


def _continues_paths(pair: Pair, part: str) -> bool:
    stage = part.split(":")[0].split("=")[0].strip().lower()
    return pair.field.name == "data_paths" and stage in STAGES and not re.search(r"[:=]\s*[0-9]", part)


def _marks(part: str, labels: Phrases[Field]) -> list[_Mark]:
    """Every label that occurs, in order."""
    words = words_of(part if len(part) <= _LONG_PART else part[:_HEAD])
    texts = [word.text for word in words]
    marks: list[_Mark] = []
    index = 0
    while index < len(words):
        found = labels.at(texts, index)
        if found is None:
            index += 1
            continue
        length, field = found
        if not _in_path(part, words[index], words[index + length - 1]):
            marks.append(_mark(part, words[index : index + length], field))
        index += length
    return marks


def _in_path(part: str, first: Word, last: Word) -> bool:
    """Whether words are a piece of a path or file name rather than a label."""
    before, after = part[: first.start][-1:], part[last.end : last.end + 2]
    return before in ("/", "\\", ".") or after[:1] in ("/", "\\") or (after[:1] == "." and after[1:].isalnum())


def _mark(part: str, words: list[Word], field: Field) -> _Mark:
    label = " ".join(word.text for word in words)
    separator = _SEPARATOR.match(part, words[-1].end)
    if separator is None and not vocabulary().changing.isdisjoint(
        word.text for word in words_of(part[: words[0].start])
    ):
        separator = _TO.match(part, words[-1].end)
    value = separator.end() if separator else words[-1].end
    return _Mark(field, label, words[0].start, value, separator is not None)


def _boundaries(part: str, marks: list[_Mark]) -> list[_Mark]:
    """Those labels that begin a value; the others are words of a value or of a sentence."""
    taken: list[_Mark] = []
    for mark in marks:
        if not taken:
            lead = [word.text for word in words_of(part[: mark.start])]
            if mark.explicit or all(word in vocabulary().fillers for word in lead):
                taken.append(mark)
            continue
        value = value_text(part[taken[-1].value : mark.start])
        stages = taken[-1].field.name == "data_paths" and mark.label in STAGES
        if not value and (not taken[-1].explicit or mark.explicit) and not stages:
            taken[-1] = mark
        elif (mark.explicit and not stages) or (value and _complete(taken[-1].field, value)):
            taken.append(mark)
    return [mark for mark in taken if mark.explicit or _plausible(mark, part[mark.value : mark.value + _HEAD])]


def _complete(field: Field, value: str) -> bool:
    if field.type in ("string", "list"):
        return False
    try:
        coerce(field, value)
    except FieldError:
        return vocabulary().ignorance.whole(normalise(value).split()) is not None
    return True


def _plausible(mark: _Mark, value: str) -> bool:
    """Whether a label without a separator is one: `rank 32` is, `domain knowledge is scarce` is not."""
    words = words_of(value_text(value))
    if not words:
        return False
    if mark.field.name == "domain":
        known = vocabulary()
        texts = {word.text for word in words}
        return len(words) <= _LONGEST_DOMAIN and not texts & (known.no_domains | known.hedges | known.negations)
    if mark.field.type == "string":
        return mark.field.name not in _PROSE - {"compute"} and len(words) <= 6 and any(map(str.isdigit, value))
    return mark.field.name != "data_paths" or "." in value


def value_text(text: str) -> str:
    """A value without what joins it to its label or to the next one."""
    value = text[match.end() :] if (match := _CONNECTOR.match(text)) else text
    value = value.strip(" \t\n,;*`|")
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        value = value[1:-1]
    return re.sub(r"[\s,]+(?:and|with|plus|please|instead|pls)[.!]?$", "", value, flags=re.IGNORECASE)
