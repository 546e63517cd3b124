"""`history`, `replay`, `fork`, `runs remove` and `runs prune`, as a user types them."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "support-assistant"
START = "import sys; from fine_tuning_specialist.cli.main import main; sys.argv[0] = 'fine-tuning-specialist'; main()"

Ended = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of the example, and a place for more."""
    folder = tmp_path_factory.mktemp("commands")
    shutil.copytree(EXAMPLE, folder / "support-assistant")
    answers = str(folder / "support-assistant" / "answers.yaml")
    ended = call(folder, "chat", "support-assistant", "--answers", answers, "--accept-recommended")
    assert ended.returncode == 0, ended.stderr
    return folder


def call(folder: Path, *arguments: str) -> Ended:
    environment = {**os.environ, "FINE_TUNING_DATA": str(folder / "data"), "SOURCE_DATE_EPOCH": "1794182400"}
    return subprocess.run(
        [sys.executable, "-c", START, *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def tell(folder: Path, run: str) -> dict[str, Any]:
    return dict(json.loads(call(folder, "history", run, "--json").stdout))


def test_a_history_fits_a_terminal_and_names_every_turn(folder: Path) -> None:
    shown = call(folder, "history", "support-assistant")
    assert shown.returncode == 0, shown.stderr
    lines = shown.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    told = tell(folder, "support-assistant")
    for turn in told["turns"]:
        assert f"{turn['number']}. Section {turn['section']} · {turn['question_key']}" in lines
    assert any(line.startswith("  TRAIN-001: ") for line in lines)
    said = " ".join(shown.stdout.split())
    assert "decided task type: Chat or dialogue;" in said
    assert "data volume: 5,214;" in said
    assert "learning rate: 2e-4;" in said


def test_the_json_history_holds_questions_answers_queries_decisions_and_the_tree(folder: Path) -> None:
    told = tell(folder, "support-assistant")
    turns = told["turns"]
    assert turns[0]["question"].endswith("[Y/N]")
    assert turns[0]["reply"]["text"]
    queries = [query for turn in turns for query in turn["queries"]]
    assert {"query_methodologies", "select_base_model", "combine_sft_and_dpo"} <= {query["node"] for query in queries}
    assert all(query["evidence"] for query in queries if query["status"] == "answered")
    chosen = next(turn for turn in turns if turn["node"] == "select_base_model" and turn["decided"])
    assert chosen["decided"]["base_model"] == told["decisions"]["TRAIN-001"]["choice"]
    points = {point["id"]: point for point in told["checkpoints"]}
    assert len(points) == len(told["checkpoints"])
    roots = [point for point in points.values() if not point["parent"]]
    assert len(roots) == 1
    assert all(point["parent"] in points for point in points.values() if point["parent"])
    assert told["run"]["status"] == "completed"
    assert told["pending"] is None


def test_a_replay_agrees_and_says_which_files_were_edited_since(folder: Path) -> None:
    agreed = call(folder, "replay", "support-assistant", "--json")
    assert agreed.returncode == 0, agreed.stdout + agreed.stderr
    report = json.loads(agreed.stdout)
    assert report["agrees"]
    assert report["differences"] == []
    spec = folder / "support-assistant" / "phase-2-training" / "training-spec.md"
    text = spec.read_text(encoding="utf-8")
    spec.write_text(f"{text}\nmine\n", encoding="utf-8")
    edited = call(folder, "replay", "support-assistant")
    spec.write_text(text, encoding="utf-8")
    assert edited.returncode == 0
    assert "edited   phase-2-training/training-spec.md" in edited.stdout
    assert "byte" in edited.stdout


def test_a_replay_can_be_kept_in_a_new_folder_only(folder: Path) -> None:
    kept = folder / "again"
    assert call(folder, "replay", "support-assistant", "--keep", str(kept)).returncode == 0
    spec = "support-assistant/phase-2-training/training-spec.md"
    assert (kept / spec).read_bytes() == (folder / spec).read_bytes()
    refused = call(folder, "replay", "support-assistant", "--keep", str(kept))
    assert refused.returncode == 2
    assert "not empty" in refused.stderr


def test_asking_the_knowledge_base_again_says_that_it_answers_the_same(folder: Path) -> None:
    live = call(folder, "replay", "support-assistant", "--live")
    assert live.returncode == 0, live.stdout + live.stderr
    assert "answers as it did then" in live.stdout
    assert call(folder, "replay", "support-assistant", "--knowledge", "embedded").returncode == 2


def test_a_changed_journal_is_told_and_the_run_stays_listed(folder: Path) -> None:
    database = folder / "damaged.sqlite"
    shutil.copy(folder / "data" / "runs.sqlite", database)
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("UPDATE journal SET content = X'0102' WHERE number = 7")
    refused = call(folder, "replay", "support-assistant", "--database", str(database))
    assert refused.returncode == 2
    assert "Entry 7 of the journal of the run 'support-assistant'" in refused.stderr


@pytest.mark.parametrize(
    "command",
    [
        ["history", "one"],
        ["replay", "one"],
        ["fork", "one", "--from", "welcome"],
        ["runs"],
        ["runs", "remove", "one"],
        ["runs", "prune", "--older-than", "1d"],
    ],
    ids=lambda command: " ".join(command),
)
def test_a_database_that_is_not_there_is_not_created(folder: Path, command: list[str]) -> None:
    missing = folder / "missing.sqlite"
    refused = call(folder, *command, "--database", str(missing))
    assert refused.returncode == 2
    assert f"There is no database {missing}" in refused.stderr
    assert not missing.exists()


def test_a_fork_goes_on_with_an_answers_file_and_leaves_the_old_run_alone(folder: Path) -> None:
    before = call(folder, "history", "support-assistant", "--json").stdout
    answers = folder / "fork.yaml"
    answers.write_text("configure_peft: {rank: 24}\ndocument_decisions: {confirm: true}\n", encoding="utf-8")
    copy = folder / "copy"
    forked = call(
        folder, "fork", "support-assistant", "--from", "configure_peft", "--answers", str(answers),
        "--accept-recommended", "--name", "richer", "--output", str(copy),
    )  # fmt: skip
    assert forked.returncode == 0, forked.stdout + forked.stderr
    assert "richer begins where support-assistant came to configure_peft" in forked.stdout
    told = tell(folder, "richer")
    peft = [turn["decided"] for turn in told["turns"] if turn["node"] == "configure_peft" and turn["decided"]]
    assert peft[-1]["rank"] == 24
    spec = "phase-2-training/training-spec.md"
    assert (copy / spec).read_bytes() != (folder / "support-assistant" / spec).read_bytes()
    assert call(folder, "history", "support-assistant", "--json").stdout == before
    assert call(folder, "replay", "richer").returncode == 0
    wrong = call(folder, "fork", "support-assistant", "--from", "peft")
    assert wrong.returncode == 2
    assert "no node 'peft'" in wrong.stderr


def test_runs_are_removed_by_name_and_by_age_and_their_files_stay(folder: Path) -> None:
    other = folder / "other"
    other.mkdir()
    shutil.copytree(EXAMPLE, other / "one")
    shutil.copytree(EXAMPLE, other / "two")
    for name in ("one", "two"):
        assert call(other, "chat", name).returncode == 3
    listed = json.loads(call(other, "runs", "--json").stdout)
    assert {(run["name"], run["model"]) for run in listed} == {("one", ""), ("two", "")}
    assert call(other, "runs", "remove", "one", "nine").returncode == 2
    assert len(json.loads(call(other, "runs", "--json").stdout)) == 2  # all or none
    assert call(other, "runs", "remove", "one").returncode == 0
    assert (other / "one" / "sidecar.yaml").exists()
    would = call(other, "runs", "prune", "--older-than", "0d", "--dry-run")
    assert "Would remove 1 run: two." in would.stdout
    assert "Removed 0 runs." in call(other, "runs", "prune", "--older-than", "90d").stdout
    assert "Removed 0 runs." in call(other, "runs", "prune", "--older-than", "0d", "--finished").stdout
    assert "Removed 1 run: two." in call(other, "runs", "prune", "--older-than", "0d").stdout
    assert json.loads(call(other, "runs", "--json").stdout) == []
    assert call(other, "runs", "prune", "--older-than", "long").returncode == 2
