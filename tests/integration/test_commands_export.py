"""`export`: the confirmed design of a recorded run, written for any of the trainers."""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from recorded_run import record
from router_project import write_project
from scripted_conversation import ScriptedKnowledge
from typer.testing import CliRunner

from fine_tuning_knowledge import Base
from fine_tuning_specialist.cli.errors import BadInputError
from fine_tuning_specialist.cli.exporting import Exported, export_design
from fine_tuning_specialist.cli.main import app
from fine_tuning_specialist.project.writing.files import ProjectFileError
from fine_tuning_specialist.runs.store import open_store

CONFIG = "phase-2-training/training-config"


@dataclass(frozen=True)
class Held:
    """Projects whose runs are in one database."""

    folder: Path

    @property
    def database(self) -> str:
        return str(self.folder / "runs.sqlite")

    def hold(
        self, name: str, base: Base, *, until: str = "", then: Any = None, told: Any = None, **stated: Any
    ) -> Path:
        project = self.folder / name
        write_project(project, **stated)

        async def held() -> None:
            async with open_store(self.database) as store:
                session = await record(store, project, ScriptedKnowledge(base), told, until)
                if then is not None:
                    await session.answer(then)

        asyncio.run(held())
        return project

    def export(self, project: Path, trainer: str, **more: Any) -> Exported:
        return export_design(project, trainer, database=self.database, **more)


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory, knowledge_base: Base) -> Held:
    """`finished` has a run that came to its end with TRL chosen."""
    found = Held(tmp_path_factory.mktemp("held"))
    found.hold("finished", knowledge_base, told={"choose_infrastructure": _with_trl()}, examples=5200)
    return found


def _with_trl() -> dict[str, Any]:
    return {"fields": {"trainer": "trl"}, "accept_recommended": True}


@pytest.mark.parametrize(
    ("trainer", "main"),
    [
        ("trl", "trl-sft.yaml"),
        ("axolotl", "axolotl-sft.yaml"),
        ("llama-factory", "llama-factory-sft.yaml"),
        ("unsloth", "unsloth-sft.yaml"),
    ],
)
def test_each_trainer_gets_the_confirmed_values(held: Held, tmp_path: Path, trainer: str, main: str) -> None:
    done = held.export(held.folder / "finished", trainer, output=tmp_path / "out")
    assert done.made.main == main
    assert {file.path for file in done.files} == {path.name for path in (tmp_path / "out").iterdir()}
    assert {file.status for file in done.files} == {"new"}
    written = yaml.safe_load((tmp_path / "out" / main).read_text(encoding="utf-8"))
    rank = {"trl": "lora_r", "axolotl": "lora_r", "llama-factory": "lora_rank"}.get(trainer)
    value = written["lora"]["lora_r"] if rank is None else written[rank]
    ours = yaml.safe_load((held.folder / "finished" / CONFIG / "trl-sft.yaml").read_text(encoding="utf-8"))
    assert value == ours["lora_r"]


def test_the_chosen_trainer_s_export_is_what_the_run_wrote(held: Held) -> None:
    done = held.export(held.folder / "finished", "trl")
    assert {file.status for file in done.files} == {"unchanged"}


def test_another_trainer_s_files_stand_beside_and_overwrite_nothing(held: Held) -> None:
    folder = held.folder / "finished" / CONFIG
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    done = held.export(held.folder / "finished", "axolotl")
    assert done.readme == "README-axolotl.md"
    assert {name: (folder / name).read_bytes() for name in before} == before
    again = held.export(held.folder / "finished", "axolotl")
    assert {file.status for file in again.files} == {"unchanged"}


def test_a_readme_of_somebody_else_stays(held: Held, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# My repository\n", encoding="utf-8")
    done = held.export(held.folder / "finished", "unsloth", output=tmp_path)
    assert done.readme == "README-unsloth.md"
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == "# My repository\n"


def test_requirements_of_somebody_else_stay(held: Held, tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("flask\n", encoding="utf-8")
    held.export(held.folder / "finished", "trl", output=tmp_path)
    assert (tmp_path / "requirements.txt").read_text(encoding="utf-8") == "flask\n"


def test_what_was_edited_is_replaced_and_said_to_be(held: Held, tmp_path: Path) -> None:
    held.export(held.folder / "finished", "trl", output=tmp_path)
    (tmp_path / "trl-sft.yaml").write_text("edited: true\n", encoding="utf-8")
    (tmp_path / "trl-dpo.yaml").write_text("of an earlier design\n", encoding="utf-8")
    done = held.export(held.folder / "finished", "trl", output=tmp_path)
    assert [file.path for file in done.files if file.status == "replaced"] == ["trl-sft.yaml"]
    assert done.stale == ("trl-dpo.yaml",)
    assert "Not part of this design, and left alone: trl-dpo.yaml" in done.as_text()


def test_a_person_reads_what_was_written_and_what_cannot_be_said(held: Held, tmp_path: Path) -> None:
    options = ["export", str(held.folder / "finished"), "--format", "trl", "--database", held.database]
    done = CliRunner().invoke(app, [*options, "--output", str(tmp_path)], catch_exceptions=False)
    assert done.exit_code == 0
    for words in (
        "TRL, from the run finished",
        "trl-sft.yaml",
        "What the design says and TRL cannot",
        "Early stopping",
    ):
        assert words in done.stdout
    found = json.loads(
        CliRunner().invoke(app, [*options, "--output", str(tmp_path), "--json"], catch_exceptions=False).stdout
    )
    assert (found["run"], found["trainer"], found["main"]) == ("finished", "trl", "trl-sft.yaml")
    assert found["not_expressible"]
    assert {"path": "trl-sft.yaml", "status": "unchanged"} in found["files"]


def test_a_run_that_waits_at_the_menu_can_be_exported(held: Held, knowledge_base: Base, tmp_path: Path) -> None:
    project = held.hold("waiting", knowledge_base, until="present_menu", examples=5200)
    assert held.export(project, "axolotl", output=tmp_path).run == "waiting"


def test_a_design_that_is_being_revisited_is_not_confirmed(held: Held, knowledge_base: Base, tmp_path: Path) -> None:
    revisit = {"fields": {"choice": "A", "node": "configure_peft"}}
    project = held.hold("revisited", knowledge_base, until="present_menu", then=revisit, examples=5200)
    with pytest.raises(BadInputError, match="go on with"):
        held.export(project, "trl", output=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_undocumented_run_is_refused_with_the_command_that_continues(held: Held, knowledge_base: Base) -> None:
    project = held.hold("open", knowledge_base, until="configure_peft", examples=5200)
    with pytest.raises(BadInputError, match=r"No run .* confirmed design.*chat --run open"):
        held.export(project, "trl")
    assert not (project / CONFIG).exists()


@pytest.mark.parametrize(
    ("name", "stated", "told", "status"),
    [
        ("skipped", {"architecture": "rag-only"}, None, "skipped"),
        ("declined", {}, {"entry_checkpoint": {"fields": {"proceed": False}}}, "deferred"),
    ],
)
def test_a_run_without_training_has_no_configuration(
    held: Held, knowledge_base: Base, name: str, stated: Any, told: Any, status: str
) -> None:
    project = held.hold(name, knowledge_base, told=told, **stated)
    with pytest.raises(BadInputError, match=rf"{name} was {status}.*--new"):
        held.export(project, "trl")


def test_what_is_not_there_is_refused_with_the_remedy(held: Held, tmp_path: Path) -> None:
    project = held.folder / "finished"
    with pytest.raises(BadInputError, match=r"has no run yet.*chat"):
        held.export(tmp_path, "trl")
    with pytest.raises(BadInputError, match=r"no run named other.*It has: finished"):
        held.export(project, "trl", run="other")
    with pytest.raises(BadInputError, match=r"--format.*trl, axolotl, llama-factory, unsloth"):
        held.export(project, "keras")
    (tmp_path / "file").touch()
    with pytest.raises(BadInputError, match="--output"):
        held.export(project, "trl", output=tmp_path / "file")


def test_a_link_out_of_the_folder_is_not_followed(held: Held, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "trl-sft.yaml").symlink_to(tmp_path / "elsewhere.yaml")
    with pytest.raises(ProjectFileError, match="link"):
        held.export(held.folder / "finished", "trl", output=tmp_path / "out")
    assert not (tmp_path / "elsewhere.yaml").exists()
