"""5. Training approach selection: which of the four paths the data allow. Routers only read."""

from collections.abc import Mapping
from typing import Any, Literal

from ..planning.paths import choose_path
from ..state import State

PathNode = Literal["train_with_sft", "align_with_dpo", "combine_sft_and_dpo", "resolve_insufficient_data"]
Assessed = Literal["sft", "dpo", "sft+dpo", "insufficient"]


def assessed_path(records: Mapping[str, Mapping[str, Any]]) -> Assessed:
    """The path that the assessed data allow, against the thresholds that the user confirmed."""
    fields = records["assess_training_data"]["fields"]
    minimum, pairs_minimum = thresholds_in_force(records)
    path = choose_path(fields["sft_examples"], fields["preference_pairs"], minimum, pairs_minimum)
    if path == "undecided":
        raise ValueError("the assessment was settled without a threshold for the data that exist")
    return path


def thresholds_in_force(records: Mapping[str, Mapping[str, Any]]) -> tuple[int | None, int | None]:
    """The confirmed minimum of examples and of pairs.

    A threshold that the user only accepted, before the model's size was known, gives way to the evidence for the
    chosen size (`select_base_model` keeps it); one that the user set stays.
    """
    assessed = records["assess_training_data"]
    checked = records.get("select_base_model", {}).get("extra", {}).get("checked_again", {})
    found = []
    for name in ("minimum_examples", "minimum_pairs"):
        accepted = assessed["origins"].get(name) != "user"
        again = checked.get(name) if accepted else None
        found.append(again if again is not None else assessed["fields"].get(name))
    return found[0], found[1]


def planned_path(records: Mapping[str, Mapping[str, Any]]) -> Literal["sft", "dpo", "sft+dpo"]:
    """The path that the data will allow once the planned examples exist."""
    fields = records["assess_training_data"]["fields"]
    _, pairs_minimum = thresholds_in_force(records)
    enough_pairs = bool(fields["preference_pairs"]) and fields["preference_pairs"] >= (pairs_minimum or 1)
    if fields["sft_examples"] == 0 and fields["preference_pairs"] > 0 and not enough_pairs:
        return "dpo"
    return "sft+dpo" if enough_pairs else "sft"


def to_path(state: State) -> PathNode:
    """The node of the path: the user's own choice where they made one on the same data, else the assessed one."""
    assessed = assessed_path(state["sections"])
    path = state.get("path", {})
    if assessed == "insufficient":
        return "resolve_insufficient_data"
    return node_of(path["chosen"] if path.get("assessed") == assessed and path.get("chosen") else assessed)


def after_insufficient(state: State) -> Literal["document_decisions"] | PathNode:
    """RAG first documents a deferral; augment and annotate go on along the path that the planned data will allow."""
    fields = state["sections"]["resolve_insufficient_data"]["fields"]
    if fields["strategy"] == "rag-first":
        return "document_decisions"
    path = state.get("path", {})
    chosen = path.get("chosen") if path.get("assessed") == "insufficient" else None
    return node_of(chosen or planned_path(state["sections"]))


def node_of(approach: str) -> PathNode:
    """The node of a training approach."""
    match approach:
        case "sft":
            return "train_with_sft"
        case "dpo":
            return "align_with_dpo"
        case "sft+dpo":
            return "combine_sft_and_dpo"
        case _:
            return "resolve_insufficient_data"
