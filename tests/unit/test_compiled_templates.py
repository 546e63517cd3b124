"""Compiled templates are kept as compiled modules are, and are no more than a saving of time."""

import sys
from collections.abc import Callable
from importlib.util import cache_from_source
from pathlib import Path

import jinja2
import pytest

from fine_tuning_specialist.compiled_templates import CompiledBeside

PACKAGE = "letters_of_this_test"
Render = Callable[..., str]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package with one template."""
    folder = tmp_path / PACKAGE
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "letter.j2").write_text("Dear {{ name }},\n{% if True %}\nall is well.\n{% endif %}\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    monkeypatch.delitem(sys.modules, PACKAGE, raising=False)
    return folder


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the templates that were compiled."""
    names: list[str] = []
    generate = jinja2.Environment.compile

    def compile_and_tell(self: jinja2.Environment, source: str, name: str, *more: object, **named: object) -> object:
        names.append(name)
        return generate(self, source, name, *more, **named)

    monkeypatch.setattr(jinja2.Environment, "compile", compile_and_tell)
    return names


def render(folder: Path, **settings: bool) -> str:
    """The letter, in an environment of its own, as another process would make it."""
    environment = jinja2.Environment(  # noqa: S701 - no HTML
        loader=jinja2.FileSystemLoader(folder), bytecode_cache=CompiledBeside(PACKAGE), **settings
    )
    return environment.get_template("letter.j2").render(name="Ada")


def test_a_template_is_compiled_once_and_again_when_it_or_its_settings_change(
    folder: Path, compiled: list[str]
) -> None:
    assert render(folder) == render(folder)
    assert compiled == ["letter.j2"]
    assert Path(cache_from_source(str(folder / "letter.j2"))).is_file()
    assert render(folder, trim_blocks=True) == "Dear Ada,\nall is well.\n"
    assert compiled == ["letter.j2"] * 2
    (folder / "letter.j2").write_text("Hello {{ name }}", encoding="utf-8")
    assert render(folder, trim_blocks=True) == "Hello Ada"
    assert compiled == ["letter.j2"] * 3


def test_nothing_is_written_where_python_writes_nothing(
    folder: Path, compiled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert render(folder) == render(folder)
    assert compiled == ["letter.j2"] * 2
    assert not Path(cache_from_source(str(folder / "letter.j2"))).exists()


def test_a_folder_that_cannot_be_written_and_a_damaged_file_do_no_harm(folder: Path, compiled: list[str]) -> None:
    place = Path(cache_from_source(str(folder / "letter.j2")))
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(b"no code")
    assert render(folder).startswith("Dear Ada")
    assert compiled == ["letter.j2"]
    place.unlink()
    for left in place.parent.iterdir():
        left.unlink()
    place.parent.rmdir()
    place.parent.write_text("a file where the folder would be", encoding="utf-8")
    assert render(folder).startswith("Dear Ada")
