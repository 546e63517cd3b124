"""Every key that an export writes is one that the trainer accepts; the lists come from the trainers themselves."""

import json
from collections.abc import Iterator
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

from fine_tuning_specialist.exports import EXPORTERS, Export, FineTuningDesign, export
from fine_tuning_specialist.planning.catalogue import load_catalogue

FIXTURES = Path(__file__).parents[1] / "fixtures"
BASE = json.loads((FIXTURES / "exports" / "design.json").read_text())
KEYS = {path.stem: json.loads(path.read_text()) for path in (FIXTURES / "trainer-keys").glob("*.json")}

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

APPROACHES = ("sft", "dpo", "sft+dpo")
METHODS = ("full", "lora", "qlora")
HARDWARE = (
    {"bf16_supported": True},
    {"bf16_supported": False},
    {"gpu_count": 4, "attention": "flash"},
    {"gpu_count": 8, "sharded": True},
)
MODELS = ("Qwen/Qwen3-8B", "meta-llama/Llama-3.1-8B")
OTHERS = (
    {"tracking": "comet"},
    {"tracking": "mlflow"},
    {"tracking": "tensorboard"},
    {"tracking": "none"},
    {"early_stopping_patience": None},
    {"data": {}},
    {"data": {"sft": ["a.jsonl", "b.jsonl"], "preference": ["c.parquet"], "eval": ["held-out.jsonl"]}},
    {"sft_steps": 480, "epochs": 1.5},
    {"target_modules": ["all-linear"]},
)


def design(**changes: Any) -> FineTuningDesign:
    values = BASE | changes
    if values["method"] == "full":
        values = {name: value for name, value in values.items() if name not in {"rank", "alpha"}}
    return FineTuningDesign.model_validate(values)


def designs() -> Iterator[FineTuningDesign]:
    for approach, method, hardware, model in product(APPROACHES, METHODS, HARDWARE, MODELS):
        yield design(approach=approach, method=method, base_model=model, is_instruct="Qwen3" in model, **hardware)
    for method, other in product(METHODS, OTHERS):
        yield design(method=method, **other)
    for model in load_catalogue().models:
        kind = model.type == "encoder-decoder"
        yield design(base_model=model.hf_id, is_instruct=model.is_instruct, encoder_decoder=kind)


@cache
def exports(trainer: str) -> tuple[tuple[FineTuningDesign, Export], ...]:
    return tuple((each, export(each, trainer)) for each in designs())


def configurations(made: Export) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name, text in made.files.items():
        if name.endswith(".yaml"):
            yield name, "dpo" if "-dpo" in name else "sft", yaml.load(text, Loader)  # noqa: S506 - a safe one


def unknown_trl(stage: str, values: dict[str, Any]) -> set[str]:
    keys = KEYS["trl"]
    rows = {key for entry in values.get("datasets", []) for key in entry}
    return (set(values) - set(keys[stage])) | (rows - set(keys["datasets"]))


def unknown_axolotl(stage: str, values: dict[str, Any]) -> set[str]:
    keys = KEYS["axolotl"]
    entries = [*values["datasets"], *values.get("test_datasets", [])]
    rows = {key for entry in entries for key in entry}
    return (set(values) - set(keys["config"])) | (rows - set(keys[f"{stage}_dataset"]))


def unknown_llama_factory(stage: str, values: dict[str, Any]) -> set[str]:
    keys = KEYS["llama-factory"]
    template = {values["template"]} if "template" in values else set()
    return (set(values) - set(keys["train"])) | (template - set(keys["templates"]))


def unknown_unsloth(stage: str, values: dict[str, Any]) -> set[str]:
    keys = KEYS["unsloth"]
    unknown = set(values) - set(keys["config"])
    for section, content in values.items():
        if isinstance(content, dict):
            unknown |= set(content) - set(keys[section])
    return unknown


UNKNOWN = {
    "trl": unknown_trl,
    "axolotl": unknown_axolotl,
    "llama-factory": unknown_llama_factory,
    "unsloth": unknown_unsloth,
}


def nulls(value: Any) -> bool:
    if isinstance(value, dict):
        return any(nulls(item) for item in value.values())
    if isinstance(value, list):
        return any(nulls(item) for item in value)
    return value is None


def test_every_exporter_has_a_list_of_the_keys_its_trainer_accepts() -> None:
    assert set(KEYS) == set(EXPORTERS) == set(UNKNOWN)


@pytest.mark.parametrize("trainer", EXPORTERS)
def test_no_file_holds_a_key_that_the_trainer_does_not_know_or_a_null(trainer: str) -> None:
    seen = 0
    for each, made in exports(trainer):
        for name, stage, values in configurations(made):
            assert not UNKNOWN[trainer](stage, values), (name, each)
            assert not nulls(values), (name, each)
            seen += 1
    assert seen > 200


def test_the_settings_of_the_unsloth_script_are_keys_of_trls_configuration() -> None:
    for each, made in exports("unsloth"):
        if "dpo" in each.stages:
            settings = list(yaml.load_all(made.full_configuration, Loader))[-1]
            assert set(settings["dpo"]) <= set(KEYS["trl"]["dpo_config"])


def test_a_typo_would_be_found() -> None:
    ((_, stage, values), *_) = configurations(export(design(), "axolotl"))
    assert unknown_axolotl(stage, values | {"lora_alhpa": 3}) == {"lora_alhpa"}


def test_keys_that_newer_trainers_dropped_are_not_written_to_trl_files() -> None:
    gone = {"warmup_ratio", "max_seq_length", "evaluation_strategy", "torch_dtype", "early_stopping_patience"}
    for _, made in exports("trl"):
        for _, _, values in configurations(made):
            assert not gone & set(values)
