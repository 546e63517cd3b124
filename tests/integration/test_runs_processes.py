"""Several processes, and processes that die."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[1] / "fixtures" / "small_step.py"
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "sidecar.yaml").touch()
    return folder


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started = []

    def open_process(*arguments: str, **more: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, str(PROGRAM), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env={**os.environ, "FINE_TUNING_DATA": str(tmp_path / "data"), **more},
        )
        started.append(process)
        return process

    yield open_process
    for process in started:
        process.kill()
        process.communicate()


def say(process: "subprocess.Popen[str]", line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(line + "\n")
    process.stdin.flush()


def wait_for(process: "subprocess.Popen[str]", words: str) -> str:
    assert process.stdout is not None
    seen = ""
    for line in process.stdout:
        seen += line
        if words in line:
            return seen
    raise AssertionError(f"{words!r} did not come; there was {seen!r}")


def finish(process: "subprocess.Popen[str]", replies: str) -> tuple[int, str, str]:
    out, error = process.communicate(replies, timeout=60)
    return process.returncode, out, error


def test_a_second_process_on_a_run_is_refused_and_the_first_proceeds(start: Start, project: Path) -> None:
    first = start("chat", str(project))
    wait_for(first, "entry_checkpoint")
    second = start("chat", str(project))
    code, _, error = finish(second, "yes\n")
    assert code == 2
    assert "'shop' is open in another process" in error
    assert "--new" in error
    assert finish(start("chat", str(project), "--new"), "yes\n")[0] == 3
    assert finish(first, "yes\na shop\nok\nyes\nC\n")[0] == 0


@pytest.mark.parametrize("node", ["entry_checkpoint", "configure_peft", "present_menu"])
def test_a_killed_process_asks_nothing_twice(start: Start, project: Path, node: str) -> None:
    replies = ["yes", "a shop", "ok", "yes", "C"]
    killed = start("chat", str(project), "--json", SMALL_STEP_KILL=node)
    code, out, _ = finish(killed, "\n".join(replies) + "\n")
    assert code == -signal.SIGKILL
    answered = [line["question_key"] for line in map(json.loads, out.splitlines()) if line["event"] == "answer"]
    assert answered[-1] == node

    again = start("chat", str(project), "--json")
    code, out, _ = finish(again, "\n".join(replies[len(answered) :]) + "\n")
    assert code == 0
    lines = [json.loads(line) for line in out.splitlines()]
    asked = [line["question_key"] for line in lines if line["event"] == "question"]
    assert not set(asked) & set(answered)
    assert (project / "training-spec.md").read_text(encoding="utf-8").count(f"'{node}'") == 1


def test_a_kill_while_waiting_releases_the_run(start: Start, project: Path) -> None:
    first = start("chat", str(project))
    wait_for(first, "entry_checkpoint")
    say(first, "yes")
    wait_for(first, "Section 1")
    first.kill()
    first.wait(timeout=30)
    code, out, _ = finish(start("chat", str(project)), "")
    assert code == 3
    assert "welcome" in out
    assert "**entry_checkpoint** asks" not in out


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_pauses_with_the_command_that_continues(start: Start, project: Path, number: signal.Signals) -> None:
    process = start("chat", str(project))
    wait_for(process, "entry_checkpoint")
    process.send_signal(number)
    assert process.wait(timeout=30) == 3
    assert process.stdout is not None
    assert "chat --run shop" in process.stdout.read()


def test_a_reader_that_leaves_is_no_fault(start: Start, project: Path, tmp_path: Path) -> None:
    process = start("chat", str(project))
    wait_for(process, "entry_checkpoint")
    assert process.stdout is not None
    process.stdout.close()
    say(process, "yes")
    process.wait(timeout=30)
    assert not (tmp_path / "data" / "errors.log").exists()
    process.stdout = open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115 - so that it can be closed once more
