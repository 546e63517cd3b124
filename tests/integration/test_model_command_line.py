"""`chat --model` and `doctor --model` as a user runs them, against a scripted endpoint."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("langchain_openai", reason="needs the `openai` extra")

SERVER = Path(__file__).parent / "servers" / "chat_completions_server.py"
LIMIT = 120


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[tuple[str, Path, Path]]:
    script, record = tmp_path / "script.json", tmp_path / "requests.jsonl"
    command = [sys.executable, str(SERVER), "--script", str(script), "--record", str(record)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip(), script, record
        process.kill()


@pytest.fixture
def environ(endpoint: tuple[str, Path, Path], tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI", "FINE_TUNING"))}
    return {**kept, "FINE_TUNING_MODEL_BASE_URL": endpoint[0], "XDG_DATA_HOME": str(tmp_path / "data")}


def run(*arguments: str, environ: dict[str, str], typed: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from fine_tuning_specialist.cli.main import main; main()", *arguments]
    return subprocess.run(command, input=typed, capture_output=True, text=True, env=environ, timeout=LIMIT, check=False)


def test_a_conversation_with_a_model_says_so_and_what_it_took(
    environ: dict[str, str], project: Callable[..., Path]
) -> None:
    result = run("chat", str(project()), "--model", "openai:scripted-model", environ=environ, typed="Y\n")
    assert result.returncode == 3, result.stderr
    assert "The conversation is held with openai:scripted-model" in result.stdout
    assert "This project is particular." in result.stdout
    assert "Language model: " in result.stdout
    assert "--model openai:scripted-model" in result.stdout


def test_guided_mode_says_how_to_get_a_model(environ: dict[str, str], project: Callable[..., Path]) -> None:
    result = run("chat", str(project()), environ=environ, typed="")
    assert "--model PROVIDER:NAME" in result.stdout


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("openai:no-such-model", "knows no model"),
        ("nonsense:x", "names no model"),
        ("anthropic:claude", "langchain-anthropic"),
    ],
)
def test_a_model_that_cannot_be_used_is_bad_input_before_the_first_question(
    environ: dict[str, str], project: Callable[..., Path], model: str, said: str
) -> None:
    if model.startswith("nonsense"):
        environ = {name: value for name, value in environ.items() if name != "FINE_TUNING_MODEL_BASE_URL"}
        said = "There is no provider"
    result = run("chat", str(project()), "--model", model, environ=environ)
    assert result.returncode == 2
    assert said in result.stderr
    assert "Architecture Guard" not in result.stdout


def test_doctor_checks_the_model(environ: dict[str, str]) -> None:
    good = run("doctor", "--model", "openai:scripted-model", "--json", environ=environ)
    checks: list[dict[str, Any]] = json.loads(good.stdout)
    (check,) = [check for check in checks if check["name"] == "model"]
    assert check["ok"]
    assert "answers in" in check["detail"]
    bad = run("doctor", "--model", "openai:no-such-model", "--json", environ=environ)
    (check,) = [check for check in json.loads(bad.stdout) if check["name"] == "model"]
    assert not check["ok"]
    assert bad.returncode == 2


def test_ctrl_c_stops_what_is_said_and_not_the_run(
    environ: dict[str, str], endpoint: tuple[str, Path, Path], project: Callable[..., Path]
) -> None:
    _, script, record = endpoint
    script.write_text(json.dumps({"advise": {"slow": 60, "say": "late"}}), encoding="utf-8")
    command = [sys.executable, "-c", "from fine_tuning_specialist.cli.main import main; main()", "chat", str(project())]
    with subprocess.Popen(
        [*command, "--model", "openai:scripted-model"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("Y\n")
        process.stdin.flush()
        while not (record.exists() and '"operation": "advise"' in record.read_text(encoding="utf-8")):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=LIMIT)
    assert "(stopped)" in said
    assert "Fair Warning" in said
    assert process.returncode == 3


def test_a_goodbye_leaves_the_conversation(environ: dict[str, str], project: Callable[..., Path]) -> None:
    result = run("chat", str(project()), environ=environ, typed="Y\nbye\nok\nok\n")
    assert result.returncode == 3, result.stderr
    assert result.stdout.count("tell me about what you have") == 1
