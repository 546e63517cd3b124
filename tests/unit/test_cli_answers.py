"""Answer files: what they may say, and how a wrong one is refused."""

from pathlib import Path
from typing import Any

import pytest

from fine_tuning_specialist.cli.answers import AnswersFile, read_answers
from fine_tuning_specialist.cli.errors import BadInputError


@pytest.fixture
def read(tmp_path: Path) -> Any:
    def read_text(text: str) -> AnswersFile:
        file = tmp_path / "answers.yaml"
        file.write_text(text, encoding="utf-8")
        return read_answers(file)

    return read_text


@pytest.mark.parametrize(
    ("reply", "value"),
    [
        ("yes", "yes"),
        ("true", "yes"),
        ("no", "no"),
        ("Y", "Y"),
        ('"rank 32, alpha 64"', "rank 32, alpha 64"),
        ("16", "16"),
        ("2024-01-01", "2024-01-01"),
        ("{rank: 16}", {"fields": {"rank": 16}}),
        ("{fields: {rank: 16}}", {"fields": {"rank": 16}}),
        ("{fields: {rank: 16}, accept_recommended: true}", {"fields": {"rank": 16}, "accept_recommended": True}),
        ("{rank: 16, accept_recommended: true}", {"fields": {"rank": 16}, "accept_recommended": True}),
        ("{rank: 16, findings: {F1: MLflow}}", {"fields": {"rank": 16}, "findings": {"F1": "MLflow"}}),
        ("{fields: {findings: {F1: MLflow}}}", {"fields": {}, "findings": {"F1": "MLflow"}}),
        ("{decisions: [{type: approve}]}", {"decisions": [{"type": "approve"}]}),
    ],
)
def test_a_reply_is_text_or_fields(read: Any, reply: str, value: Any) -> None:
    assert read(f"configure_peft: {reply}").take("configure_peft") == (value,)


def test_a_list_of_replies_is_used_in_turn_and_then_exhausted(read: Any) -> None:
    answers = read("configure_peft:\n  - rank: 8\n  - ok\n")
    assert answers.take("configure_peft") == ({"fields": {"rank": 8}},)
    assert answers.take("configure_peft") == ("ok",)
    assert answers.take("configure_peft") is None


def test_replies_left_over_and_never_asked_are_told_apart(read: Any) -> None:
    answers = read("entry_checkpoint: yes\nconfigure_peft: [ok, ok]\nalign_with_dpo: ok\n")
    answers.take("entry_checkpoint")
    answers.take("configure_peft")
    unused = {key: (entry.line, entry.asked, len(entry.replies)) for key, entry in answers.unused()}
    assert unused == {"configure_peft": (2, True, 1), "align_with_dpo": (3, False, 1)}


def test_second_confirmations_and_failures_can_be_answered(read: Any) -> None:
    answers = read("select_base_model.confirm: yes\nknowledge_failure: continue\npresent_menu.accept: '1'\n")
    assert answers.take("select_base_model.confirm") == ("yes",)
    assert answers.take("knowledge_failure") == ("continue",)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("entry_checkpoint: yes\nconfigure_pfet: ok\n", 2, "configure_pfet"),
        ("configure_peft:\n  rank: 8\n  rnk: 16\n", 3, "rnk"),
        ("configure_peft:\n  fields:\n    rnk: 16\n", 3, "rank"),
        ("load_context: yes\n", 1, "asks nothing"),
        ("select_base_model.confirm: {confirm: yes}\n", 1, "proceed"),
        ("welcome: ok\nwelcome: ok\n", 2, "second time"),
        ("welcome: [\n", 2, "YAML"),
        ("- welcome\n", 1, "maps"),
        ("welcome: &a [*a]\n", 1, "refer"),
        ("welcome: \x1b[31m\n", 1, "control"),
        ("welcome: !!python/object:os.system {}\n", 1, "YAML"),
        ("welcome: {data_volume: .nan}\n", 1, "number"),
        ("welcome:\n", 1, "text, or fields"),
        ("welcome: {accept_recommended: maybe}\n", 1, "true or false"),
        ("welcome: {findings: [F1]}\n", 1, "findings"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(read: Any, tmp_path: Path, text: str, line: int, words: str) -> None:
    with pytest.raises(BadInputError) as refused:
        read(text)
    assert str(refused.value).startswith(f"{tmp_path / 'answers.yaml'}:{line}: ")
    assert words in str(refused.value)


def test_a_reply_over_the_limit_is_refused_with_its_line(read: Any) -> None:
    with pytest.raises(BadInputError, match=r":2: .*20,000"):
        read(f"entry_checkpoint: yes\nwelcome: {'x' * 20_001}\n")


def test_a_file_that_is_missing_binary_or_huge_is_refused(tmp_path: Path) -> None:
    binary, huge = tmp_path / "binary", tmp_path / "huge"
    binary.write_bytes(b"\xff\xfe\x00")
    huge.write_bytes(b"#" * (1024 * 1024 + 1))
    for file, words in ((tmp_path / "none", "cannot be read"), (binary, "UTF-8"), (huge, "1 MiB")):
        with pytest.raises(BadInputError, match=words):
            read_answers(file)


def test_an_empty_file_has_no_replies(read: Any) -> None:
    assert read("").take("welcome") is None
