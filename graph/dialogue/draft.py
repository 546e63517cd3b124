"""The draft of a section's answer: what has been set, what is still missing, and when it is settled.

A name that a draft holds with None was left open on purpose; a name that it does not hold has not been spoken of.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ..facilitation.protocol import Interpretation
from ..fields import Field
from ..interrupts import Recommendation
from ..sections.section import Briefing


def answered(briefing: Briefing, node: str, draft: Mapping[str, Any]) -> Briefing:
    """The briefing as it would be with a draft: its values hold, and what it leaves open is open."""
    return briefing.with_answers(node, draft).leaving_open(left_open(draft))


def left_open(draft: Mapping[str, Any]) -> list[str]:
    """What a draft leaves open on purpose."""
    return [name for name, value in draft.items() if value is None]


def drafted(record: Mapping[str, Any]) -> dict[str, Any]:
    """A section's record as a draft: without what was never spoken of."""
    known = record.get("open", ())
    return {name: value for name, value in record.get("fields", {}).items() if value is not None or name in known}


def following(
    draft: Mapping[str, Any],
    by_user: Sequence[str],
    before: Mapping[str, Any],
    recommended: Mapping[str, Recommendation],
    fields: Sequence[Field],
    said: Mapping[str, Any],
) -> dict[str, Any]:
    """The draft after an answer: what the user only accepted earlier gives way where the advice has moved.

    Args:
        draft: The draft with the answer in it.
        by_user: The fields that the user set.
        before: The recommendations before the answer, as plain JSON.
        recommended: The recommendations that follow from it.
        fields: The fields that apply now; a value of another one stays only if it was said just now.
        said: What the answer set.
    """
    names = {field.name for field in fields}

    def stands(name: str) -> bool:
        if name not in names:
            return name in said
        moved = name in recommended and before.get(name, {}).get("value") != recommended[name].value
        return name in by_user or not moved

    return {name: value for name, value in draft.items() if stands(name)}


def with_recommendations(
    draft: Mapping[str, Any], fields: Sequence[Field], recommended: Mapping[str, Recommendation]
) -> dict[str, Any]:
    """The draft with every unset field at its recommendation, where there is one."""
    filled = dict(draft)
    for field in fields:
        advised = recommended.get(field.name)
        if field.name not in filled and advised is not None and advised.value is not None:
            filled[field.name] = advised.value
    return filled


def with_defaults(
    draft: Mapping[str, Any],
    fields: Sequence[Field],
    recommended: Mapping[str, Recommendation],
    unknown: Sequence[str],
) -> tuple[dict[str, Any], list[Field]]:
    """What "I don't know" takes: the recommendation, else the field's stated default.

    Returns:
        The filled draft, and the fields for which a default was taken.
    """
    filled = dict(draft)
    defaulted = []
    for field in fields:
        if field.name not in unknown or filled.get(field.name) is not None:
            continue
        advised = recommended.get(field.name)
        if advised is not None and advised.value is not None:
            filled[field.name] = advised.value
        elif field.default is not None:
            filled[field.name] = field.default
            defaulted.append(field)
    return filled, defaulted


def missing(draft: Mapping[str, Any], fields: Sequence[Field]) -> list[Field]:
    """The required fields that the draft does not hold yet."""
    return [field for field in fields if field.required and field.name not in draft]


def origins_of(
    draft: Mapping[str, Any],
    by_user: Sequence[str],
    recommended: Mapping[str, Recommendation],
    defaulted: Sequence[str],
) -> dict[str, str]:
    """Where each value of the draft comes from."""
    origins = {}
    for name, value in draft.items():
        if name in by_user:
            origins[name] = "user"
        elif name in defaulted:
            origins[name] = "default"
        elif name in recommended and recommended[name].value == value:
            origins[name] = recommended[name].origin
        else:
            origins[name] = "user"
    return origins


def settles_at_once(interpretation: Interpretation, fields: Sequence[Field]) -> bool:
    """Whether nothing is left to confirm: the rest was accepted, or every required field was named."""
    if interpretation.unsure:
        return False
    if interpretation.accept_rest:
        return True
    named = set(interpretation.fields)
    if len(fields) == 1:
        return bool(named)
    return all(field.name in named for field in fields if field.required)
