"""The state of a run: plain JSON values, merged by id.

Channels that grow are `DeltaChannel`s: a checkpoint stores what a turn added and not the whole again.
"""

from collections.abc import Sequence
from typing import Annotated, Any

from langgraph.channels.delta import DeltaChannel
from typing_extensions import TypedDict

GRAPH_VERSION = 1
"""Raised when a stored run can no longer be continued by the new graph."""


def merge_by_id(current: dict[str, Any] | None, update: dict[str, Any] | None) -> dict[str, Any]:
    """Replace entries by id; an entry that is None is removed."""
    merged = {**(current or {}), **(update or {})}
    return {key: value for key, value in merged.items() if value is not None}


def merge_all_by_id(current: dict[str, Any] | None, updates: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The same for a batch of updates, as `DeltaChannel` replays them."""
    merged = dict(current or {})
    for update in updates:
        merged = merge_by_id(merged, update)
    return merged


def append_all(current: list[Any] | None, updates: Sequence[list[Any]]) -> list[Any]:
    """Append a batch of lists, as `DeltaChannel` replays them."""
    return [*(current or []), *(item for update in updates for item in update)]


def extend_order(current: list[str] | None, update: list[str] | None) -> list[str]:
    """Append the ids that are new; the place of an id in the list is its label (`K1` is the first)."""
    known = list(current or [])
    return [*known, *(item for item in update or [] if item not in known)]


ById = Annotated[dict[str, Any], merge_by_id]
GrowingById = Annotated[dict[str, Any], DeltaChannel(merge_all_by_id)]
GrowingList = Annotated[list[Any], DeltaChannel(append_all)]


class SectionRecord(TypedDict, total=False):
    """What a section left behind once the user had confirmed it."""

    fields: dict[str, Any]
    origins: dict[str, str]
    """By field: `user`, `calc`, `document:<path>`, `default`, or an evidence label."""
    reasons: dict[str, str]
    evidence: dict[str, list[str]]
    """By field: the labels that its reason rests on."""
    inputs: dict[str, Any]
    """What the recommendation depended on: a section is asked again only when this has changed."""
    extra: dict[str, Any]
    """What later sections need besides the fields, such as the thresholds with all their candidates."""
    confirmed: bool
    without_evidence: bool
    """Whether the knowledge base was left out, by the user's word."""


class StepInput(TypedDict, total=False):
    """What starts the step: a project folder, or the documents themselves."""

    project_dir: str
    output_dir: str
    workflow_dir: str
    documents: GrowingById


class StepOutput(TypedDict, total=False):
    """What the step leaves for its parent."""

    status: str
    message: str
    next_step: str
    next_step_text: str
    decisions: dict[str, Any]
    stories: list[Any]
    artifacts: GrowingById


class State(TypedDict, total=False):
    """All channels of the step."""

    project_dir: str
    output_dir: str
    workflow_dir: str
    documents: GrowingById
    graph_version: int

    context: dict[str, Any]
    sections: ById
    findings: ById
    evidence: GrowingById
    evidence_order: Annotated[list[str], extend_order]
    queries: GrowingList
    turns: GrowingList
    usage: GrowingList
    """What each operation of a language model took: node, operation, calls, tokens, and money where it is reported."""
    grounding: GrowingList
    """For each text of a language model: node, operation, false citations removed, figures flagged as unverified."""
    announcement: str
    """What was said by a section that asks nothing; the next question begins with it."""

    goto: str
    """The node that the last section wants to go to instead of on: an earlier one, or another path."""
    revisit: str
    """The node that asks again although its inputs are unchanged."""
    path: dict[str, str]
    """`assessed`: the path that the data allow; `chosen`: the one that the user chose."""

    decisions: dict[str, Any]
    stories: list[Any]
    artifacts: GrowingById
    summary: str
    """Summaries of training-spec.md and decision-log.md, as the menu's [P] shows them."""
    day: str
    """The day on which the files were written, ISO; it stays with the run so that checking them again agrees."""
    audit: list[Any]
    ending: str
    """What the step comes to (`completed`, `skipped`, `deferred`) once that is certain; `status` says it at the end."""
    status: str
    message: str
    next_step: str
    next_step_text: str


class SectionInput(TypedDict, total=False):
    """What a section sees of the step."""

    documents: GrowingById
    context: dict[str, Any]
    sections: ById
    findings: ById
    evidence_order: Annotated[list[str], extend_order]
    announcement: str
    revisit: str
    path: dict[str, str]


class SectionOutput(TypedDict, total=False):
    """What a section gives back to the step."""

    sections: ById
    findings: ById
    evidence: GrowingById
    evidence_order: Annotated[list[str], extend_order]
    queries: GrowingList
    turns: GrowingList
    usage: GrowingList
    grounding: GrowingList
    announcement: str
    goto: str
    revisit: str
    path: dict[str, str]


class SectionState(SectionInput, SectionOutput, total=False):
    """A section's own channels while it converses."""

    failure: str
    """Why the knowledge base could not be consulted; empty when it could."""
    failed_in: str
    without_evidence: bool
    advice: str
    recommended: dict[str, Any]
    draft: dict[str, Any]
    by_user: list[str]
    """The draft's fields that the user set; the others carry the recommendation's origin."""
    notice: str
    put: str
    """The question as it stands while something is confirmed or chosen from; empty while it is the form."""
    defaulted: list[str]
    """The draft's fields that took their stated default, because the user did not know."""
    confirming: str
    """`whole` while the filled-in draft awaits its one confirmation, a topic while a second confirmation is asked."""
    confirmed_twice: list[str]
    corrections: list[Any]
    """Values of earlier sections that the user changed in passing, while going back there is offered."""
    reply: dict[str, Any]
    user_question: str
    outcome: str
    """`ask`, `answer`, `settled`, or `back`."""


class MenuInput(SectionInput, total=False):
    """What the menu sees of the step."""

    summary: str


class MenuState(SectionState, MenuInput, total=False):
    """The menu's own channels while it converses."""

    asking: str
    """What the menu waits for: `choice`, `node`, `constraints` or `accept`."""
    constraints: dict[str, Any]
    changes: list[Any]
    """What would change, line by line: node, field, old and new value, reason."""
    gathered: dict[str, list[str]]
    """By section: the labels that its repeated queries brought."""
    reworked: dict[str, Any]
    """The section records as they would be, with all lines accepted."""
