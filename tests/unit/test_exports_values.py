"""What a design says reaches every trainer's file with its value, in the trainer's own words."""

import ast
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from fine_tuning_specialist.exports import EXPORTERS, FineTuningDesign, export
from fine_tuning_specialist.exports.yaml_files import yaml_text

BASE = json.loads((Path(__file__).parents[1] / "fixtures" / "exports" / "design.json").read_text())
FULL = {"method": "full", "rank": None, "alpha": None}


def design(**changes: Any) -> FineTuningDesign:
    return FineTuningDesign.model_validate(BASE | changes)


def config(trainer: str, name: str, **changes: Any) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(export(design(**changes), trainer).files[name])
    return loaded


@pytest.mark.parametrize(
    ("trainer", "expected"),
    [
        (
            "trl",
            {
                "model_name_or_path": "Qwen/Qwen3-8B",
                "dtype": "bfloat16",
                "lora_r": 16,
                "lora_alpha": 32,
                "lora_dropout": 0.05,
                "lora_target_modules": ["q_proj", "v_proj"],
                "lora_task_type": "CAUSAL_LM",
                "learning_rate": 2e-4,
                "num_train_epochs": 2.0,
                "per_device_train_batch_size": 2,
                "gradient_accumulation_steps": 8,
                "warmup_steps": 0.03,
                "weight_decay": 0.01,
                "max_length": 2048,
                "datasets": [{"path": "json", "data_files": "data/sft.jsonl", "split": "train"}],
                "test_split_size": 0.1,
                "logging_steps": 10,
                "eval_steps": 50,
                "save_steps": 100,
                "report_to": "wandb",
                "env": {"WANDB_PROJECT": "router-support"},
                "seed": 42,
            },
        ),
        (
            "axolotl",
            {
                "base_model": "Qwen/Qwen3-8B",
                "adapter": "lora",
                "lora_r": 16,
                "lora_alpha": 32,
                "lora_target_modules": ["q_proj", "v_proj"],
                "learning_rate": 2e-4,
                "num_epochs": 2.0,
                "micro_batch_size": 2,
                "gradient_accumulation_steps": 8,
                "warmup_ratio": 0.03,
                "sequence_len": 2048,
                "val_set_size": 0.1,
                "early_stopping_patience": 3,
                "wandb_project": "router-support",
                "sample_packing": False,
            },
        ),
        (
            "llama-factory",
            {
                "model_name_or_path": "Qwen/Qwen3-8B",
                "finetuning_type": "lora",
                "lora_rank": 16,
                "lora_target": "q_proj,v_proj",
                "learning_rate": 2e-4,
                "num_train_epochs": 2.0,
                "per_device_train_batch_size": 2,
                "warmup_ratio": 0.03,
                "cutoff_len": 2048,
                "val_size": 0.1,
                "early_stopping_steps": 3,
                "report_to": "wandb",
                "template": "qwen3",
            },
        ),
    ],
)
def test_the_values_of_the_design_stand_in_the_sft_file(trainer: str, expected: dict[str, Any]) -> None:
    values = config(trainer, f"{trainer}-sft.yaml")
    assert {key: values[key] for key in expected} == expected


def test_unsloth_groups_the_values_in_sections() -> None:
    values = config("unsloth", "unsloth-sft.yaml", sft_steps=480, method="qlora")
    training = values["training"]
    assert values["model"] == "Qwen/Qwen3-8B"
    assert (training["learning_rate"], training["num_epochs"], training["batch_size"]) == (2e-4, 2, 2)
    assert (training["load_in_4bit"], training["warmup_steps"]) == (True, 15)
    assert values["lora"]["target_modules"] == "q_proj,v_proj"
    assert values["logging"]["wandb_project"] == "router-support"


def test_the_dpo_stage_has_its_own_rate_epochs_batch_and_beta() -> None:
    trl = config("trl", "trl-dpo.yaml")
    axolotl = config("axolotl", "axolotl-dpo.yaml")
    factory = config("llama-factory", "llama-factory-dpo.yaml")
    assert (trl["learning_rate"], trl["num_train_epochs"], trl["per_device_train_batch_size"]) == (5e-6, 1.0, 1)
    assert (trl["beta"], trl["loss_type"]) == (0.1, ["sigmoid"])
    assert (axolotl["rl"], axolotl["rl_beta"], axolotl["learning_rate"]) == ("dpo", 0.1, 5e-6)
    assert (factory["pref_beta"], factory["pref_loss"], factory["learning_rate"]) == (0.1, "sigmoid", 5e-6)


def test_dpo_values_that_are_not_given_are_those_of_the_first_stage() -> None:
    values = config("trl", "trl-dpo.yaml", dpo_epochs=None, dpo_batch_size=None)
    assert (values["num_train_epochs"], values["per_device_train_batch_size"]) == (2.0, 2)


def test_combined_training_starts_dpo_from_what_sft_left() -> None:
    merged = "phase-2-training/outputs/trl-merged"
    files = export(design(), "trl").files
    assert config("trl", "trl-dpo.yaml")["model_name_or_path"] == merged
    assert f'"output": "{merged}"' in files["trl-merge.py"]
    assert config("axolotl", "axolotl-dpo.yaml")["base_model"] == "phase-2-training/outputs/axolotl-sft/merged"
    factory = config("llama-factory", "llama-factory-dpo.yaml")
    assert factory["adapter_name_or_path"] == "phase-2-training/outputs/llama-factory-sft"
    assert factory["create_new_adapter"] is True


def test_the_second_stages_reference_is_the_tuned_model_also_with_4_bit_weights() -> None:
    values = config("llama-factory", "llama-factory-dpo.yaml", method="qlora")
    assert values["ref_model_adapters"] == values["adapter_name_or_path"]
    assert "create_new_adapter" not in values


def test_the_smoke_run_of_the_second_stage_starts_from_the_smoke_run_of_the_first() -> None:
    smoke = config("trl", "trl-dpo-smoke.yaml")
    assert smoke["model_name_or_path"] == "phase-2-training/outputs/trl-merged-smoke"
    assert (
        '"smoke_output": "phase-2-training/outputs/trl-merged-smoke"' in export(design(), "trl").files["trl-merge.py"]
    )


@pytest.mark.parametrize("trainer", ["trl", "axolotl", "llama-factory"])
def test_a_smoke_run_takes_five_steps_on_few_examples_and_reports_to_nobody(trainer: str) -> None:
    values = config(trainer, f"{trainer}-sft-smoke.yaml")
    assert values["max_steps"] == 5
    assert values.get("max_samples") == 64 or values["datasets"][0]["split"] == "train[:64]"
    assert values.get("report_to", "none") == "none"
    assert "use_wandb" not in values


@pytest.mark.parametrize("trainer", EXPORTERS)
def test_full_fine_tuning_has_no_adapters_and_no_merge(trainer: str) -> None:
    made = export(design(**FULL), trainer)
    text = "".join(made.files.values())
    assert "lora_r" not in text.replace("lora_rank", "lora_r")
    assert "trl-merge.py" not in made.files
    assert "merge-lora" not in text
    assert "unsloth export" not in text


def test_full_fine_tuning_continues_from_the_first_stages_folder() -> None:
    assert config("trl", "trl-dpo.yaml", **FULL)["model_name_or_path"] == "phase-2-training/outputs/trl-sft"
    assert config("trl", "trl-sft.yaml", **FULL)["use_peft"] is False


def test_dpo_alone_starts_from_the_base_model() -> None:
    assert config("trl", "trl-dpo.yaml", approach="dpo")["model_name_or_path"] == "Qwen/Qwen3-8B"
    assert "trl-merge.py" not in export(design(approach="dpo"), "trl").files


@pytest.mark.parametrize(
    ("changes", "dtype", "fp16"),
    [
        ({}, "float16", True),
        (FULL, "float32", True),
        ({"method": "qlora"}, "float32", False),
    ],
)
def test_without_bfloat16_every_trained_weight_is_one_that_a_gradient_scaler_takes(
    changes: dict[str, Any], dtype: str, fp16: bool
) -> None:
    values = config("trl", "trl-sft.yaml", bf16_supported=False, **changes)
    assert (values["dtype"], values["fp16"], values["bf16"]) == (dtype, fp16, False)


def test_4_bit_training_names_type_and_double_quantisation() -> None:
    trl = config("trl", "trl-sft.yaml", method="qlora")
    assert (trl["load_in_4bit"], trl["bnb_4bit_quant_type"], trl["use_bnb_nested_quant"]) == (True, "nf4", True)
    axolotl = config("axolotl", "axolotl-sft.yaml", method="qlora")
    assert (axolotl["adapter"], axolotl["load_in_4bit"]) == ("qlora", True)
    factory = config("llama-factory", "llama-factory-sft.yaml", method="qlora")
    assert (factory["quantization_bit"], factory["quantization_type"]) == (4, "nf4")


def test_all_linear_is_said_in_each_trainers_word() -> None:
    changes = {"target_modules": ["all-linear"]}
    assert config("trl", "trl-sft.yaml", **changes)["lora_target_modules"] == ["all-linear"]
    assert config("axolotl", "axolotl-sft.yaml", **changes)["lora_target_linear"] is True
    assert config("llama-factory", "llama-factory-sft.yaml", **changes)["lora_target"] == "all"
    assert "down_proj" in config("unsloth", "unsloth-sft.yaml", **changes)["lora"]["target_modules"]


@pytest.mark.parametrize(
    ("model", "instruct", "known", "only"),
    [
        ("Qwen/Qwen3-8B", True, None, True),
        ("Qwen/Qwen2.5-7B-Instruct", True, True, True),
        ("mistralai/Mistral-7B-Instruct-v0.3", True, True, False),
        ("meta-llama/Llama-3.1-8B-Instruct", True, True, False),
        ("Qwen/Qwen2.5-7B", False, True, False),
        ("meta-llama/Llama-3.1-8B", False, None, True),
    ],
)
def test_the_loss_is_on_the_assistant_alone_only_where_the_template_marks_its_words(
    model: str, instruct: bool, known: bool | None, only: bool
) -> None:
    values = config("trl", "trl-sft.yaml", base_model=model, is_instruct=instruct, chat_template_known=known)
    assert values["assistant_only_loss"] is only


def test_a_model_without_a_chat_template_gets_one_that_marks_the_assistants_words() -> None:
    made = export(design(base_model="meta-llama/Llama-3.1-8B", is_instruct=False), "trl")
    values = yaml.safe_load(made.files["trl-sft.yaml"])
    assert values["chat_template_path"].endswith("training-config/chat-template.jinja")
    assert "generation" in made.files["chat-template.jinja"]
    assert "eos_token" in made.files["chat-template.jinja"]
    assert "chat-template.jinja" not in export(design(), "trl").files


def test_several_processes_share_one_split_of_the_data() -> None:
    made = export(design(gpu_count=2), "trl")
    values = yaml.safe_load(made.files["trl-sft.yaml"])
    assert "datasets" not in values
    assert f'"output": "{values["dataset_name"]}"' in made.files["trl-split.py"]
    assert made.files["README.md"].index("trl-split.py") < made.files["README.md"].index("trl sft --config")


def test_evaluation_files_are_evaluated_on() -> None:
    changes = {"data": {"sft": ["data/sft.jsonl"], "eval": ["data/eval.jsonl"]}}
    axolotl = config("axolotl", "axolotl-sft.yaml", **changes)
    assert [entry["path"] for entry in axolotl["test_datasets"]] == ["data/eval.jsonl"]
    assert axolotl["val_set_size"] == 0
    assert config("llama-factory", "llama-factory-sft.yaml", **changes)["eval_dataset"] == "sft_eval"
    assert "data/eval.jsonl" in export(design(**changes), "trl").files["trl-split.py"]


def test_the_list_of_data_sets_points_at_the_projects_files_from_where_it_lies() -> None:
    info = json.loads(export(design(), "llama-factory").files["dataset_info.json"])
    assert info["sft"]["file_name"] == "../../data/sft.jsonl"
    assert info["dpo"]["ranking"] is True
    assert info["dpo"]["columns"]["messages"] == "prompt"


def test_saving_falls_on_an_evaluation() -> None:
    made = export(design(eval_steps=50, save_steps=130), "trl")
    assert yaml.safe_load(made.files["trl-sft.yaml"])["save_steps"] == 150
    assert any("130 steps" in sentence for sentence in made.not_expressible)


def test_the_full_configuration_holds_a_document_for_each_stage() -> None:
    for trainer in EXPORTERS:
        assert len(list(yaml.safe_load_all(export(design(), trainer).full_configuration))) == 2
        assert len(list(yaml.safe_load_all(export(design(approach="sft"), trainer).full_configuration))) == 1


@pytest.mark.parametrize("value", [2e-4, 5e-7, 1e-5, 2.86e-4, 0.03, 1.0, 0.0, 1 / 3, 1e-12, 123456.789])
def test_numbers_are_read_back_as_the_same_floats(value: float) -> None:
    loaded = yaml.safe_load(yaml_text({"value": value}))["value"]
    assert (loaded, type(loaded)) == (value, float)


def test_a_learning_rate_reads_as_people_write_it() -> None:
    assert yaml_text({"learning_rate": 2e-4}) == "learning_rate: 2.0e-4\n"


def test_a_null_is_refused() -> None:
    with pytest.raises(ValueError, match=r"datasets\[0\]\.path: null"):
        yaml_text({"datasets": [{"path": None}]})


HOSTILE = "x'); import os; os.system('id'); (\"\"\"\n# {{ 7 * 7 }} {% raw %} \\ \u2028 : - [ 'é"


def strings_in(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in strings_in(item)]
    if isinstance(value, list):
        return [text for item in value for text in strings_in(item)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("trainer", EXPORTERS)
def test_a_hostile_name_stays_a_value(trainer: str) -> None:
    changes = {"project_name": HOSTILE, "base_model": HOSTILE, "data": {"sft": [HOSTILE], "preference": [HOSTILE]}}
    made = export(design(tracking="mlflow", gpu_count=2, **changes), trainer)
    strings: list[str] = []
    calls: set[str] = set()
    for name, text in made.files.items():
        if name.endswith(".yaml"):
            strings += strings_in(yaml.safe_load(text))
        if name.endswith(".py"):
            tree = ast.parse(text)
            calls |= {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    assert HOSTILE in strings
    assert all(text == HOSTILE for text in strings if "os.system" in text)
    assert "os.system" not in calls
    readme = made.files["README.md"]
    assert "49" not in readme
    assert "\n# {{ 7" not in readme
