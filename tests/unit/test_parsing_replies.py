"""Replies as people type them: the corpus in `fixtures/replies.yaml`, and what no reply may do."""

import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fine_tuning_specialist.facilitation.parsing import interpret_text
from fine_tuning_specialist.facilitation.protocol import Interpretation
from fine_tuning_specialist.fields import all_fields, fields_of
from fine_tuning_specialist.interrupts import Question, Recommendation

CORPUS: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parents[1] / "fixtures" / "replies.yaml").read_text(encoding="utf-8")
)
GUIDED = [entry for entry in CORPUS if entry.get("guided", True)]
BEYOND = [entry for entry in CORPUS if not entry.get("guided", True)]
KINDS = {"entry_checkpoint": "confirm", "document_decisions": "confirm", "knowledge_failure": "failure"}
LINES = 4


def question(node: str, recommended: dict[str, Any] | None = None) -> Question:
    fields = fields_of(node)
    if node == "present_menu.accept":
        fields = tuple(field.model_copy(update={"maximum": LINES}) for field in fields)
    return Question(
        kind="menu" if node.startswith("present_menu") else KINDS.get(node, "question"),  # type: ignore[arg-type]
        question_key=node,
        section="1",
        title="A section",
        message="A question",
        fields=fields,
        recommended={name: Recommendation(value=value) for name, value in (recommended or {}).items()},
    )


def summary(result: Interpretation) -> dict[str, Any]:
    """What the corpus records of an interpretation."""
    found = result.model_dump(exclude={"notes", "problems"})
    kept = {name: value for name, value in found.items() if value or (name == "lines" and value is not None)}
    if result.problems:
        kept["problems"] = [problem.field for problem in result.problems]
    if result.notes:
        kept["noted"] = True
    return kept


def said(entry: dict[str, Any]) -> str:
    return f"{entry['node']}: {entry['reply'][:60]}"


@pytest.mark.parametrize("entry", GUIDED, ids=said)
def test_guided_mode_understands(entry: dict[str, Any]) -> None:
    assert summary(interpret_text(entry["reply"], question(entry["node"]))) == entry["expect"]


@pytest.mark.parametrize("entry", BEYOND, ids=said)
def test_guided_mode_asks_back_rather_than_guesses(entry: dict[str, Any]) -> None:
    result = interpret_text(entry["reply"], question(entry["node"]))
    assert result.kind in ("unclear", "question")
    assert not result.fields
    assert not result.accept_rest


def test_the_corpus_is_broad_enough_to_judge_by() -> None:
    assert len(GUIDED) >= 120
    assert len(BEYOND) + sum(1 for entry in GUIDED if entry.get("messy")) >= 60
    assert all("model" in entry for entry in BEYOND)
    asked = {node for node in all_fields() if node not in ("align_with_dpo", "combine_sft_and_dpo")}
    assert {entry["node"] for entry in CORPUS} == asked


@pytest.mark.parametrize("reply", ["", "   ", "\n"])
def test_enter_takes_the_recommendation(reply: str) -> None:
    assert summary(interpret_text(reply, question("configure_peft"))) == {"kind": "answer", "accept_rest": True}


def test_enter_does_not_confirm_the_design() -> None:
    assert "confirm" not in interpret_text("", question("document_decisions")).fields


def test_a_reply_of_control_codes_alone_is_not_an_enter() -> None:
    assert interpret_text("\x1b[2J\x07", question("document_decisions")).kind == "unclear"


def test_one_field_may_be_left_to_the_recommendation() -> None:
    asked = question("configure_peft", {"rank": 16, "alpha": 32})
    result = interpret_text("rank: as you recommend, alpha 64", asked)
    assert result.fields == {"rank": 16, "alpha": 64.0}
    assert not result.accept_rest


def test_an_invalid_value_leaves_the_valid_ones_and_says_what_is_accepted() -> None:
    result = interpret_text("rank 99999, alpha 32", question("configure_peft"))
    assert result.fields == {"alpha": 32.0}
    [problem] = result.problems
    assert problem.field == "rank"
    assert "from 1 to 4,096" in problem.message
    assert "for example 16" in problem.message


def test_two_fields_that_a_figure_may_be_meant_for_are_both_named() -> None:
    [problem] = interpret_text("5000", question("welcome")).problems
    assert "data volume: 5000" in problem.message
    assert "model size in mind: 5000" in problem.message


def test_a_field_of_another_section_is_told_where_it_belongs() -> None:
    [problem] = interpret_text("rank: 64", question("configure_hyperparameters")).problems
    assert "belongs to section 6" in problem.message
    assert "configure_peft" not in problem.message


def test_a_misspelt_field_gets_the_nearest_name() -> None:
    [problem] = interpret_text("alhpa: 64", question("configure_peft")).problems
    assert "did you mean alpha" in problem.message


def test_what_was_left_aside_is_said() -> None:
    result = interpret_text("5k tickets, collected over the phone", question("assess_training_data"))
    assert result.fields == {"sft_examples": 5000}
    assert any("collected over the phone" in note for note in result.notes)


def test_the_midpoint_of_a_range_is_said_to_be_one() -> None:
    result = interpret_text("warmup 3-10 %", question("configure_hyperparameters"))
    assert result.fields == {"warmup_ratio": 0.065}
    assert "midpoint of 3-10 %" in result.notes[0]


def test_a_second_confirmation_takes_a_bare_yes() -> None:
    asked = question("entry_checkpoint").model_copy(update={"question_key": "select_base_model.confirm"})
    assert interpret_text("yes, go ahead", asked).fields == {"proceed": True}


def test_words_of_other_steps_are_no_obstacle_inside_an_answer() -> None:
    text = "use_case: support bot with retrieval and reranking, task: chat, data volume 5k"
    result = interpret_text(text, question("welcome"))
    assert result.kind == "answer"
    assert result.fields["use_case"] == "support bot with retrieval and reranking"
    assert result.owner_step is None


def test_all_lines_cannot_be_taken_where_their_number_is_unknown() -> None:
    unbounded = question("present_menu").model_copy(update={"fields": fields_of("present_menu.accept")})
    assert interpret_text("all", unbounded).kind == "unclear"
    assert interpret_text("1, 3", unbounded).lines == [1, 3]


@pytest.mark.parametrize("node", ["welcome", "configure_peft", "document_decisions", "present_menu"])
def test_a_reply_over_the_limit_is_refused_in_words(node: str) -> None:
    result = interpret_text("a" * 20_001, question(node))
    assert result.kind == "unclear"
    assert "20,000" in result.problems[0].message


def test_template_syntax_stays_plain_text() -> None:
    result = interpret_text("use_case: {{ 7 * 7 }} {% for x in y %}", question("welcome"))
    assert result.fields == {"use_case": "{{ 7 * 7 }} {% for x in y %}"}


def test_terminal_sequences_and_direction_marks_are_removed_from_text() -> None:
    result = interpret_text("use_case: \x1b[31mred\x1b[0m \u202erouters\u202c", question("welcome"))
    assert result.fields == {"use_case": "red routers"}


def test_text_in_another_script_is_kept_as_it_is() -> None:
    result = interpret_text("domain: דקדוק 📚", question("welcome"))
    assert result.fields == {"domain": "דקדוק 📚"}


LONG = 20_000
SHORTEST = 0.005
"""Seconds; what takes less says nothing of how it grows."""

HOSTILE = {
    "letters": "a" * LONG,
    "a gap": "x" + " " * (LONG - 2) + "y",
    "labels": ("rank " * LONG)[:LONG],
    "separators": ("a:" * LONG)[:LONG],
    "commas": (", " * LONG)[:LONG],
    "dots": "." * LONG,
    "question marks": "?" * LONG,
    "digits": "9" * LONG,
    "lines": ("rank: 16\n" * LONG)[:LONG],
    "escapes": ("\x1b[31" * LONG)[:LONG],
    "brackets": "{" + "[" * (LONG - 2) + "}",
    "nested objects": ('{"a":' * LONG)[:LONG],
    "emoji": "😀" * LONG,
    "findings": ("F1: a " * LONG)[:LONG],
    "gpus": ("A100 80GB " * LONG)[:LONG],
    "slashes": ("a/" * LONG)[:LONG],
    "questions": ("what is this? " * LONG)[:LONG],
    "rates": ("lr 1e-4 " * LONG)[:LONG],
    "models": ("qwen-" * LONG)[:LONG],
    "bounds": ("no more than " * LONG)[:LONG],
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_reply_of_any_shape_takes_time_in_proportion_to_its_length(name: str) -> None:
    for node in ("welcome", "configure_peft", "present_menu.accept", "train_with_sft"):
        asked = question(node)
        part, whole = (quickest(HOSTILE[name][:length], asked) for length in (LONG // 4, LONG))
        assert whole < 10 * max(part, SHORTEST), f"{node}: {part:.3f} s for a quarter, {whole:.3f} s for the whole"


def quickest(text: str, asked: Question) -> float:
    """Seconds of the quickest of three readings: whatever else the machine does only adds to them."""
    taken = []
    for _ in range(3):
        started = time.process_time()
        interpret_text(text, asked)
        taken.append(time.process_time() - started)
    return min(taken)


PIECES = [
    *(entry["reply"] for entry in CORPUS if len(entry["reply"]) < 60),
    "F1:",
    "{",
    "}",
    "[",
    "rank",
    "=",
    "-",
    "–",
]


@settings(max_examples=250, deadline=None)
@given(
    text=st.one_of(st.text(max_size=200), st.lists(st.sampled_from(PIECES), max_size=4).map(" ".join)),
    node=st.sampled_from(sorted(all_fields())),
)
@example(text="1e99999999999", node="configure_hyperparameters")
@example(text='{"rank": 1e400, "alpha": NaN}', node="configure_peft")
@example(text='{"fields": {}}', node="present_menu")
@example(text="rank: " + "9" * 5000, node="configure_peft")
@example(text="½ ² ٣ 五", node="assess_training_data")
@example(text="\ud800", node="welcome")
def test_no_reply_raises_and_every_interpretation_is_plain_json(text: str, node: str) -> None:
    result = interpret_text(text, question(node))
    assert Interpretation.model_validate_json(result.model_dump_json()) == result
    if result.kind in ("unclear", "question", "command", "out_of_scope"):
        assert not result.fields


def test_each_corpus_reply_means_the_same_when_typed_in_capitals() -> None:
    for node, reply in (
        ("entry_checkpoint", "yes"),
        ("configure_peft", "qlora, r 16"),
        ("choose_infrastructure", "w&b"),
    ):
        assert interpret_text(reply.upper(), question(node)) == interpret_text(reply, question(node))


@pytest.mark.parametrize(
    ("reply", "talk"),
    [
        ("hi, we want to build something for our support team, data volume 5k", "build something for our support team"),
        ("My name is Anna and I run a bakery. data volume: 5k", "Anna and I run a bakery"),
    ],
)
def test_talk_beside_values_is_taken_as_background(reply: str, talk: str) -> None:
    result = interpret_text(reply, question("welcome"))
    assert result.fields == {"data_volume": 5000}
    (note,) = result.notes
    assert talk in note
    assert "background" in note


@pytest.mark.parametrize(
    "unread",
    [
        "about 3 of them in a good mood",
        "somehow Qwen",
        "some H100 from a friend",
        "whatever LoRA",
        "the domain is tricky",
    ],
)
def test_what_may_hold_a_value_is_never_taken_for_talk(unread: str) -> None:
    result = interpret_text(f"data volume 5k; {unread}", question("welcome"))
    assert result.fields["data_volume"] == 5000
    assert result.problems or any(note.startswith("Not taken") for note in result.notes) or len(result.fields) > 1


def test_a_greeting_is_no_mistake() -> None:
    (problem,) = interpret_text("Hello there!", question("welcome")).problems
    assert "listening" in problem.message
