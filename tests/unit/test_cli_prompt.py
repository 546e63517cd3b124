"""The prompt of the terminal: its hints and its completions."""

from typing import Any

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from fine_tuning_specialist.cli.prompt import ReplyCompleter, hint_of
from fine_tuning_specialist.texts import phrases

RANK = {"name": "rank", "required": True, "recommended": 16, "choices": []}
DOMAIN = {"name": "domain", "required": True, "recommended": None, "choices": []}
NOTE = {"name": "note", "required": False, "recommended": None, "choices": []}
METHOD = {"name": "method", "required": True, "recommended": "lora", "choices": [{"value": "lora"}, {"value": "qlora"}]}


@pytest.mark.parametrize(
    ("question", "hint"),
    [
        ({"kind": "question", "fields": [RANK, NOTE]}, "question"),
        ({"kind": "question", "fields": [RANK, DOMAIN]}, "open"),
        ({"kind": "confirm", "fields": [DOMAIN]}, "confirm"),
        ({"kind": "menu", "question_key": "present_menu"}, "menu"),
        ({"kind": "menu", "question_key": "present_menu.node"}, "part"),
        ({"kind": "failure", "question_key": "knowledge_failure"}, "failure"),
        ({}, "question"),
    ],
)
def test_the_hint_says_what_this_question_takes(question: dict[str, Any], hint: str) -> None:
    assert hint_of(question) == hint
    assert len(phrases("terminal")[f"prompt_hint_{hint}"]) < 58  # one line of a narrow window


@pytest.mark.parametrize(
    ("typed", "completions"),
    [("/ba", ["/back"]), ("q", ["qlora"]), ("rank 8, me", ["method"]), ("/data/x", []), ("zz", [])],
)
def test_commands_choices_and_fields_are_completed(typed: str, completions: list[str]) -> None:
    completer = ReplyCompleter()
    completer.question = {"fields": [RANK, METHOD]}
    found = completer.get_completions(Document(typed), CompleteEvent())
    assert [completion.text for completion in found] == completions
