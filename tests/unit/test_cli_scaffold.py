"""`init`: a project that the specialist can start from."""

from pathlib import Path

import pytest

from fine_tuning_specialist.cli.errors import BadInputError
from fine_tuning_specialist.cli.init import ARCHITECTURES
from fine_tuning_specialist.cli.scaffold import check_name, check_target, create_project
from fine_tuning_specialist.project.context import load_project


@pytest.mark.parametrize("architecture", [*ARCHITECTURES, "Hybrid", "rag"])
def test_a_new_project_can_be_read(tmp_path: Path, architecture: str) -> None:
    folder = tmp_path / "shop"
    create_project(folder, "shop", architecture)
    context = load_project(folder)
    assert context.project_name == "shop"
    assert context.architecture.startswith(architecture.lower())
    assert context.warnings == []


def test_hints_in_the_documents_are_no_facts(tmp_path: Path) -> None:
    create_project(tmp_path / "shop", "shop", "hybrid")
    assert load_project(tmp_path / "shop").facts == {}


def test_a_name_that_yaml_would_misread_survives(tmp_path: Path) -> None:
    create_project(tmp_path / "x", 'no: "#1" {a}', "hybrid")
    assert load_project(tmp_path / "x").project_name == 'no: "#1" {a}'


@pytest.mark.parametrize("name", ["", "  ", "../up", "a\\b", "..", "a\nb", "x" * 101])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(BadInputError):
        check_name(name)


def test_an_unknown_architecture_is_refused_and_nothing_written(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="fine-tuning, hybrid, rag-only"):
        create_project(tmp_path / "shop", "shop", "agents")
    assert not (tmp_path / "shop").exists()


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(BadInputError, match="not empty"):
        check_target(tmp_path)
    with pytest.raises(BadInputError, match="is a file"):
        check_target(tmp_path / "mine.txt")
