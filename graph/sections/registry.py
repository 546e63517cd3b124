"""The registry of sections: the one source from which nodes, menu, progress view and documentation derive."""

from . import (
    align_with_dpo,
    assess_training_data,
    choose_infrastructure,
    combine_sft_and_dpo,
    configure_hyperparameters,
    configure_peft,
    document_decisions,
    entry_checkpoint,
    query_methodologies,
    resolve_insufficient_data,
    select_base_model,
    train_with_sft,
    welcome,
)
from .section import Section

SECTIONS: tuple[Section, ...] = (
    entry_checkpoint.SECTION,
    welcome.SECTION,
    query_methodologies.SECTION,
    assess_training_data.SECTION,
    select_base_model.SECTION,
    train_with_sft.SECTION,
    align_with_dpo.SECTION,
    combine_sft_and_dpo.SECTION,
    resolve_insufficient_data.SECTION,
    configure_peft.SECTION,
    configure_hyperparameters.SECTION,
    choose_infrastructure.SECTION,
    document_decisions.SECTION,
)
"""Every section that converses, in the order of the specification; the menu has a graph of its own."""


def section_of(node: str) -> Section:
    """The section of a node."""
    return next(section for section in SECTIONS if section.node == node)
