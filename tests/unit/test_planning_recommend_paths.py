"""The path follows from counts and thresholds, exactly at the boundary."""

import pytest

from fine_tuning_specialist.planning.paths import choose_path


@pytest.mark.parametrize(
    ("examples", "pairs", "expected"),
    [
        (1000, 500, "sft+dpo"),
        (1000, 499, "sft"),
        (1000, 0, "sft"),
        (999, 500, "dpo"),
        (0, 500, "dpo"),
        (999, 499, "insufficient"),
        (0, 0, "insufficient"),
    ],
)
def test_at_the_threshold_data_are_sufficient_and_one_below_they_are_not(
    examples: int, pairs: int, expected: str
) -> None:
    assert choose_path(examples, pairs, 1000, 500) == expected


@pytest.mark.parametrize(
    ("examples", "pairs", "sft_minimum", "dpo_minimum", "expected"),
    [
        (5000, 0, None, 500, "undecided"),
        (5000, 800, 1000, None, "undecided"),
        (5000, 0, 1000, None, "sft"),
        (0, 800, None, 500, "dpo"),
        (0, 0, None, None, "insufficient"),
    ],
)
def test_a_missing_threshold_matters_only_where_there_are_data(
    examples: int, pairs: int, sft_minimum: int | None, dpo_minimum: int | None, expected: str
) -> None:
    assert choose_path(examples, pairs, sft_minimum, dpo_minimum) == expected
