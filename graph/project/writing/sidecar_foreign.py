"""What in the sidecar isn't ours, for proving that an update left it as it was."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from .yaml_tree import Canonical, Node

STEP = 5
_DECISION = re.compile(r"TRAIN-00[123]\Z", re.IGNORECASE)
_STORY = re.compile(r"TRAIN-S\d+\Z", re.IGNORECASE)

DECISION_KEYS = ("id", "step", "choice", "rationale")
STORY_KEYS = ("id", "title", "description", "acceptance_criteria")
WARNING_KEYS = ("warning_id", "acknowledged_date", "mitigation")


@dataclass(frozen=True)
class OwnItems:
    """Which items of a list are ours, and which of their fields."""

    is_own: Callable[[Node], bool]
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class OwnKeys:
    """Which keys of a mapping are ours: wholly (True) or in part."""

    keys: dict[str, "OwnKeys | OwnItems | bool"] = field(default_factory=dict)


def entry_id(item: Node, key: str = "id") -> str:
    """The id of a list's entry, in capitals; empty where it has none."""
    found = item.get(key) if item.kind == "mapping" else None
    return found.value.strip().upper() if found and found.kind == "scalar" else ""


def is_own_step(item: Node) -> bool:
    """Whether an item of `stepsCompleted` is this step, as a number or as text."""
    return item.kind == "scalar" and item.value.strip() == str(STEP)


def is_own_decision(item: Node) -> bool:
    """Whether a decision is one of this step's three."""
    return bool(_DECISION.match(entry_id(item)))


def is_own_story(item: Node) -> bool:
    """Whether a story has an id of this step's series."""
    return bool(_STORY.match(entry_id(item)))


def ownership(warning_ids: frozenset[str]) -> OwnKeys:
    """What this step may write in a sidecar.

    Args:
        warning_ids: acknowledged warnings of this run, in capitals.
    """
    return OwnKeys(
        {
            "currentStep": True,
            "stepsCompleted": OwnItems(is_own_step),
            "phases": OwnKeys({"phase_2_training": True}),
            "steps": OwnKeys({"step_5_fine_tuning_specialist": True}),
            "outputs": OwnKeys({"phase_2": OwnKeys({"spec": True, "training_config": True})}),
            "decisions": OwnItems(is_own_decision, DECISION_KEYS),
            "stories": OwnKeys({"step_5_training": OwnItems(is_own_story, STORY_KEYS)}),
            "warnings_acknowledged": OwnItems(lambda item: entry_id(item, "warning_id") in warning_ids, WARNING_KEYS),
        }
    )


def foreign(node: Node, own: OwnKeys | OwnItems | bool) -> Canonical:
    """Everything in the node that isn't ours; None where nothing remains, as for an empty or missing collection."""
    if own is True or node.is_null():
        return None
    if isinstance(own, OwnKeys) and node.kind == "mapping":
        rest = tuple(_entries(node, own))
        return (node.kind, node.tag, node.anchor, *rest) if rest else None
    if isinstance(own, OwnItems) and node.kind == "sequence":
        kept = tuple(item for item in (_item(item, own) for item in node.items) if item is not None)
        return (node.kind, node.tag, node.anchor, *kept) if kept else None
    return node.canonical()


def _entries(node: Node, own: OwnKeys) -> list[Canonical]:
    rest: list[Canonical] = []
    for key, value in node.entries():
        part = own.keys.get(key.value, False) if key.kind == "scalar" else False
        if part is False:
            rest.append((key.canonical(), value.canonical()))
        elif (remainder := foreign(value, part)) is not None:
            rest.append((key.canonical(), remainder))
    return rest


def _item(item: Node, own: OwnItems) -> Canonical:
    if not own.is_own(item):
        return item.canonical()
    rest = [(key.canonical(), value.canonical()) for key, value in item.entries() if key.value not in own.keys]
    return ("entry", entry_id(item), *rest) if rest else None
