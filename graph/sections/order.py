"""The order of the specification and the names of its sections, by node: light, so that anything may import it."""

from typing import NamedTuple

NODES: tuple[str, ...] = (
    "load_context",
    "entry_checkpoint",
    "skip_training",
    "defer_training",
    "welcome",
    "query_methodologies",
    "assess_training_data",
    "select_base_model",
    "train_with_sft",
    "align_with_dpo",
    "combine_sft_and_dpo",
    "resolve_insufficient_data",
    "configure_peft",
    "configure_hyperparameters",
    "choose_infrastructure",
    "document_decisions",
    "generate_stories",
    "present_menu",
    "hand_off",
)
"""Every node of the step."""


class Place(NamedTuple):
    """Where a section stands in the specification."""

    number: str
    title: str


PLACES = {
    "entry_checkpoint": Place("Entry", "Architecture Guard"),
    "welcome": Place("1", "Welcome to Fine-Tuning"),
    "query_methodologies": Place("2", "Query Knowledge MCP for Methodologies"),
    "assess_training_data": Place("3", "Training Data Assessment"),
    "select_base_model": Place("4", "Base Model Selection"),
    "train_with_sft": Place("5A", "SFT (Supervised Fine-Tuning)"),
    "align_with_dpo": Place("5B", "DPO (Direct Preference Optimization)"),
    "combine_sft_and_dpo": Place("5D", "Combined Approach (SFT, then DPO)"),
    "resolve_insufficient_data": Place("5C", "Data Insufficient Path"),
    "configure_peft": Place("6", "Parameter-Efficient Fine-Tuning (PEFT)"),
    "configure_hyperparameters": Place("7", "Hyperparameter Configuration"),
    "choose_infrastructure": Place("8", "Training Infrastructure"),
    "document_decisions": Place("9", "Document Decisions"),
    "present_menu": Place("11", "Menu Options"),
}
"""The sections that converse."""

PATH_NODES: tuple[str, ...] = ("train_with_sft", "align_with_dpo", "combine_sft_and_dpo", "resolve_insufficient_data")
"""The four ways through section 5; `resolve_insufficient_data` leads on to one of the other three."""

NODE_OF_APPROACH = {"sft": "train_with_sft", "dpo": "align_with_dpo", "sft+dpo": "combine_sft_and_dpo"}
"""Which node a training approach has."""

SILENT = frozenset(
    {"load_context", "skip_training", "defer_training", "query_methodologies", "generate_stories", "hand_off"}
)
"""Nodes that ask nothing."""

ASKING: tuple[str, ...] = tuple(node for node in NODES if node not in SILENT)
"""Nodes that ask, in order."""
