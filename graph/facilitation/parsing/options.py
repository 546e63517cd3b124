"""Options in a sentence: taken where nothing else is said, or where the name means one thing wherever it stands."""

from dataclasses import dataclass
from dataclasses import field as attribute

from ...fields import Field
from ..protocol import Problem
from .choices import match_choice, mentions, say_choices
from .messages import told
from .part import PartReader
from .text import quote
from .vocabulary import vocabulary


@dataclass
class _Mentioned:
    """Which options of a field a part names, and where."""

    field: Field
    affirmed: list[str]
    negated: list[str]
    places: list[int]
    labels: list[int] = attribute(default_factory=list)


def read_options(reader: PartReader) -> None:
    """Options by name: where nothing else is said, or where the name means one thing wherever it stands."""
    if reader.hedged:
        return
    known = vocabulary()
    words = reader.words()
    texts = [word.text for word in words]
    mentioned = [
        _Mentioned(field, *mentions(field, texts)) for field in reader.fields.values() if field.type == "choice"
    ]
    for each in mentioned:
        each.labels = _label_beside(reader, texts, each)
    used = {index for each in mentioned for index in (*each.places, *each.labels)}
    others = [
        word for index, word in enumerate(texts) if index not in used and word not in known.fillers | known.negations
    ]
    for each in mentioned:
        said = [texts[index] for index in each.places]
        if not said or (others and not known.distinctive.anywhere(said)):
            continue
        if not each.labels and _means_little(reader, each, said):
            continue
        if not each.labels and any(set(each.places) & set(other.places) for other in mentioned if other is not each):
            message = told("meant_this", label=each.field.label, said=quote(reader.original), called=each.field.called)
            reader.found.problems.append(Problem(field=each.field.name, message=message))
        elif len(each.affirmed) > 1:
            message = told("which_one", label=each.field.label, options=say_choices(each.field, each.affirmed))
            reader.found.problems.append(Problem(field=each.field.name, message=message))
        else:
            reader.found.values += [(each.field.name, value) for value in each.affirmed]
            reader.found.excluded += [(each.field.name, value) for value in each.negated]
        for index in (*each.places, *each.labels):
            reader.blank(words[index].start, words[index].end)


def _label_beside(reader: PartReader, texts: list[str], each: _Mentioned) -> list[int]:
    """The places of the field's own name right behind its option: "medium complexity"."""
    if not each.places:
        return []
    start = each.places[-1] + 1
    found = reader.labels.at(texts, start) if start < len(texts) else None
    return list(range(start, start + found[0])) if found and found[1].name == each.field.name else []


def _means_little(reader: PartReader, each: _Mentioned, said: list[str]) -> bool:
    """Whether an option's name is too common, or begins another field's option, to be taken among other fields."""
    choices = [field for field in reader.fields.values() if field.type == "choice"]
    alone = len(choices) == 1 and not any(field.type == "string" for field in reader.fields.values())
    if alone or not each.affirmed:
        return False
    text = " ".join(said)
    shared = sum(1 for field in choices if field is each.field or match_choice(field, text)) > 1
    return bool(vocabulary().vague & set(said)) or (shared and not vocabulary().distinctive.whole(said))
