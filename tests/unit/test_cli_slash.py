"""Slash commands: one list, and everything derived from it."""

import pytest

from fine_tuning_specialist.cli.slash import COMMANDS, find_command, help_text, is_command, unknown_command
from fine_tuning_specialist.dialogue.commands import COMMANDS as STEP_COMMANDS


def test_help_names_every_command_with_what_it_does() -> None:
    shown = help_text()
    for command in COMMANDS:
        assert f"`/{command.usage}` | {command.help}" in shown


def test_what_is_sent_to_the_step_is_understood_there() -> None:
    assert {command.name for command in COMMANDS if command.handler == "graph"} <= set(STEP_COMMANDS)


@pytest.mark.parametrize("typed", ["/help", "/why rank", "/q", "/?"])
def test_a_slash_and_a_word_is_a_command(typed: str) -> None:
    assert is_command(typed)
    assert find_command(typed) is not None


@pytest.mark.parametrize("typed", ["/data/sft.jsonl", "/sft.jsonl", "rank 32", "/", "", "why"])
def test_a_path_or_a_plain_reply_is_no_command(typed: str) -> None:
    assert not is_command(typed)


def test_the_beginning_of_one_command_is_enough() -> None:
    found = find_command("/ev")
    assert found is not None
    assert found.name == "evidence"


def test_a_misspelled_command_is_answered_with_the_closest() -> None:
    assert find_command("/bakc") is None
    assert "/back" in unknown_command("/bakc")
    assert "/help" in unknown_command("/xyzzy")
