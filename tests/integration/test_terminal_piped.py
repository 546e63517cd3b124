"""The program without a terminal: lines, answer files, JSON, exit codes."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).parents[1] / "fixtures" / "small_step.py"
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "sidecar.yaml").touch()
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def start(*arguments: str, replies: str = "", cwd: Path | None = None, **more: str) -> Any:
        return subprocess.run(
            [sys.executable, str(PROGRAM), *arguments],
            input=replies,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            cwd=cwd or tmp_path,
            env={**os.environ, "FINE_TUNING_DATA": str(tmp_path / "data"), **more},
        )

    return start


@pytest.fixture
def answers(tmp_path: Path) -> Callable[[str], str]:
    def write(text: str) -> str:
        file = tmp_path / "answers.yaml"
        file.write_text(text, encoding="utf-8")
        return str(file)

    return write


def test_one_reply_a_line_in_readable_text_without_control_codes(run: Run, project: Path) -> None:
    done = run("chat", str(project), replies="yes\n/help\na shop\nok\nyes\nC\n")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    for words in ("--- Section 4 · present_menu · 4 of 5 done ---", "> a shop", "| `/back` |", "On to Step 6."):
        assert words in done.stdout
    assert "\x1b" not in done.stdout


def test_input_that_ends_is_a_pause_and_the_same_command_continues(run: Run, project: Path) -> None:
    paused = run("chat", str(project), replies="yes\n")
    assert paused.returncode == 3
    assert "fine-tuning-specialist chat --run shop" in paused.stdout
    done = run("chat", str(project), replies="a shop\nok\nyes\nC")
    assert done.returncode == 0
    assert "Continuing the run shop" in done.stdout
    assert "**entry_checkpoint** asks" not in done.stdout


def test_the_same_command_after_the_end_shows_the_result_and_asks_nothing(run: Run, project: Path) -> None:
    run("chat", str(project), replies="yes\na shop\nok\nyes\nC\n")
    again = run("chat", str(project))
    assert again.returncode == 0
    assert "On to Step 6." in again.stdout
    assert "--new" in again.stdout
    assert "asks" not in again.stdout
    assert run("chat", str(project), "--new", replies="yes\n").returncode == 3
    listed = json.loads(run("runs", "--json").stdout)
    assert [(item["name"], item["status"]) for item in listed] == [("shop-2", "open"), ("shop", "completed")]


def test_an_answers_file_and_the_recommendations_go_through_to_the_end(run: Run, project: Path, answers: Any) -> None:
    file = answers("welcome:\n  - nonsense\n  - domain: shops\ndocument_decisions: yes\nalign_with_dpo: ok\n")
    done = run("chat", str(project), "--answers", file, "--accept-recommended")
    assert done.returncode == 0, done.stdout
    assert "> domain: shops" in done.stdout
    assert "> (as recommended)" in done.stdout
    assert f"{file}:5: align_with_dpo was never asked" in done.stderr


def test_recommendations_stop_at_the_last_confirmation(run: Run, project: Path, answers: Any) -> None:
    file = answers("welcome: a shop\n")
    stopped = run("chat", str(project), "--answers", file, "--accept-recommended")
    assert stopped.returncode == 3
    assert "**document_decisions** asks" in stopped.stdout
    assert not (project / "training-spec.md").exists()


def test_after_the_file_come_the_lines(run: Run, project: Path, answers: Any) -> None:
    done = run("chat", str(project), "--answers", answers("entry_checkpoint: yes\n"), replies="a shop\nok\nyes\n")
    assert done.returncode == 0


def test_replies_left_over_are_warned_about(run: Run, project: Path, answers: Any) -> None:
    file = answers("entry_checkpoint: yes\nwelcome: a shop\nconfigure_peft: [ok, ok, ok]\ndocument_decisions: yes\n")
    done = run("chat", str(project), "--answers", file)
    assert done.returncode == 0
    assert f"{file}:3: 2 replies for configure_peft left over" in done.stderr


@pytest.mark.parametrize(
    ("text", "words"), [("entry_checkpiont: yes\n", ":1: "), ("welcome:\n  domian: x\n", ":2: welcome has no field")]
)
def test_an_unknown_name_is_refused_before_a_run_starts(
    run: Run, project: Path, answers: Any, text: str, words: str
) -> None:
    refused = run("chat", str(project), "--answers", answers(text))
    assert refused.returncode == 2
    assert words in refused.stderr
    assert json.loads(run("runs", "--json").stdout) == []


def test_json_lines_carry_the_whole_conversation(run: Run, project: Path) -> None:
    replies = 'yes\n{"fields": {"domain": "shops"}}\n{"decisions": [{"type": "approve"}]}\nyes\nC\n'
    done = run("chat", str(project), "--json", replies=replies)
    assert done.returncode == 0
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["event"] for line in lines] == ["question", "answer", "decision"] * 5 + ["file", "end"]
    assert lines[0]["action_requests"][0]["name"] == "entry_checkpoint"
    assert lines[4]["reply"] == {"fields": {"domain": "shops"}}
    assert lines[-1]["exit_code"] == 0


def test_an_invalid_reply_is_explained_and_the_question_asked_again(run: Run, project: Path) -> None:
    done = run("chat", str(project), "--json", replies='{"foo": 1}\nyes\n')
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line.get("question_key") for line in lines if line["event"] == "question"][:3] == [
        "entry_checkpoint", "entry_checkpoint", "welcome",
    ]  # fmt: skip
    assert "Nothing was changed" in lines[2]["messages"][0]


def test_a_failing_knowledge_base_is_exit_4_and_resumable(run: Run, project: Path, answers: Any) -> None:
    file = answers("welcome: a shop\ndocument_decisions: yes\n")
    stopped = run("chat", str(project), "--answers", file, "--accept-recommended", SMALL_STEP_KNOWLEDGE="down")
    assert stopped.returncode == 4
    assert stopped.stdout.count("Consulting the knowledge base") == 2
    assert "chat --run shop" in stopped.stdout
    file = answers("knowledge_failure: continue\ndocument_decisions: yes\n")
    done = run("chat", str(project), "--answers", file, "--accept-recommended", SMALL_STEP_KNOWLEDGE="down")
    assert done.returncode == 0


def test_a_project_that_cannot_be_read_leaves_no_run_behind(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for folder, words in (("empty", "sidecar.yaml"), ("missing", "init")):
        refused = run("chat", str(tmp_path / folder))
        assert refused.returncode == 2
        assert words in refused.stderr
        assert len(refused.stderr.splitlines()) == 1
    assert json.loads(run("runs", "--json").stdout) == []


def test_the_current_folder_is_the_project_when_it_is_one(run: Run, project: Path, tmp_path: Path) -> None:
    assert run("chat", cwd=project, replies="yes\n").returncode == 3
    refused = run("chat", cwd=tmp_path)
    assert refused.returncode == 2
    assert "sidecar.yaml" in refused.stderr


@pytest.mark.parametrize("arguments", [["chat", "--bad"], ["nothing"], ["chat", "a", "b"], ["init"]])
def test_bad_usage_is_exit_2(run: Run, arguments: list[str]) -> None:
    refused = run(*arguments)
    assert refused.returncode == 2
    assert "--help" in refused.stderr


def test_init_creates_a_project_once(run: Run, tmp_path: Path) -> None:
    made = run("init", "bank", "--architecture", "fine-tuning", "--name", "The Bank")
    assert made.returncode == 0
    assert "fine-tuning-specialist chat bank" in made.stdout
    assert 'project_name: "The Bank"' in (tmp_path / "bank" / "sidecar.yaml").read_text(encoding="utf-8")
    again = run("init", "bank")
    assert again.returncode == 2
    assert "not empty" in again.stderr


def test_the_graph_is_printed_and_drawn_where_a_renderer_is_at_hand(run: Run, tmp_path: Path) -> None:
    printed = run("graph")
    assert printed.returncode == 0
    assert "entry_checkpoint" in printed.stdout
    assert run("graph", "--output", "graph.mmd").returncode == 0
    assert "welcome" in (tmp_path / "graph.mmd").read_text(encoding="utf-8")
    tools = tmp_path / "tools"
    tools.mkdir()
    refused = run("graph", "--output", "graph.svg", PATH=str(tools))
    assert refused.returncode == 2
    assert "dot" in refused.stderr
    renderer = tools / "dot"
    renderer.write_text('#!/bin/sh\n/bin/cat > "$3"\n')
    renderer.chmod(0o755)
    assert run("graph", "--output", "graph.svg", PATH=str(tools)).returncode == 0
    assert '"welcome" -> "configure_peft"' in (tmp_path / "graph.svg").read_text(encoding="utf-8")
    assert run("graph", "--output", "graph.doc").returncode == 2


def test_help_answers_without_anything_heavy(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom fine_tuning_specialist.cli.main import app\n"
        "try:\n    app(['chat', '--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'langgraph', 'langchain_core', 'mcp', 'rich', 'prompt_toolkit', 'jinja2', 'yaml'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert "--accept-recommended" in shown.stdout
    assert shown.stdout.splitlines()[-1] == "[]"


def test_a_reader_that_leaves_is_no_fault(tmp_path: Path) -> None:
    program = f"{sys.executable} {PROGRAM} knowledge sources --json"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"{program} | true"],
        capture_output=True, text=True, timeout=60, env={**os.environ, "FINE_TUNING_DATA": str(tmp_path)},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
