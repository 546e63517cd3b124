"""What a conversation looks like in a terminal, in a pipe, and to a program."""

import io
import json
from typing import Any

import pytest

from fine_tuning_specialist.cli.errors import ExitCode
from fine_tuning_specialist.cli.json_screen import JsonScreen
from fine_tuning_specialist.cli.plain_screen import PlainScreen, progress_line, reply_text
from fine_tuning_specialist.cli.replies import Reply
from fine_tuning_specialist.cli.rich_screen import RichScreen
from fine_tuning_specialist.cli.screen import Ending, Screen

QUESTION: dict[str, Any] = {
    "question_key": "select_base_model",
    "section": "4",
    "title": "Base Model Selection",
    "message": "**Which** model? [bold]as is[/bold] \x1b[31m<name> [Y/N] :smile:\n\n| a | b |\n|---|---|\n| 1 | 2 |",
    "progress": {"done": 3, "of": 10},
    "fields": [],
}


def hold(screen: Screen) -> None:
    screen.opened("shop", "/projects/shop", output="/copies/shop", continued=True)
    with screen.working():
        screen.event({"event": "consulting", "section": "4", "queries": [{"tool": "get_decisions", "text": "base"}]})
        screen.event({"event": "consulted", "results": 3})
        screen.event({"event": "message", "text": "Because **K1** says so."})
    screen.question(QUESTION)
    screen.reply("select_base_model", Reply({"fields": {"rank": 16}}, "file"))
    screen.event({"event": "decision", "id": "TRAIN-001", "choice": "Qwen \x1b[2J3"})
    screen.event({"event": "file", "path": "training-spec.md"})
    screen.ended(Ending(ExitCode.PAUSED, "shop", "paused", "continue with this", {"message": "Bye."}))


@pytest.mark.parametrize("kind", [PlainScreen, RichScreen])
def test_a_transcript_shows_everything_and_no_control_code(kind: type[PlainScreen] | type[RichScreen]) -> None:
    out = io.StringIO()
    hold(kind(out))
    shown = out.getvalue()
    for words in (
        "run shop", "/copies/shop",
        "Section 4 · Base Model Selection · 3 of 10", "[bold]as is[/bold]", "<name>", "[Y/N]", ":smile:",
        "base", "3 results", "says so", "rank: 16", "TRAIN-001", "Qwen 3", "training-spec.md", "Bye.",
        "continue with this",
    ):  # fmt: skip
        assert words in shown
    assert "\x1b" not in shown


def test_a_line_of_the_terminal_has_80_columns_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    out = io.StringIO()
    RichScreen(out).question({**QUESTION, "message": "word " * 100})
    assert max(len(line) for line in out.getvalue().splitlines()) == 80


@pytest.mark.parametrize("kind", [PlainScreen, RichScreen])
def test_what_was_said_already_is_not_said_again_with_the_question(
    kind: type[PlainScreen] | type[RichScreen],
) -> None:
    out = io.StringIO()
    screen = kind(out)
    screen.event({"event": "message", "text": "The knowledge base says much.\n"})
    screen.question({**QUESTION, "message": "The knowledge base says much.\n\nWhich model?"})
    assert out.getvalue().count("says much") == 1
    assert "Which model?" in out.getvalue()
    screen.question({**QUESTION, "message": "The knowledge base says much.\n\nWhich model?"})
    assert out.getvalue().count("says much") == 2


def test_a_table_breaks_long_words_instead_of_cutting_them_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    out = io.StringIO()
    table = "| file | origin |\n|---|---|\n| architecture-decision.md | business-requirements.md |"
    RichScreen(out).question({**QUESTION, "message": table})
    assert "…" not in out.getvalue()
    assert "3 of 10 done" in " ".join(out.getvalue().split())
    assert max(len(line) for line in out.getvalue().splitlines()) <= 30


def test_the_command_that_continues_can_be_copied_as_one_line() -> None:
    out = io.StringIO()
    command = f"  fine-tuning-specialist chat {'long' * 30}"
    RichScreen(out).ended(Ending(ExitCode.PAUSED, "shop", "paused", f"Paused. {'word ' * 30}\n{command}"))
    lines = out.getvalue().splitlines()
    assert command in lines
    assert max(len(line) for line in lines if line != command) <= 80


@pytest.mark.parametrize(
    ("section", "shown"), [("Entry", "Entry · Guard · 0 of 10 done"), ("5A", "Section 5A · Guard · 0 of 10 done")]
)
def test_the_progress_names_the_section_as_the_specification_does(section: str, shown: str) -> None:
    payload = {"section": section, "title": "Guard", "progress": {"done": 0, "of": 10}}
    assert progress_line(payload) == shown


def test_a_program_gets_one_object_a_line() -> None:
    out = io.StringIO()
    hold(JsonScreen(out))
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [line["event"] for line in lines] == ["question", "answer", "decision", "file", "end"]
    question, answer, _, file, end = lines
    assert question["question_key"] == "select_base_model"
    assert question["run"] == "shop"
    assert question["messages"] == ["Because **K1** says so."]
    assert question["queries"] == [{"tool": "get_decisions", "text": "base"}]
    assert answer["reply"] == {"fields": {"rank": 16}}
    assert answer["origin"] == "file"
    assert file["path"] == "training-spec.md"
    assert (end["status"], end["exit_code"], end["message"]) == ("paused", 3, "Bye.")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("ok", "ok"),
        ("", "(as recommended)"),
        ({"fields": {}, "accept_recommended": True}, "(as recommended)"),
        (
            {"fields": {"rank": 16, "method": "lora"}, "accept_recommended": True},
            "rank: 16, method: lora (as recommended)",
        ),
        ({"decisions": [{"type": "approve"}]}, '{"decisions": [{"type": "approve"}]}'),
    ],
)
def test_a_reply_is_shown_in_one_line(value: Any, shown: str) -> None:
    assert reply_text(Reply(value, "file")) == shown
