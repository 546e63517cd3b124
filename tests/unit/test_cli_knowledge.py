"""The command `knowledge search`: what it looks for."""

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from fine_tuning_specialist.cli import knowledge
from fine_tuning_specialist.cli.errors import BadInputError
from fine_tuning_specialist.cli.main import app


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    queries: list[str] = []

    async def ask(_: str, query: str, *__: Any) -> list[Any]:
        queries.append(query)
        return []

    monkeypatch.setattr(knowledge, "ask", ask)
    return queries


@pytest.mark.parametrize("typed", [["DPO beta"], ["DPO", "beta"], ["DPO", "beta", "--limit", "2"]])
def test_several_words_are_one_query(asked: list[str], typed: list[str]) -> None:
    done = CliRunner().invoke(app, ["knowledge", "search", *typed], catch_exceptions=False)
    assert done.exit_code == 0
    assert asked == ["DPO beta"]


@pytest.mark.parametrize("typed", ["", "  "])
def test_an_empty_query_is_bad_input_and_no_failing_server(asked: list[str], typed: str) -> None:
    with pytest.raises(BadInputError, match="The query is empty"):
        CliRunner().invoke(app, ["knowledge", "search", typed], catch_exceptions=False)
    assert not asked


def test_a_wrong_architecture_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="foo"):
        CliRunner().invoke(app, ["init", str(tmp_path / "new"), "--architecture", "foo"], catch_exceptions=False)
