"""The whole answer: from plain values to the JSON of the `estimate` command."""

import json
from pathlib import Path
from typing import Any

import pytest

from fine_tuning_specialist.planning.catalogue_files import CatalogueError
from fine_tuning_specialist.planning.estimate import EstimateRequest, estimate
from fine_tuning_specialist.planning.lora_parameters import PlanningError
from fine_tuning_specialist.planning.shapes import ShapeError

TINY = {
    "model_type": "qwen3",
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "intermediate_size": 128,
    "vocab_size": 512,
}


def answer(**request: Any) -> dict[str, Any]:
    return estimate(EstimateRequest(**{"model": "Llama-3.1-8B", **request})).as_json()


def test_the_answer_carries_every_figure_with_its_sources() -> None:
    found = answer(gpu="A10G", examples=5000, example_length=400, epochs=3)
    assert json.loads(json.dumps(found)) == found
    assert found["memory"]["total_gib"] == pytest.approx(sum(found["memory"]["breakdown_gib"].values()), abs=0.01)
    assert 0 < found["memory"]["uncertainty"] < 0.5
    assert found["trainable_parameters"] == 41_943_040
    assert found["fits"] is True
    assert found["largest_batch"] >= 1
    assert found["time_hours"]["low"] < found["time_hours"]["high"]
    assert found["cost_usd"]["low"] < found["cost_usd"]["high"]
    for part in ("memory", "time_hours", "cost_usd"):
        assert found[part]["sources"]
    assert found["unknown"] == {}


def test_what_was_not_asked_or_cannot_be_known_is_null_and_says_why() -> None:
    found = answer()
    assert (found["fits"], found["largest_batch"], found["time_hours"], found["cost_usd"]) == (None, None, None, None)
    assert set(found["unknown"]) == {"fits", "time_hours", "cost_usd"}
    unpriced = answer(gpu="MI300X", examples=100)
    assert unpriced["cost_usd"] is None
    assert unpriced["unknown"] == {"cost_usd": "no price is known for MI300X"}
    assert (
        answer(gpu="our own card", vram_gb=48, examples=10)["unknown"]["time_hours"] == "the GPU's speed is not known"
    )


def test_a_run_that_does_not_fit_says_so_with_no_batch_that_would() -> None:
    found = answer(method="full", gpu="A10G")
    assert (found["fits"], found["verdict"], found["largest_batch"]) == (False, "does_not_fit", 0)


def test_a_config_json_stands_in_for_a_model(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps(TINY), encoding="utf-8")
    by_file = estimate(EstimateRequest(config=file, gpu="T4", precision="fp16"))
    by_value = estimate(EstimateRequest(config=TINY, gpu="T4", precision="fp16"))
    assert by_file.memory == by_value.memory
    assert by_file.trainable_parameters == 16 * 2 * (2 * (64 + 64) + 2 * (64 + 32) + 3 * (64 + 128))


def test_names_of_trainers_are_understood() -> None:
    setup = estimate(
        EstimateRequest(model="Qwen3-8B", optimizer="paged_adamw_8bit", target_modules="q_proj, v_proj")
    ).setup
    assert (setup.optimizer, setup.target_modules) == ("paged_adamw_8bit", ("q_proj", "v_proj"))
    assert estimate(EstimateRequest(model="Qwen3-8B", target_modules="ALL_LINEAR")).setup.target_modules == "all-linear"


@pytest.mark.parametrize(
    ("request_", "field", "message"),
    [
        ({"model": ""}, "model", "either a model of the catalogue or a config.json"),
        ({"config": TINY}, "model", "not both"),
        ({"model": "nope-7b"}, "model", "'nope-7b' is not in the catalogue; give its config.json"),
        ({"model": "Qwen3.6-27B"}, "model", "does not hold layers"),
        ({"gpu": "nope"}, "gpu", "'nope' is not in the catalogue; give its memory as vram_gb, or one of T4,"),
        ({"vram_gb": 0.5}, "vram_gb", "must be from 1 to 10000"),
        ({"gpu": "T4"}, "precision", "T4 has no bf16; fp16 or fp32"),
        ({"rank": -1}, "rank", "from 1 to 4096"),
        ({"target_modules": "query"}, "target_modules", "it has q_proj"),
        ({"method": "adapter"}, "method", "one of full, lora, qlora"),
        ({"optimizer": "sofia"}, "optimizer", "is not known"),
        ({"batch_size": 0}, "batch_size", "from 1 to 65536"),
        ({"gpu": "A10G", "examples": 0}, "examples", "from 1 to 1000000000"),
        ({"gpu": "A10G", "examples": 5, "epochs": -1}, "epochs", "more than 0"),
    ],
)
def test_bad_input_names_field_and_range(request_: dict[str, Any], field: str, message: str) -> None:
    with pytest.raises(PlanningError, match=message) as caught:
        answer(**request_)
    assert caught.value.field == field


def test_unusable_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(ShapeError, match=r"absent\.json: cannot be read"):
        estimate(EstimateRequest(config=tmp_path / "absent.json"))
    with pytest.raises(CatalogueError, match=r"absent\.yaml: cannot be read"):
        answer(models=tmp_path / "absent.yaml")
