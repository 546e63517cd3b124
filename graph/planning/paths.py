"""The path that the data allow."""

from typing import Literal

Path = Literal["sft", "dpo", "sft+dpo", "insufficient", "undecided"]


def choose_path(sft_examples: int, preference_pairs: int, sft_minimum: int | None, dpo_minimum: int | None) -> Path:
    """The training approach that the counts allow.

    Examples and pairs both at or above their thresholds: combined. Examples only: SFT. Pairs only: DPO. Neither:
    insufficient. Where data exist whose threshold is not set, the path cannot be known and the user has to set it.

    Args:
        sft_examples: Instruction-response examples that exist.
        preference_pairs: Preference pairs that exist.
        sft_minimum: The threshold for examples; None where it is not set.
        dpo_minimum: The threshold for pairs; None where it is not set.

    Returns:
        `sft`, `dpo`, `sft+dpo`, `insufficient`, or `undecided` where a missing threshold has to be asked for.
    """
    examples = _sufficient(sft_examples, sft_minimum)
    pairs = _sufficient(preference_pairs, dpo_minimum)
    if examples is None or pairs is None:
        return "undecided"
    if examples and pairs:
        return "sft+dpo"
    if examples:
        return "sft"
    return "dpo" if pairs else "insufficient"


def _sufficient(count: int, minimum: int | None) -> bool | None:
    if count <= 0:
        return False
    return None if minimum is None else count >= minimum
