"""What a conversation looks like in a terminal, in a pipe, and to a program."""

import io
import json
from typing import Any

import pytest

from fine_tuning_specialist.cli.errors import ExitCode
from fine_tuning_specialist.cli.json_screen import JsonScreen
from fine_tuning_specialist.cli.plain_screen import PlainScreen, reply_text
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
    screen.opened("shop", "/projects/shop", continued=True)
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
        "run shop", "Section 4 · Base Model Selection · 3 of 10", "[bold]as is[/bold]", "<name>", "[Y/N]", ":smile:",
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
