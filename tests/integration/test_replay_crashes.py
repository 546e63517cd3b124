"""Killed at any write and at any moment, the same command ends with the same files; so does a disk that was full."""

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml
from router_project import write_project

DRIVER = Path(__file__).parents[1] / "support" / "crash_driver.py"
MakeDisk = Callable[[Path], Path]
NOT_OURS = (".lock",)

RANDOM_KILLS = int(os.environ.get("CRASH_TEST_KILLS", "20"))
"""At how many random moments of a whole run a process is killed; a release is held to 100."""

EVERY_WRITE = "CRASH_TEST_KILLS" in os.environ
"""Whether every write is tried, and not a sample of them."""

ANSWERS = {
    "entry_checkpoint": "y",
    "welcome": {"task_type": "chat", "data_source": "support tickets"},
    "assess_training_data": {
        "verified": "some",
        "coverage": "full",
        **dict.fromkeys(("accurate", "consistent", "diverse", "uncontaminated", "pii_removed"), True),
    },
    "document_decisions": {"confirm": True},
}


class Driver:
    """The program in warm children."""

    def __init__(self) -> None:
        environment = {
            **os.environ,
            "PYTHONPATH": str(DRIVER.parent),
            "SOURCE_DATE_EPOCH": "1794182400",
            "PYTHONWARNINGS": "ignore::DeprecationWarning",  # of os.fork
        }
        self._process = subprocess.Popen(
            [sys.executable, str(DRIVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def __call__(self, where: "Place", **order: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        whole = {"argv": where.argv, "env": {"FINE_TUNING_DATA": str(where.data)}, **order}
        self._process.stdin.write(json.dumps(whole) + "\n")
        self._process.stdin.flush()
        return dict(json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)
        assert self._process.stdout is not None
        self._process.stdout.close()


class Place:
    """A project, the runs of it, and the command that works on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.project = folder / "router-help"

    @property
    def argv(self) -> list[str]:
        options = ["--answers", str(self.folder / "answers.yaml"), "--accept-recommended"]
        return ["chat", str(self.project), *options]

    def files(self) -> dict[str, bytes]:
        """Every file of the project by name, leftovers of writing included."""
        return {
            str(path.relative_to(self.project)): path.read_bytes()
            for path in self.project.rglob("*")
            if path.is_file() and not path.name.endswith(NOT_OURS)
        }


@pytest.fixture(scope="module")
def drive() -> Iterator[Driver]:
    driver = Driver()
    yield driver
    driver.close()


def new_place(folder: Path, answers: dict[str, Any]) -> Place:
    place = Place(folder)
    place.project.mkdir(parents=True)
    write_project(place.project)
    (folder / "answers.yaml").write_text(yaml.safe_dump(answers), encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def undisturbed(drive: Driver, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a run that nothing happened to."""
    place = new_place(tmp_path_factory.mktemp("undisturbed") / "whole", ANSWERS)
    ended = drive(place)
    assert ended["code"] == 0, ended["error"]
    files = place.files()
    assert "phase-2-training/training-spec.md" in files
    return files


@pytest.fixture(scope="module")
def documenting(drive: Driver, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A run that waits for the last confirmation: all that it writes into the project is still to come.

    It is put back in the same folder each time: a run knows its project by the absolute path.
    """
    place = new_place(tmp_path_factory.mktemp("documenting") / "here", ANSWERS)
    (place.folder / "answers.yaml").write_text(
        yaml.safe_dump({key: value for key, value in ANSWERS.items() if key != "document_decisions"}), encoding="utf-8"
    )
    ended = drive(place)
    assert ended["code"] == 3, ended["error"]
    (place.folder / "answers.yaml").write_text(yaml.safe_dump(ANSWERS), encoding="utf-8")
    shutil.copytree(place.folder, place.folder.with_name("kept"))
    return place


def restored(place: Place) -> Place:
    """The same place as it was when its run waited for the last confirmation."""
    shutil.rmtree(place.folder)
    shutil.copytree(place.folder.with_name("kept"), place.folder)
    return place


def finished_in_the_end(drive: Driver, place: Place) -> dict[str, bytes]:
    """The files after the same command was given again."""
    ended = drive(place)
    assert ended["code"] == 0, ended["error"]
    return place.files()


@pytest.mark.parametrize("kind", ["files", "runs"])
def test_killed_at_a_write_the_same_command_ends_with_the_same_files(
    drive: Driver, documenting: Place, undisturbed: dict[str, bytes], kind: str
) -> None:
    total = drive(restored(documenting), kinds=[kind])["points"]
    assert total > 40
    points = range(1, total + 1)
    chosen = points if EVERY_WRITE else sorted(random.Random(7).sample(points, 8))  # noqa: S311 - not secrets
    for point in chosen:
        place = restored(documenting)
        assert drive(place, kinds=[kind], point=point)["code"] == -9, point
        assert finished_in_the_end(drive, place) == undisturbed, f"killed at write {point} of {total}"


def test_killed_at_any_moment_the_same_command_ends_with_the_same_files(
    drive: Driver, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    moments = random.Random(11)  # noqa: S311 - moments of a test, not secrets
    kills, number = 0, 0
    while kills < RANDOM_KILLS:
        number += 1
        place = new_place(tmp_path / str(number), ANSWERS)
        for _ in range(4):  # one run is killed several times
            seconds = moments.uniform(0.05, 1.6)
            if drive(place, seconds=seconds)["code"] != -9:
                break
            kills += 1
        assert finished_in_the_end(drive, place) == undisturbed, f"run {number}"


@pytest.fixture
def small_disk() -> Iterator[Callable[[Path], Path]]:
    """Put a folder on a disk of its own, with what is in it; the disk can be filled and made read-only."""
    mounted: list[Path] = []

    def mount(folder: Path) -> Path:
        kept = folder.rename(folder.with_name(f"{folder.name}-kept"))
        folder.mkdir()
        made = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)], capture_output=True, check=False
        )
        if made.returncode != 0:
            pytest.skip("no right to mount a disk")
        mounted.append(folder)
        shutil.copytree(kept, folder, dirs_exist_ok=True)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """Leave not a byte."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as stream:
        size = 1 << 20
        while size:
            try:
                stream.write(b"\0" * size)
            except OSError:
                size //= 2
    return filler


@pytest.mark.parametrize("data", [False, True], ids=["project", "database"])
def test_a_full_disk_is_reported_and_the_run_goes_on_when_there_is_room(
    drive: Driver, documenting: Place, undisturbed: dict[str, bytes], small_disk: MakeDisk, data: bool
) -> None:
    place = restored(documenting)
    filler = fill(small_disk(place.data if data else place.project))
    stopped = drive(place)
    assert stopped["code"] == 2, stopped
    assert "full" in stopped["error"]
    filler.unlink()
    assert finished_in_the_end(drive, place) == undisturbed


@pytest.mark.parametrize("data", [False, True], ids=["project", "database"])
def test_a_read_only_disk_is_reported_and_the_run_goes_on_when_it_can_be_written(
    drive: Driver, documenting: Place, undisturbed: dict[str, bytes], small_disk: MakeDisk, data: bool
) -> None:
    place = restored(documenting)
    disk = small_disk(place.data if data else place.project)
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    stopped = drive(place)
    assert stopped["code"] == 2, stopped
    assert "read-only" in stopped["error"].lower() or "readonly" in stopped["error"].lower()
    subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    assert finished_in_the_end(drive, place) == undisturbed


def test_a_run_that_was_killed_can_be_replayed(drive: Driver, documenting: Place) -> None:
    place = restored(documenting)
    for point in (9, 30, 60):
        drive(place, kinds=["runs"], point=point)
    assert drive(place)["code"] == 0
    argv = ["replay", "router-help"]
    ended = drive(place, argv=argv)
    assert ended["code"] == 0, ended["out"]
    assert "byte" in ended["out"]


def test_a_fork_that_is_killed_leaves_no_run_or_a_whole_one(drive: Driver, documenting: Place) -> None:
    fork = ["fork", "router-help", "--from", "configure_peft", "--name", "second"]
    total = drive(restored(documenting), argv=fork, kinds=["forks"])["points"]
    points = range(1, total + 1)
    for point in points if EVERY_WRITE else sorted(random.Random(5).sample(points, 10)):  # noqa: S311 - not secrets
        place = restored(documenting)
        assert drive(place, argv=fork, kinds=["forks"], point=point)["code"] == -9, point
        listed = json.loads(drive(place, argv=["runs", "--json"])["out"])
        names = {run["name"] for run in listed}
        assert names in ({"router-help"}, {"router-help", "second"}), f"killed at statement {point} of {total}"
        argv = ["chat", "--run", "second"] if "second" in names else fork
        assert drive(place, argv=argv)["code"] == 3, point
        told = json.loads(drive(place, argv=["history", "second", "--json"])["out"])
        assert told["pending"]["question_key"] == "configure_peft", f"killed at statement {point} of {total}"
        assert drive(place, argv=["replay", "second"])["code"] == 0, f"killed at statement {point} of {total}"
        with closing(sqlite3.connect(place.data / "runs.sqlite")) as connection:
            threads = {row[0] for row in connection.execute("SELECT thread_id FROM checkpoints")}
        assert threads == {"router-help", "second"}
