"""`kill -9` while a project is written: every file is whole, and the next run finishes the work."""

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from fine_tuning_specialist.project.writing.artifacts import update_documents, verify_written, write_project
from fine_tuning_specialist.project.writing.design import TrainingDesign

FIXTURES = Path(__file__).parent.parent / "fixtures" / "writing"
SIDECAR = "# state\narchitecture: hybrid\ncurrentStep: 4 # four\nstepsCompleted: [1, '2a', 4]\n"
LOG = "# Decision Log\n\n## ARCH-001: Architecture\n\n**Decision:** Hybrid\n"

# Two designs in turn, so that every pass rewrites every file; the log is put back, as it would grow otherwise.
WRITER = """
import sys, yaml
from pathlib import Path
from fine_tuning_specialist.project.writing.artifacts import write_project
from fine_tuning_specialist.project.writing.design import TrainingDesign
from fine_tuning_specialist.project.writing.files import write_text
project = Path(sys.argv[1])
designs = [TrainingDesign.model_validate(item) for item in yaml.safe_load(Path(sys.argv[2]).read_text())]
original = {name: (project / name).read_text() for name in ("decision-log.md", "sidecar.yaml")}
print("writing", flush=True)
while True:
    for design in designs:
        write_project(project, design)
        for name, text in original.items():
            write_text(project, name, text)
"""


@pytest.fixture
def designs() -> list[TrainingDesign]:
    first = TrainingDesign.model_validate(yaml.safe_load((FIXTURES / "combined.yaml").read_text(encoding="utf-8")))
    long_texts = {name: text + "# filler\n" * 20_000 for name, text in first.config_files.items()}
    second = first.model_copy(update={"config_files": long_texts, "configuration": "a: 1\n" * 20_000})
    return [first, second]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    project = tmp_path / "project"
    project.mkdir()
    (project / "sidecar.yaml").write_text(SIDECAR)
    (project / "decision-log.md").write_text(LOG)
    return project


def test_after_a_kill_every_file_is_whole_and_the_next_run_finishes(
    project: Path, designs: list[TrainingDesign], tmp_path: Path
) -> None:
    start = {"sidecar.yaml": SIDECAR, "decision-log.md": LOG}
    ends = [update_documents(start, design) for design in designs]
    names = set(start).union(*ends)
    whole = {name: {texts[name] for texts in (start, *ends) if name in texts} for name in names}
    given = tmp_path / "designs.yaml"
    given.write_text(yaml.safe_dump([design.model_dump(mode="json") for design in designs]))
    moments = random.Random(5)  # noqa: S311 - moments of a test, not secrets
    for _ in range(6):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, project, given], stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "writing\n"
            with pytest.raises(subprocess.TimeoutExpired):
                writer.wait(timeout=moments.uniform(0.0, 0.4))
            writer.send_signal(signal.SIGKILL)
        for path in project.rglob("*"):
            name = path.relative_to(project).as_posix()
            if path.is_file() and not path.name.startswith("."):
                assert path.read_text() in whole[name], f"{name} is half written"
        (project / "sidecar.yaml").write_text(SIDECAR)
        (project / "decision-log.md").write_text(LOG)
    write_project(project, designs[0], lock_timeout=0)
    assert verify_written(project, designs[0]) == []
    leftovers = [path.name for path in project.rglob(".*") if path.is_file()]
    assert leftovers == []


def test_two_writers_of_one_project_take_turns_and_lose_nothing(
    project: Path, designs: list[TrainingDesign], tmp_path: Path
) -> None:
    script = WRITER.partition("original =")[0] + "write_project(project, designs[0], lock_timeout=60)\n"
    given = tmp_path / "designs.yaml"
    given.write_text(yaml.safe_dump([designs[0].model_dump(mode="json")]))
    writers = [subprocess.Popen([sys.executable, "-c", script, project, given]) for _ in range(4)]
    assert [writer.wait(timeout=120) for writer in writers] == [0, 0, 0, 0]
    assert verify_written(project, designs[0]) == []
    assert (project / "decision-log.md").read_text().count("## TRAIN-") == 3
