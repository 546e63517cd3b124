"""The catalogue: base models by name, licences by what they allow, GPUs and prices."""

import json
from pathlib import Path

import pytest

from fine_tuning_specialist.planning.catalogue import load_catalogue
from fine_tuning_specialist.planning.catalogue_files import CatalogueError
from fine_tuning_specialist.planning.gpus import all_gpus, gpu, price_range, prices
from fine_tuning_specialist.planning.licences import licence, licence_allows


@pytest.mark.parametrize(
    ("text", "name", "hf_id"),
    [
        ("llama-3.1-8b", "Llama-3.1-8B", "meta-llama/Llama-3.1-8B"),
        ("META-LLAMA/Llama-3.1-8B-Instruct", "Llama-3.1-8B", "META-LLAMA/Llama-3.1-8B-Instruct"),
        ("Llama-3.1-8B-Instruct", "Llama-3.1-8B", "meta-llama/Llama-3.1-8B-Instruct"),
        ("Qwen/Qwen3-4B-Instruct-2507", "Qwen3-4B", "Qwen/Qwen3-4B-Instruct-2507"),
        ("gemma-3-4b-it", "Gemma-3-4b-it", "google/gemma-3-4b-it"),
        ("  Qwen3-8B ", "Qwen3-8B", "Qwen/Qwen3-8B"),
    ],
)
def test_models_are_found_as_people_write_them(text: str, name: str, hf_id: str) -> None:
    found = load_catalogue().find(text)
    assert found is not None
    assert (found.name, found.hf_id) == (name, hf_id)


@pytest.mark.parametrize("text", ["", "   ", "no-such-model", "llama"])
def test_what_is_not_in_the_catalogue_is_not_found(text: str) -> None:
    assert load_catalogue().find(text) is None


def test_models_whose_shape_was_not_seen_say_what_is_missing() -> None:
    catalogue = load_catalogue()
    without = [model for model in catalogue.models if model.shape is None]
    assert without
    assert all(model.missing for model in without)
    assert all(not model.missing for model in catalogue.models if model.shape is not None)
    assert catalogue.checked.startswith("20")


def test_every_licence_of_the_catalogue_says_what_it_allows() -> None:
    for model in load_catalogue().models:
        held = licence(model.license)
        assert held is not None, model.license
        assert held.commercial is not None


@pytest.mark.parametrize(
    ("name", "requirement", "allowed"),
    [
        ("Apache-2.0", "commercial-use", True),
        ("apache 2.0", "Permissive", True),
        ("MIT", "Apache-2.0", False),
        ("MIT", "MIT License", True),
        ("Qwen Research License", "commercial use", False),
        ("Gemma Terms of Use", "commercial-use", True),
        ("Gemma Terms of Use", "open source", False),
        ("Llama 3.1 Community License", "permissive", False),
        ("Llama 3.1 Community License", "Llama 3.1", True),
        ("house licence", "commercial-use", None),
        ("house licence", "any", True),
        ("house licence", "House Licence", True),
        ("Apache-2.0", "something nobody wrote down", None),
    ],
)
def test_licences_are_compared_by_what_they_allow(name: str, requirement: str, allowed: bool | None) -> None:
    assert licence_allows(name, requirement) is allowed


CONFIG = {
    "model_type": "llama",
    "hidden_size": 256,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 512,
    "vocab_size": 1000,
    "max_position_embeddings": 4096,
}


def write_models(folder: Path, text: str) -> Path:
    (folder / "config.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    file = folder / "models.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_user_adds_models_with_their_config(tmp_path: Path) -> None:
    file = write_models(tmp_path, "models:\n- {hf_id: acme/Tiny-1, config: config.json, license: Apache-2.0}\n")
    found = load_catalogue(file).find("tiny-1")
    assert found is not None
    assert found.shape is not None
    assert found.license == "Apache-2.0"
    assert found.context_length == 4096
    assert "gate_proj" in found.lora_targets
    assert load_catalogue().find("tiny-1") is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- {config: config.json}", "model 1 lacks hf_id"),
        ("- {hf_id: acme/x}", "model 1 lacks config"),
        ("- {hf_id: acme/x, config: absent.json}", "model 1 .*absent.json: cannot be read"),
        ("just text", "must hold a list of models"),
        ("a: [", "not valid YAML"),
    ],
)
def test_what_is_wrong_with_a_users_models_is_said_by_entry(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(CatalogueError, match=message):
        load_catalogue(write_models(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("A10G", "A10G"),
        ("A100-80GB", "A100-80GB"),
        ("A100 80GB", "A100-80GB"),
        ("NVIDIA A100-SXM4-80GB", "A100-80GB"),
        ("nvidia a100 80gb pcie", "A100-80GB"),
        ("A100", "A100-40GB"),
        ("RTX 4090", "RTX 4090"),
        ("NVIDIA GeForce RTX 4090", "RTX 4090"),
        ("3090", "RTX 3090"),
        ("Tesla T4", "T4"),
        ("L4", "L4"),
        ("L40S", "L40S"),
        ("H100 SXM5 80GB", "H100"),
        ("8x H100", "H100"),
        ("H200", "H200"),
        ("V100", "V100-16GB"),
        ("MI300X", "MI300X"),
    ],
)
def test_gpus_are_found_as_people_write_them(text: str, name: str) -> None:
    card = gpu(text)
    assert card is not None
    assert card.name == name


def test_the_stated_memory_tells_cards_of_one_name_apart() -> None:
    assert [card.name for size in (40, 80) if (card := gpu("A100", size)) is not None] == ["A100-40GB", "A100-80GB"]
    assert gpu("Voodoo 3dfx") is None


def test_no_card_gives_a_process_more_than_it_was_sold_with_and_old_ones_have_no_bf16() -> None:
    assert all(card.usable_gib <= card.vram_gb for card in all_gpus())
    assert {card.name for card in all_gpus() if not card.bf16} >= {"T4", "V100-16GB", "V100-32GB"}


def test_prices_are_dated_ranges_by_platform_and_unknown_ones_stay_unknown() -> None:
    card = gpu("H100")
    assert card is not None
    found = price_range(card, "Lambda Labs")
    assert found is not None
    low, high, entries = found
    assert (low, high) == (3.99, 4.29)
    assert all(entry.as_of.startswith("2026") for entry in entries)
    assert price_range(card, "sagemaker") is None
    amd = gpu("MI300X")
    assert amd is not None
    assert price_range(amd) is None


def test_a_users_prices_replace_ours_for_the_same_platform_and_card(tmp_path: Path) -> None:
    file = tmp_path / "prices.yaml"
    file.write_text("prices:\n- {platform: lambda, gpu: H100, usd: 1.5, as_of: '2027-01-01'}\n", encoding="utf-8")
    card = gpu("H100")
    assert card is not None
    found = price_range(card, "lambda", prices(file))
    assert found is not None
    assert found[:2] == (1.5, 1.5)
    assert price_range(card, "runpod", prices(file)) == price_range(card, "runpod")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("prices: 3", "must hold `prices`"),
        ("prices:\n- {platform: x, gpu: H100, usd: -1}", "entry 1: usd must be a price"),
        ("prices:\n- {platform: x, gpu: Foo, usd: 1}", "entry 1: gpu 'Foo' is not in the catalogue"),
    ],
)
def test_what_is_wrong_with_a_users_prices_is_said_by_entry(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "prices.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueError, match=message):
        prices(file)
