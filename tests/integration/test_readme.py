"""The README says what runs."""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))

import readme_transcript

from fine_tuning_specialist.cli.slash import COMMANDS

README = readme_transcript.README.read_text(encoding="utf-8")


def test_the_transcript_is_what_a_newcomer_gets(tmp_path: Path) -> None:
    fresh = readme_transcript.transcript(readme_transcript.conversation(tmp_path))
    assert readme_transcript.written() == fresh, "run: python tests/tools/readme_transcript.py"


def test_the_files_that_the_readme_names_exist() -> None:
    for name in re.findall(r"\]\(([\w./-]+)\)", README):
        assert (readme_transcript.ROOT / name).exists(), name


def test_the_make_targets_that_the_readme_names_exist() -> None:
    makefile = (readme_transcript.ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"\bmake (\w+)", README)) - {"are"}:
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target


def test_the_commands_that_the_readme_names_exist() -> None:
    from fine_tuning_specialist.cli.main import app

    known = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    known |= {group.name for group in app.registered_groups}
    named = set(re.findall(r"^\| `(\w+)", README, flags=re.MULTILINE))
    assert named <= known


def test_every_slash_command_says_what_it_does() -> None:
    assert all(command.help for command in COMMANDS)
