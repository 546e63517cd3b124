"""A worker with a language model, and replay of runs that workers have held."""

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("psycopg", reason="workers need the `scale` extra")
pytest.importorskip("dbos", reason="workers need the `scale` extra")
pytest.importorskip("langchain_openai", reason="needs the `openai` extra")

from recorded_run import recording
from scripted_conversation import ACCEPT
from worker_crashes import Driver, files_of
from worker_processes import PROGRAM, connect, finish, usual

from fine_tuning_specialist.replay.replaying import Recording, ReplayReport, replay
from fine_tuning_specialist.runs.store import open_store
from fine_tuning_specialist.scale.turn import Turn

SERVER = Path(__file__).parent / "servers" / "chat_completions_server.py"
SPEC = "phase-2-training/training-spec.md"
MODEL = "openai:scripted-model"
IN_OWN_WORDS = "well, let us say a rank of 24 then, I suppose that is enough"
UNDERSTOOD = {
    **dict.fromkeys(("gpu_type", "gpu_count", "vram_gb", "complexity", "method", "alpha", "dropout", "target_modules")),
    "rank": "24",
}


@pytest.fixture
def folder(project: Callable[..., Path]) -> Path:
    return project()


@pytest.fixture
def asked_of_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], list[str]]]:
    """A chat-completions server, to which the environment points; what it was asked, by operation."""
    script, record = tmp_path / "script.json", tmp_path / "requests.jsonl"
    script.write_text(
        json.dumps({"interpret": {"kind": "answer", "fields": UNDERSTOOD, "accept_rest": True}}), encoding="utf-8"
    )
    command = [sys.executable, str(SERVER), "--script", str(script), "--record", str(record)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        monkeypatch.setenv("FINE_TUNING_MODEL_BASE_URL", process.stdout.readline().strip())
        yield lambda: [json.loads(line)["operation"] for line in record.read_text(encoding="utf-8").splitlines()]
        process.kill()


@pytest.fixture
def replay_with_nothing_outside(monkeypatch: pytest.MonkeyPatch) -> Callable[[Recording], Any]:
    """Replays while whoever opens a connection or starts a process fails."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the replay reached outside")

    async def replay_alone(recorded: Recording) -> ReplayReport:
        with monkeypatch.context() as patch:
            for name in ("connect", "connect_ex", "sendto", "bind"):
                patch.setattr(socket.socket, name, refuse)
            patch.setattr(socket, "getaddrinfo", refuse)
            for name in ("create_subprocess_exec", "create_subprocess_shell"):
                patch.setattr(asyncio, name, refuse)
            return await replay(recorded)

    return replay_alone


async def recorded(database: str, run: str) -> Recording:
    async with open_store(database) as store:
        return await recording(store, run)


def command(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, timeout=120, check=False
    )


async def test_a_run_that_a_worker_held_is_replayed_byte_for_byte(
    driver: Driver,
    database: str,
    stack: AsyncExitStack,
    folder: Path,
    replay_with_nothing_outside: Callable[[Recording], Any],
) -> None:
    worker = driver.start(database)
    client = await connect(database, stack)
    last = await finish(client, await client.start(folder))
    driver.kill(worker)
    files = files_of(folder)
    report = await replay_with_nothing_outside(await recorded(database, last.run))
    assert (report.differences, report.edited, report.unused) == ([], [], [])
    assert {SPEC, "sidecar.yaml", "decision-log.md"} <= set(report.files)
    assert report.turns == 10
    ended = await asyncio.to_thread(command, "replay", last.run, "--database", database, "--json")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert json.loads(ended.stdout)["differences"] == []
    assert files_of(folder) == files


async def test_a_worker_with_a_model_holds_a_whole_conversation_that_is_replayed_without_it(
    driver: Driver,
    database: str,
    stack: AsyncExitStack,
    folder: Path,
    asked_of_model: Callable[[], list[str]],
    replay_with_nothing_outside: Callable[[Recording], Any],
) -> None:
    options = ["--model", MODEL]
    worker = driver.start(database, options=options)
    client = await connect(database, stack)
    turn = await client.start(folder)
    asked = []
    while turn.question_key != "configure_peft":
        turn = await client.submit(turn.run, turn.interrupt_id, usual(turn))
        asked.append(turn.question["message"])
    driver.kill(worker)
    assert sum("This project is particular." in message for message in asked) > 3
    worker = driver.start(database, options=options)  # another one goes on with the model
    last: Turn = await client.submit(turn.run, turn.interrupt_id, IN_OWN_WORDS)
    last = await finish(client, last, {"configure_peft": ACCEPT})
    driver.kill(worker)
    assert last.result["status"] == "completed"
    assert "24" in last.result["artifacts"][SPEC]
    assert {"check", "advise", "interpret", "critical"} <= set(asked_of_model())
    assert [run.model for run in await client.runs()] == [MODEL]
    found = await recorded(database, last.run)
    assert sum(entry["input_tokens"] for entry in found.values["usage"]) >= 100
    assert found.values["sections"]["configure_peft"]["fields"]["rank"] == 24
    before = asked_of_model()
    report = await replay_with_nothing_outside(found)
    assert (report.differences, report.unused) == ([], [])
    assert asked_of_model() == before
