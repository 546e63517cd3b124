"""A project after each outcome: what was written, what was left alone, and what a check finds."""

from pathlib import Path

import pytest
import yaml

from fine_tuning_specialist.project.writing import artifacts
from fine_tuning_specialist.project.writing.artifacts import (
    render_artifacts,
    update_documents,
    verify_written,
    write_project,
)
from fine_tuning_specialist.project.writing.design import TrainingDesign
from fine_tuning_specialist.project.writing.files import ProjectFileError
from fine_tuning_specialist.project.writing.training_spec import IncompleteDesignError
from fine_tuning_specialist.project.writing.yaml_tree import SidecarError

FIXTURES = Path(__file__).parent.parent / "fixtures" / "writing"
SIDECAR = "# state\narchitecture: hybrid\ncurrentStep: 4\nstepsCompleted: [1, 2, 3, 4]\n"
LOG = "# Decision Log\n\n## ARCH-001: Architecture\n\n**Decision:** Hybrid\n"
SPEC = "phase-2-training/training-spec.md"


def load(name: str) -> TrainingDesign:
    return TrainingDesign.model_validate(yaml.safe_load((FIXTURES / f"{name}.yaml").read_text(encoding="utf-8")))


@pytest.fixture
def design() -> TrainingDesign:
    return load("combined")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "sidecar.yaml").write_text(SIDECAR)
    (tmp_path / "decision-log.md").write_text(LOG)
    (tmp_path / "phase-0-scoping").mkdir()
    (tmp_path / "phase-0-scoping" / "notes.md").write_text("theirs")
    return tmp_path


def listing(project: Path) -> dict[str, bytes]:
    return {
        path.relative_to(project).as_posix(): path.read_bytes() for path in sorted(project.rglob("*")) if path.is_file()
    }


def test_a_finished_design_writes_all_its_files_and_the_sidecar_last(project: Path, design: TrainingDesign) -> None:
    before = listing(project)
    written = write_project(project, design)
    assert written[-1] == "sidecar.yaml"
    assert set(written) == {
        SPEC,
        "phase-2-training/training-config/trl-sft.yaml",
        "phase-2-training/training-config/README.md",
        "decision-log.md",
        "sidecar.yaml",
    }
    after = listing(project)
    assert set(after) == set(before) | set(written)
    assert after["phase-0-scoping/notes.md"] == b"theirs"
    assert after["decision-log.md"].startswith(before["decision-log.md"])


def test_writing_again_changes_nothing_even_on_another_day(project: Path, design: TrainingDesign) -> None:
    write_project(project, design)
    before = listing(project)
    assert write_project(project, design.model_copy(update={"date": "2026-01-01"})) == []
    assert listing(project) == before


def test_the_hand_off_moves_the_sidecar_on_and_nothing_else(project: Path, design: TrainingDesign) -> None:
    write_project(project, design)
    before = (project / "sidecar.yaml").read_text()
    assert write_project(project, design, "handed_off") == ["sidecar.yaml"]
    assert (project / "sidecar.yaml").read_text() == before.replace("currentStep: 5", "currentStep: 6")


@pytest.mark.parametrize(
    ("outcome", "files"),
    [("skipped", {SPEC, "sidecar.yaml"}), ("deferred_no", {"sidecar.yaml"})],
)
def test_the_other_outcomes_write_only_what_is_theirs(
    outcome: str, files: set[str], project: Path, design: TrainingDesign
) -> None:
    assert set(write_project(project, design.model_copy(update={"outcome": outcome}))) == files
    assert (project / "decision-log.md").read_text() == LOG


def test_n_at_the_checkpoint_leaves_an_existing_specification(project: Path, design: TrainingDesign) -> None:
    write_project(project, design)
    before = listing(project)
    write_project(project, design.model_copy(update={"outcome": "deferred_no"}))
    changed = {path for path, data in listing(project).items() if before[path] != data}
    assert changed == {"sidecar.yaml"}


def test_rag_first_writes_the_deferral_and_two_decisions(project: Path) -> None:
    assert write_project(project, load("rag-first")) == [SPEC, "decision-log.md", "sidecar.yaml"]
    assert "**Status:** DEFERRED" in (project / SPEC).read_text()
    assert (project / "decision-log.md").read_text().count("## TRAIN-") == 2


@pytest.mark.parametrize("sidecar", [b"a: [1\n", b"- a list\n", b"\xff\xfe", None])
def test_a_sidecar_that_cannot_be_updated_leaves_the_project_untouched(
    sidecar: bytes | None, project: Path, design: TrainingDesign
) -> None:
    (project / "sidecar.yaml").unlink()
    if sidecar is not None:
        (project / "sidecar.yaml").write_bytes(sidecar)
    before = listing(project)
    with pytest.raises((SidecarError, ProjectFileError), match=r"sidecar\.yaml"):
        write_project(project, design)
    assert listing(project) == before


def test_an_incomplete_design_leaves_the_project_untouched(project: Path, design: TrainingDesign) -> None:
    before = listing(project)
    with pytest.raises(IncompleteDesignError, match="peft"):
        write_project(project, design.model_copy(update={"peft": None}))
    assert listing(project) == before


@pytest.mark.parametrize("name", ["../x.yaml", "a/b.yaml", ".hidden", "a\\b", "/etc/x", ""])
def test_a_configuration_name_that_is_a_path_is_refused(name: str, design: TrainingDesign) -> None:
    with pytest.raises(ValueError, match="plain file name"):
        render_artifacts(design.model_copy(update={"config_files": {name: "x"}}))


@pytest.mark.parametrize("after", range(5))
def test_a_crash_between_two_files_is_repaired_by_running_again(
    after: int, project: Path, design: TrainingDesign, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = {"sidecar.yaml": SIDECAR, "decision-log.md": LOG}
    whole = {path: text.encode() for path, text in update_documents(start, design).items()}
    real, count = artifacts.write_text, iter(range(99))

    def crash(root: Path, relative: str, text: str) -> object:
        if next(count) == after:
            raise KeyboardInterrupt
        return real(root, relative, text)

    monkeypatch.setattr(artifacts, "write_text", crash)
    with pytest.raises(KeyboardInterrupt):
        write_project(project, design)
    assert verify_written(project, design) != []
    monkeypatch.setattr(artifacts, "write_text", real)
    write_project(project, design)
    assert verify_written(project, design) == []
    assert listing(project) == {**whole, "phase-0-scoping/notes.md": b"theirs"}


def test_a_check_names_what_is_missing_or_differs(project: Path, design: TrainingDesign) -> None:
    problems = verify_written(project, design)
    assert f"{SPEC} is missing" in problems
    assert "decision-log.md: TRAIN-001 is missing" in problems
    assert "sidecar.yaml: `stepsCompleted` is not what the design says" in problems
    write_project(project, design)
    assert verify_written(project, design) == []
    (project / SPEC).write_text("edited")
    log = project / "decision-log.md"
    log.write_text(log.read_text().replace("**Decision:** QLoRA", "**Decision:** LoRA"))
    sidecar = project / "sidecar.yaml"
    sidecar.write_text(sidecar.read_text().replace('"TRAIN-S04"', '"TRAIN-X"'))
    assert verify_written(project, design) == [
        f"{SPEC} is not what the design says",
        "decision-log.md: TRAIN-003 says 'LoRA with rank 16, alpha 32' and not 'QLoRA with rank 16, alpha 32'",
        "sidecar.yaml: `stories.step_5_training` is not what the design says",
    ]
    sidecar.write_text("a: [1")
    assert "not valid YAML" in verify_written(project, design)[-1]
    sidecar.unlink()
    assert verify_written(project, design)[-1] == "sidecar.yaml is missing"


def test_the_same_comes_out_without_a_disk(project: Path, design: TrainingDesign) -> None:
    documents = {"sidecar.yaml": SIDECAR, "decision-log.md": LOG, "phase-0-scoping/notes.md": "theirs"}
    changes = update_documents(documents, design)
    assert documents == {"sidecar.yaml": SIDECAR, "decision-log.md": LOG, "phase-0-scoping/notes.md": "theirs"}
    write_project(project, design)
    assert {path: text.encode() for path, text in {**documents, **changes}.items()} == listing(project)
    assert update_documents({**documents, **changes}, design) == {}


def test_documents_without_a_sidecar_are_refused_with_the_remedy(design: TrainingDesign) -> None:
    with pytest.raises(SidecarError, match="fine-tuning-specialist init"):
        update_documents({}, design)
