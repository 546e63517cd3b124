"""Tables of the terminal."""

import os

import pytest

from fine_tuning_specialist.cli import columns
from fine_tuning_specialist.cli.columns import aligned

ROWS = [("RUN", "PROJECT", "AGE"), ("shop", "/home/someone/projects/of-this-year/shop", "2 h")]


def test_a_pipe_gets_every_cell_whole() -> None:
    assert aligned(ROWS, shrinking=(1,)) == [
        f"RUN   {'PROJECT'.ljust(40)}  AGE",
        "shop  /home/someone/projects/of-this-year/shop  2 h",
    ]


def test_a_narrow_terminal_gets_the_ends_of_the_longest_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "window", lambda: 31)
    assert aligned(ROWS, shrinking=(1,)) == ["RUN   PROJECT               AGE", "shop  …s/of-this-year/shop  2 h"]


def test_a_title_keeps_its_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "window", lambda: 24)
    rows = [("RUN", "SECTION", "AGE"), ("shop", "7 Hyperparameter Configuration", "2 h")]
    assert aligned(rows, shrinking=(1,), beginnings=(1,))[1] == "shop  7 Hyperparam…  2 h"


def test_a_cell_is_never_shortened_beyond_recognition(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "window", lambda: 5)
    assert aligned(ROWS, shrinking=(1, 0))[1] == "shop  …s-year/shop  2 h"


def test_the_window_is_that_of_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((60, 20)))
    assert columns.window() == 60
