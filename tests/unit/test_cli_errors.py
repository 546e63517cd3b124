"""Every error becomes one exit code and one sentence."""

import pytest

from fine_tuning_specialist.cli.errors import BadInputError, ExitCode, expected_failure
from fine_tuning_specialist.cli.main import our_fault
from fine_tuning_specialist.knowledge.errors import KnowledgeConfigError, KnowledgeUnavailable
from fine_tuning_specialist.project.errors import ProjectError
from fine_tuning_specialist.runs.errors import RunInUseError


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BadInputError("wrong", "do this", file="a.yaml", line=3), ExitCode.BAD_INPUT),
        (ProjectError("sidecar.yaml", 3, "wrong", "do this"), ExitCode.BAD_INPUT),
        (RunInUseError("wrong", "do this"), ExitCode.BAD_INPUT),
        (KnowledgeConfigError("wrong"), ExitCode.BAD_INPUT),
        (KnowledgeUnavailable("down", "a server"), ExitCode.KNOWLEDGE_UNAVAILABLE),
        (ExceptionGroup("tasks", [KnowledgeUnavailable("down", "a server")]), ExitCode.KNOWLEDGE_UNAVAILABLE),
    ],
)
def test_an_expected_error_has_its_code_and_keeps_its_words(error: Exception, code: ExitCode) -> None:
    failure = expected_failure(error)
    assert failure is not None
    assert failure.code is code
    assert "wrong" in failure.sentence or "down" in failure.sentence


def test_anything_else_is_our_fault_and_is_logged(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("FINE_TUNING_DATA", f"{tmp_path}/data")
    error = ValueError("a bug")
    assert expected_failure(error) is None
    failure = our_fault(error)
    assert failure.code is ExitCode.FAULT
    assert "a bug" in failure.sentence
    assert f"{tmp_path}/data/errors.log" in failure.sentence
    with open(f"{tmp_path}/data/errors.log", encoding="utf-8") as log:  # noqa: PTH123
        assert "ValueError: a bug" in log.read()


def test_bad_input_names_file_line_and_remedy() -> None:
    assert str(BadInputError("Wrong.", "Do this.", file="a.yaml", line=3)) == "a.yaml:3: Wrong. Do this."
