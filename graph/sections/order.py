"""The order of the specification, by node name: light, so that anything may import it."""

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
