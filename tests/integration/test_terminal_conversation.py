"""A person at a real terminal."""

import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pexpect", reason="a real terminal needs pexpect")
if sys.platform == "win32":
    pytest.skip("a pseudo-terminal needs POSIX", allow_module_level=True)

from terminal import PROMPT, Terminal

PROGRAM = Path(__file__).parents[1] / "fixtures" / "small_step.py"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "sidecar.yaml").touch()
    return folder


@pytest.fixture
def open_terminal(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    opened: list[Any] = []

    def start(*arguments: str, **more: str) -> Terminal:
        environment = {**os.environ, "TERM": "xterm-256color", "FINE_TUNING_DATA": str(tmp_path / "data"), **more}
        environment.pop("COLUMNS", None)
        terminal = Terminal([str(PROGRAM), *arguments], environment)
        opened.append(terminal.child)
        return terminal

    yield start
    for child in opened:
        child.close(force=True)


def test_a_conversation_from_the_first_question_to_the_result(
    open_terminal: Callable[..., Terminal], project: Path
) -> None:
    terminal = open_terminal("chat", str(project))
    terminal.sees("Section 0 · entry_checkpoint · 0 of 5")
    terminal.is_asked("entry_checkpoint asks")
    terminal.types("yes\r")
    terminal.sees("Decided entry_checkpoint")
    terminal.is_asked("welcome asks")
    terminal.types("nonsense\r")
    terminal.is_asked("welcome asks again")
    terminal.types("a shop\r")
    terminal.sees("Consulting the knowledge base")
    terminal.sees("“LoRA”")
    terminal.is_asked("configure_peft asks")
    terminal.types("/why rank\r")
    terminal.is_asked("You typed /why rank")
    terminal.types("back\r")
    terminal.is_asked("welcome asks")
    terminal.types("a bank\r")
    terminal.is_asked("configure_peft asks")
    for answered in ("document_decisions", "present_menu"):
        terminal.types("ok\r")
        terminal.is_asked(f"{answered} asks")
    terminal.types("C\r")
    terminal.sees("Wrote")
    code, shown = terminal.leaves()
    assert code == 0
    assert "On to Step 6." in shown
    assert "a bank" in (project / "training-spec.md").read_text(encoding="utf-8")


def test_ctrl_c_leaves_with_the_command_that_continues_at_the_same_question(
    open_terminal: Callable[..., Terminal], project: Path
) -> None:
    terminal = open_terminal("chat", str(project))
    terminal.is_asked("entry_checkpoint asks")
    terminal.types("yes\r")
    terminal.is_asked("welcome asks")
    terminal.types("half an answ\x03")
    code, shown = terminal.leaves()
    assert code == 3
    command = re.search(r"fine-tuning-specialist (chat --run shop)\r", shown)
    assert command is not None

    terminal = open_terminal(*command[1].split())
    terminal.sees("Continuing the run shop")
    terminal.is_asked("welcome asks")
    terminal.types("\x04")
    assert terminal.leaves()[0] == 3


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_pauses_and_gives_the_terminal_back(
    open_terminal: Callable[..., Terminal], project: Path, number: signal.Signals
) -> None:
    terminal = open_terminal("chat", str(project))
    terminal.is_asked("entry_checkpoint asks")
    terminal.child.kill(number)
    code, shown = terminal.leaves()
    assert code == 3
    assert "chat --run shop" in shown
    assert "\x1b[?2004l" in shown  # bracketed paste is off again


def test_several_lines_are_one_reply(open_terminal: Callable[..., Terminal], project: Path) -> None:
    terminal = open_terminal("chat", str(project))
    terminal.is_asked("entry_checkpoint asks")
    terminal.types("yes\r")
    terminal.is_asked("welcome asks")
    terminal.types("first\\\rsecond\x1b\rthird\r")
    terminal.sees("Decided welcome: first")
    terminal.sees("second")
    terminal.sees("third")
    terminal.is_asked("configure_peft asks")


def test_help_and_unknown_commands_keep_the_question(open_terminal: Callable[..., Terminal], project: Path) -> None:
    terminal = open_terminal("chat", str(project))
    terminal.is_asked("entry_checkpoint asks")
    terminal.types("/help\r")
    terminal.sees("Show why something is recommended")
    terminal.child.expect(PROMPT)
    terminal.types("/bakc\r")
    terminal.sees("did you mean /back?")
    terminal.child.expect(PROMPT)
    terminal.types("yes\r")
    terminal.is_asked("welcome asks")
    terminal.types("/quit\r")
    assert terminal.leaves()[0] == 3


def test_what_was_typed_before_is_in_the_history(open_terminal: Callable[..., Terminal], project: Path) -> None:
    terminal = open_terminal("chat", str(project))
    terminal.is_asked("entry_checkpoint asks")
    terminal.types("nonsense\r")
    terminal.is_asked("entry_checkpoint asks again")
    terminal.types("\x04")
    terminal.leaves()
    terminal = open_terminal("chat", str(project))
    terminal.is_asked("entry_checkpoint asks again")
    terminal.types("\x1b[A\r")
    terminal.is_asked("You typed nonsense")


def test_markup_and_tags_of_others_are_shown_as_they_are(open_terminal: Callable[..., Terminal], project: Path) -> None:
    terminal = open_terminal("chat", str(project))
    terminal.sees("[bold]not markup[/bold]")
    terminal.sees("<tag>")


def test_stop_at_a_failing_knowledge_base_leaves_the_question_pending(
    open_terminal: Callable[..., Terminal], project: Path
) -> None:
    terminal = open_terminal("chat", str(project), SMALL_STEP_KNOWLEDGE="down")
    terminal.is_asked("entry_checkpoint asks")
    terminal.types("yes\r")
    terminal.is_asked("welcome asks")
    terminal.types("a shop\r")
    terminal.is_asked("retry, continue or stop?")
    terminal.types("retry\r")
    terminal.is_asked("retry, continue or stop?")
    terminal.types("stop\r")
    code, shown = terminal.leaves()
    assert code == 4
    assert "chat --run shop" in shown
    terminal = open_terminal("chat", str(project))
    terminal.is_asked("retry, continue or stop?")
    terminal.types("retry\r")
    terminal.is_asked("configure_peft asks")


def test_leaving_init_leaves_nothing_behind(open_terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    terminal = open_terminal("init", str(tmp_path / "bank"))
    terminal.sees("Name of the project [bank]:")
    terminal.types("\x04")
    assert terminal.leaves()[0] == 3
    assert not (tmp_path / "bank").exists()


def test_a_new_project_is_asked_for_at_a_terminal(open_terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    terminal = open_terminal("init", str(tmp_path / "bank"))
    terminal.sees("Name of the project [bank]:")
    terminal.types("../bank\r")
    terminal.sees("cannot be the name of a project")
    terminal.sees("Name of the project [bank]:")
    terminal.types("\r")
    terminal.sees("Architecture")
    terminal.types("hybird\r")
    terminal.sees("is no architecture")
    terminal.sees("Architecture")
    terminal.types("fine\r")
    terminal.sees("Created")
    assert terminal.leaves()[0] == 0
    assert "architecture: fine-tuning" in (tmp_path / "bank" / "sidecar.yaml").read_text(encoding="utf-8")
