"""What an unknown name of a field may have meant, and where the field is asked for."""

from difflib import get_close_matches

from ...fields import Field, all_fields
from ...sections.order import PLACES
from ...texts import text as say
from .labels import label_phrases
from .text import normalise, quote
from .vocabulary import vocabulary

_COVERED_BY = {"gpu_count": "compute"}
"""Fields that another one takes in where they are not asked for themselves."""


def meant_by(name: str, fields: tuple[Field, ...]) -> Field | None:
    """The field of the question that a name which is none of them resembles."""
    said = normalise(name).replace(" ", "_")
    alias = label_phrases(fields).whole(said.split("_"))
    by_name = {field.name: field for field in fields}
    close = get_close_matches(said[:60], list(by_name), n=1, cutoff=0.75)
    return alias or (by_name[close[0]] if close else None)


def owner_of_field(name: str) -> tuple[str, Field] | None:
    """The first section that asks for a field of this name or label, and the field."""
    said = normalise(name)
    for node, asked in all_fields().items():
        for field in asked:
            if node in vocabulary().sections and said in (normalise(field.name), normalise(field.called)):
                return node, field
    return None


def misplaced(name: str, fields: tuple[Field, ...]) -> str:
    """What a person is told of a name that the question has not; empty where it is no field elsewhere either."""
    labels = [field.label.split("(")[0].strip() for field in fields]
    meant, owner = meant_by(name, fields), owner_of_field(name)
    if meant:
        return say("dialogue", "misspelt_field", name=quote(name), meant=meant.called, labels=labels)
    if owner:
        section = PLACES[owner[0]].number
        return say("dialogue", "asked_elsewhere", label=owner[1].label, section=section, labels=labels)
    return ""


def counted_elsewhere(text: str, fields: tuple[Field, ...]) -> str:
    """What a person is told who counts something that another section asks for: "we have 3k preference pairs"."""
    known, asked = vocabulary(), {field.name for field in fields}
    words = normalise(text).split()
    if not any(map(str.isdigit, text)):
        return ""
    for index in range(len(words)):
        found = known.counted.at(words, index)
        names = known.noun_fields.get(found[1], ()) if found else ()
        here = asked & {*names, *(_COVERED_BY.get(name, "") for name in names)}
        owner = owner_of_field(names[0]) if len(names) == 1 and not here else None
        if owner:
            return say("dialogue", "counted_elsewhere", said=quote(text), section=PLACES[owner[0]].number)
    return ""
