"""What stands beside the configurations: README, requirements, versions, and what could not be expressed."""

import ast
import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from fine_tuning_specialist.exports import EXPORTERS, FineTuningDesign, export

BASE = json.loads((Path(__file__).parents[1] / "fixtures" / "exports" / "design.json").read_text())


def design(**changes: Any) -> FineTuningDesign:
    return FineTuningDesign.model_validate(BASE | changes)


@pytest.mark.parametrize("trainer", EXPORTERS)
def test_every_file_says_for_which_versions_it_was_made(trainer: str) -> None:
    made = export(design(), trainer)
    for name, text in made.files.items():
        if name.endswith((".yaml", ".py")):
            assert "Checked against" in text[:800], name
    for package, version in made.versions.items():
        assert f"{package} {version}" in made.files["README.md"]


@pytest.mark.parametrize("trainer", EXPORTERS)
def test_both_stages_have_a_file_and_a_smoke_run(trainer: str) -> None:
    made = export(design(), trainer)
    assert {f"{trainer}-sft.yaml", f"{trainer}-sft-smoke.yaml", "README.md", "requirements.txt"} <= set(made.files)
    assert made.main == f"{trainer}-sft.yaml"
    assert f"{trainer}-dpo.yaml" in made.files or f"{trainer}-dpo.py" in made.files


@pytest.mark.parametrize("trainer", EXPORTERS)
def test_the_readme_runs_every_stage_in_its_order_and_names_no_file_that_is_not_there(trainer: str) -> None:
    made = export(design(), trainer)
    readme = made.files["README.md"]
    training = readme[readme.index("## 5.") :]
    assert training.index("-sft") < training.index("-dpo")
    for word in readme.replace("`", " ").split():
        if word.startswith("phase-2-training/training-config/") and "." in word.rpartition("/")[2]:
            assert word.rpartition("/")[2].rstrip(".,") in made.files


@pytest.mark.parametrize("trainer", EXPORTERS)
def test_what_the_trainer_cannot_express_stands_in_the_readme(trainer: str) -> None:
    made = export(design(bf16_supported=False, method="qlora"), trainer)
    assert made.not_expressible
    for sentence in made.not_expressible:
        assert sentence.split(":")[0] in made.files["README.md"]


def test_early_stopping_is_a_loss_where_the_trainer_lacks_it() -> None:
    lost = {name: " ".join(export(design(approach="sft"), name).not_expressible).lower() for name in EXPORTERS}
    assert "early stopping with patience 3" in lost["trl"]
    assert "no early stopping" in lost["unsloth"]
    assert "early stopping" not in lost["axolotl"] + lost["llama-factory"]


def test_nothing_is_lost_that_was_not_asked_for() -> None:
    assert export(design(approach="sft", tracking="none"), "llama-factory").not_expressible == []


def test_an_encoder_decoder_model_is_named_as_one_that_the_trainers_will_not_load() -> None:
    made = export(design(base_model="google/flan-t5-base", encoder_decoder=True), "trl")
    assert "google/flan-t5-base is an encoder-decoder" in made.not_expressible[0]


def test_requirements_follow_the_design() -> None:
    plain = export(design(method="full", rank=None, alpha=None, tracking="none"), "trl").files["requirements.txt"]
    rich = export(design(method="qlora", attention="flash", tracking="mlflow"), "trl").files["requirements.txt"]
    assert "peft" not in plain
    for package in ("peft", "bitsandbytes", "flash-attn", "mlflow", "trl>=1.16,<2"):
        assert package in rich


def test_several_gpus_are_started_by_the_commands() -> None:
    made = {name: export(design(gpu_count=4), name) for name in EXPORTERS}
    assert "--num_processes 4" in made["trl"].files["README.md"]
    assert "--num_processes 4" in made["axolotl"].files["README.md"]
    assert "NPROC_PER_NODE=4" in made["llama-factory"].files["README.md"]
    assert "4 GPUs" in " ".join(made["unsloth"].not_expressible)


@pytest.mark.parametrize("trainer", ["axolotl", "llama-factory"])
def test_sharding_names_a_configuration_that_is_there(trainer: str) -> None:
    made = export(design(gpu_count=8, sharded=True), trainer)
    assert "deepspeed-zero3.json" in made.files["README.md"]
    assert json.loads(made.files["deepspeed-zero3.json"])["zero_optimization"]["stage"] == 3


def test_file_names_that_are_only_proposed_are_named_as_such() -> None:
    readme = export(design(data={}), "trl").files["README.md"]
    assert "`data/sft.jsonl`, `data/preference.jsonl` are proposals" in readme
    assert "proposal" not in export(design(), "trl").files["README.md"]


@pytest.mark.parametrize("trainer", EXPORTERS)
def test_the_readme_shows_one_line_of_data_for_each_stage(trainer: str) -> None:
    readme = export(design(), trainer).files["README.md"]
    rows = [json.loads(line) for line in readme.splitlines() if line.startswith('{"')]
    assert [sorted(row) for row in rows] == [["messages"], ["chosen", "prompt", "rejected"]]


def test_two_trainers_files_stand_in_one_folder() -> None:
    first, second = export(design(), "trl"), export(design(), "axolotl", beside=True)
    assert not set(first.files) & set(second.files)
    assert "requirements-axolotl.txt" in second.files["README-axolotl.md"]


@pytest.mark.parametrize("trainer", EXPORTERS)
def test_scripts_are_valid_python_and_exports_are_the_same_every_time(trainer: str) -> None:
    made = export(design(gpu_count=2), trainer)
    for name, text in made.files.items():
        if name.endswith(".py"):
            ast.parse(text)
    assert export(design(gpu_count=2), trainer) == made


def test_an_unknown_trainer_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="known are trl, axolotl, llama-factory, unsloth"):
        export(design(), "torchtune")


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"rank": None}, "rank"),
        ({"learning_rate": None}, "learning_rate"),
        ({"dpo_beta": None}, "dpo_beta"),
        ({"approach": "dpo", "epochs": None, "dpo_epochs": None}, "dpo_epochs"),
        ({"method": "full"}, "rank, alpha"),
        ({"batch_size": 0}, "batch_size"),
        ({"target_modules": []}, "target_modules"),
        ({"learning_rate": -1.0}, "learning_rate"),
    ],
)
def test_an_incomplete_or_absurd_design_is_refused_with_the_name_of_the_field(
    changes: dict[str, Any], named: str
) -> None:
    with pytest.raises(ValidationError, match=named):
        design(**changes)


def test_dpo_alone_on_a_model_without_a_chat_template_asks_trl_users_for_plain_text() -> None:
    changes = {"approach": "dpo", "base_model": "meta-llama/Llama-3.1-8B", "is_instruct": False}
    made = export(design(**changes), "trl")
    rows = [json.loads(line) for line in made.files["README.md"].splitlines() if line.startswith('{"')]
    assert [type(row["chosen"]) for row in rows] == [str]
    assert "chat-template.jinja" not in made.files
    assert "DPO on a base model" in made.files["README.md"]
    assert "chat-template.jinja" in export(design(**changes), "unsloth").files
