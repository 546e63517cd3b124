"""The program as it is installed: the real step, the embedded knowledge base, a real terminal and headless runs."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
PROGRAM = ["-c", "from fine_tuning_specialist.cli.main import main; main()"]
CONFIG = Path("phase-2-training/training-config")
QUALITY = "verified some, coverage full, accurate, consistent, diverse, uncontaminated, pii removed: yes"

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FINE_TUNING_")}
    kept.pop("COLUMNS", None)
    return {**kept, "TERM": "xterm-256color", "FINE_TUNING_DATA": str(tmp_path / "data")}


@pytest.fixture
def run(tmp_path: Path, environment: dict[str, str]) -> Run:
    def start(*arguments: str, replies: str = "") -> Any:
        return subprocess.run(
            [sys.executable, *PROGRAM, *arguments],
            input=replies, capture_output=True, text=True, encoding="utf-8", timeout=120, cwd=tmp_path, env=environment,
        )  # fmt: skip

    return start


def headless(run: Run, example: str, output: Path, *more: str) -> "subprocess.CompletedProcess[str]":
    project = EXAMPLES / example
    return run("chat", str(project), "--answers", str(project / "answers.yaml"), "--output", str(output), *more)


@pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal needs POSIX")
def test_a_conversation_that_stumbles_pauses_and_is_finished_later(tmp_path: Path, environment: dict[str, str]) -> None:
    pytest.importorskip("pexpect", reason="a real terminal needs pexpect")
    from terminal import Terminal

    project = tmp_path / "support-assistant"
    shutil.copytree(EXAMPLES / "support-assistant", project)
    command = [*PROGRAM, "chat", str(project)]
    terminal = Terminal(command, environment)
    terminal.is_asked("Should we proceed with fine-tuning specialist work?")
    terminal.types("42\r")
    terminal.sees("yes or no is needed")
    terminal.is_asked("Should we proceed with fine-tuning specialist work?")
    terminal.types("y\r")
    terminal.is_asked("tell me about what you have.")
    terminal.types("why?\r")
    terminal.sees("read in phase-0-scoping/business-requirements.md")
    terminal.is_asked("tell me about what you have.")
    terminal.types("how should I chunk my documents for retrieval?\r")
    terminal.sees("That is Step 6")
    terminal.is_asked("tell me about what you have.")
    terminal.types("back\r")
    terminal.is_asked("Should we proceed with fine-tuning specialist work?")
    terminal.types("y\r")
    terminal.is_asked("tell me about what you have.")
    terminal.types("use case: half typed\x03")
    code, shown = terminal.leaves()
    assert code == 3
    assert "chat --run support-assistant" in shown
    assert not (project / "phase-2-training").exists()

    terminal = Terminal(command, environment)
    terminal.sees("Continuing the run support-assistant")
    terminal.is_asked("tell me about what you have.")
    terminal.types("ok\r")
    terminal.is_asked("Walk me through your training data situation.")
    terminal.types(f"{QUALITY}\r")
    terminal.is_asked("Here is the whole of it")
    terminal.types("ok\r")
    for asked in (
        "What base model constraints do you have?",
        "which approach fits best?",
        "What compute resources do you have?",
        "Do these hyperparameters suit you",
        "preference for training infrastructure",
    ):
        terminal.is_asked(asked)
        terminal.types("\r")
    terminal.is_asked("Do you confirm this training pipeline design?")
    terminal.types("yes\r")
    terminal.sees("Wrote phase-2-training/training-spec.md")
    terminal.is_asked("Select an Option")
    terminal.types("C\r")
    code, shown = terminal.leaves()
    assert code == 0
    assert "step-06-rag-specialist.md" in shown
    assert (project / CONFIG / "trl-sft.yaml").is_file()
    assert "half typed" not in (project / "phase-2-training/training-spec.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("example", "config"), [("support-assistant", "trl-dpo.yaml"), ("sdk-code-writer", None)])
def test_an_example_runs_headless_to_its_files(run: Run, tmp_path: Path, example: str, config: str | None) -> None:
    done = headless(run, example, tmp_path / "out", "--accept-recommended")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    assert "\x1b" not in done.stdout
    assert (tmp_path / "out/phase-2-training/training-spec.md").is_file()
    assert "TRAIN-001" in (tmp_path / "out/decision-log.md").read_text(encoding="utf-8")
    written = {path.name for path in (tmp_path / "out" / CONFIG).iterdir()}
    assert {"README.md", "requirements.txt"} < written
    assert config is None or config in written
    assert not (EXAMPLES / example / "phase-2-training").exists()


def test_a_project_without_training_is_skipped_with_a_record(run: Run, tmp_path: Path) -> None:
    done = headless(run, "policy-search", tmp_path / "out")
    assert done.returncode == 0, done.stdout + done.stderr
    record = (tmp_path / "out/phase-2-training/training-spec.md").read_text(encoding="utf-8")
    assert re.search(r"skipped", record, re.IGNORECASE)
    assert not (tmp_path / "out" / CONFIG).exists()


def test_a_no_at_the_checkpoint_defers_and_the_same_command_shows_that(run: Run, tmp_path: Path) -> None:
    project = tmp_path / "code"
    shutil.copytree(EXAMPLES / "sdk-code-writer", project)
    deferred = run("chat", str(project), replies="n\n")
    assert deferred.returncode == 0, deferred.stdout + deferred.stderr
    assert "deferred" in (project / "sidecar.yaml").read_text(encoding="utf-8")
    assert not (project / "phase-2-training").exists()
    again = run("chat", str(project))
    assert again.returncode == 0
    assert "is finished (deferred)" in again.stdout
    assert "--new" in again.stdout


def test_a_program_follows_the_conversation_as_json_lines(run: Run, tmp_path: Path) -> None:
    done = headless(run, "support-assistant", tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert {line["event"] for line in lines} == {"question", "answer", "decision", "file", "end"}
    questions = [line for line in lines if line["event"] == "question"]
    assert list(dict.fromkeys(line["question_key"] for line in questions)) == [
        "entry_checkpoint", "welcome", "assess_training_data", "select_base_model", "combine_sft_and_dpo",
        "configure_peft", "configure_hyperparameters", "choose_infrastructure", "document_decisions", "present_menu",
    ]  # fmt: skip
    assert [line["id"] for line in lines if line["event"] == "decision"] == ["TRAIN-001", "TRAIN-002", "TRAIN-003"]
    written = {line["path"] for line in lines if line["event"] == "file"}
    assert {"phase-2-training/training-spec.md", "decision-log.md", "sidecar.yaml"} < written
    assert any(query["text"] for line in questions for query in line["queries"])
    end = lines[-1]
    assert (end["event"], end["status"], end["exit_code"]) == ("end", "completed", 0)
    assert end["next_step"] == "3-inference/step-06-rag-specialist.md"


def test_a_reply_for_the_last_confirmation_is_never_made_up(run: Run, tmp_path: Path) -> None:
    answers = tmp_path / "answers.yaml"
    answers.write_text(f"assess_training_data: [{json.dumps(QUALITY)}, ok]\n", encoding="utf-8")
    project = str(EXAMPLES / "support-assistant")
    output = str(tmp_path / "out")
    stopped = run("chat", project, "--answers", str(answers), "--accept-recommended", "--output", output)
    assert stopped.returncode == 3, stopped.stdout + stopped.stderr
    assert "Do you confirm this training pipeline design?" in stopped.stdout
    assert not (tmp_path / "out/phase-2-training").exists()
    done = run("chat", project, "--output", output, replies="yes\nC\n")
    assert done.returncode == 0
    assert (tmp_path / "out/phase-2-training/training-spec.md").is_file()
