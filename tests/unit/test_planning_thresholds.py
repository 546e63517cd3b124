"""The threshold: the most specific evidence for task, size and method; among equals the higher; all of it shown."""

from fine_tuning_specialist.planning.figures import LabelledFigure
from fine_tuning_specialist.planning.thresholds import Stage, Threshold, choose_threshold


def stated(
    label: str, low: float | None, high: float | None = None, quantity: str = "recommended_examples", **fields: str
) -> LabelledFigure:
    values = {"method": "sft", "task_type": "any", "source_title": f"Source of {label}", **fields}
    return LabelledFigure(label=label, quantity=quantity, low=low, high=high, **values)


def minimum(label: str, value: float, **fields: str) -> LabelledFigure:
    return stated(label, value, value, "min_examples", **fields)


OPENAI_FLOOR = minimum("K1", 10, note="platform hard minimum")
GENERAL_100 = minimum("K2", 100)
GENERAL_1000 = stated("K3", 1000)
LIMA_7B = stated("K4", 2000, task_type="instruction-following", model_size="7B")
BOOK_70B = stated("K5", 1000, task_type="instruction-following", model_size="70B")
TRAINED_ON = stated("K6", 52_000, 52_000, "used_examples", task_type="instruction-following")
GENERAL_PURPOSE = stated("K7", 1_000_000, task_type="general-purpose")
PAIRS_500 = stated("K8", 500, 5000, method="dpo", task_type="style-preference")
PAIRS_100 = stated("K9", 100, 10_000, method="dpo", task_type="task-specific")
ALL = [
    OPENAI_FLOOR, GENERAL_100, GENERAL_1000, LIMA_7B, BOOK_70B, TRAINED_ON, GENERAL_PURPOSE, PAIRS_500, PAIRS_100,
]  # fmt: skip


def choose(
    figures: list[LabelledFigure], task: str = "instruction-following", size: float | None = 8, method: Stage = "sft"
) -> Threshold:
    return choose_threshold(figures, task_type=task, model_size_b=size, method=method)


def test_the_statement_for_this_task_and_size_wins_over_general_ones() -> None:
    threshold = choose(ALL)
    assert threshold.value == 2000
    assert threshold.chosen is not None
    assert threshold.chosen.label == "K4"


def test_another_model_size_gets_its_own_statement() -> None:
    assert choose(ALL, size=70).chosen.label == "K5"  # type: ignore[union-attr]


def test_a_size_that_no_statement_names_falls_back_to_the_general_ones() -> None:
    assert choose(ALL, size=24).chosen.label == "K3"  # type: ignore[union-attr]


def test_with_an_unknown_size_no_statement_for_a_size_is_taken() -> None:
    threshold = choose(ALL, size=None)
    assert threshold.value == 1000
    assert not any(candidate.applies for candidate in threshold.candidates if candidate.label in {"K4", "K5"})


def test_among_equally_specific_statements_the_higher_is_taken() -> None:
    threshold = choose([GENERAL_1000, GENERAL_100], task="chat")
    assert threshold.value == 1000
    assert "higher one" in threshold.why


def test_what_a_platform_accepts_loses_against_what_a_result_needs_even_when_it_is_more_specific() -> None:
    floor = minimum("K1", 10, task_type="chat", model_size="8B", note="platform hard minimum")
    threshold = choose([floor, GENERAL_100], task="chat")
    assert threshold.value == 100
    assert {candidate.label for candidate in threshold.candidates} == {"K1", "K2"}


def test_a_platforms_floor_alone_is_used_with_a_word_of_caution() -> None:
    threshold = choose([OPENAI_FLOOR])
    assert threshold.value == 10
    assert "platform" in threshold.why


def test_what_someone_trained_on_counts_only_where_nothing_else_is_stated_and_then_the_smallest() -> None:
    smaller = stated("K10", 9000, 9000, "used_examples", task_type="instruction-following")
    assert choose([TRAINED_ON, GENERAL_100]).value == 100
    assert choose([TRAINED_ON, smaller]).value == 9000


def test_a_general_purpose_corpus_is_no_threshold_for_a_project() -> None:
    assert choose([GENERAL_PURPOSE]).value is None


def test_preference_pairs_have_their_own_threshold() -> None:
    threshold = choose(ALL, method="dpo")
    assert threshold.value == 500
    assert {candidate.label for candidate in threshold.candidates} == {"K8", "K9"}


def test_examples_never_decide_about_pairs() -> None:
    assert choose([GENERAL_1000, LIMA_7B], method="dpo").value is None
    assert choose([PAIRS_500]).value is None


def test_without_evidence_the_user_has_to_set_it() -> None:
    threshold = choose([])
    assert threshold.value is None
    assert threshold.chosen is None
    assert "set the minimum yourself" in threshold.why


def test_all_statements_are_shown_with_both_ends_of_the_disagreement() -> None:
    threshold = choose(ALL)
    assert {"K1", "K2", "K3", "K4", "K5", "K6", "K7"} <= {candidate.label for candidate in threshold.candidates}
    assert "10 (Source of K1 [K1]" in threshold.disagreement
    assert "2,000 (Source of K4 [K4]" in threshold.disagreement


def test_one_statement_is_no_disagreement() -> None:
    assert choose([GENERAL_1000]).disagreement == ""


def test_a_threshold_read_from_prose_says_so() -> None:
    prose = LabelledFigure(label="K1", quantity="min_examples", low=1500, source_title="A book", from_prose=True)
    threshold = choose([prose])
    assert threshold.value == 1500
    assert "Read out of the source's text" in threshold.why


def test_source_titles_are_never_read_as_templates() -> None:
    hostile = stated("K1", 1000, source_title="{threshold.__class__} %s {0}")
    assert "{threshold.__class__} %s {0}" in choose([hostile]).why


def test_the_threshold_is_plain_json() -> None:
    assert Threshold.model_validate_json(choose(ALL).model_dump_json()) == choose(ALL)
