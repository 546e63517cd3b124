"""Shapes of models: from the catalogue, from a config.json, and what they count up to."""

import json
from pathlib import Path
from typing import Any

import pytest

from fine_tuning_specialist.planning.catalogue import load_catalogue
from fine_tuning_specialist.planning.config_json import from_config_json
from fine_tuning_specialist.planning.lora_parameters import PlanningError, trainable_parameters
from fine_tuning_specialist.planning.shapes import ModelShape, ShapeError

ATTENTION = ("q_proj", "k_proj", "v_proj", "o_proj")
MLP = ("gate_proj", "up_proj", "down_proj")
LLAMA_8B: dict[str, Any] = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": 4096,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "intermediate_size": 14336,
    "vocab_size": 128256,
    "max_position_embeddings": 131072,
    "tie_word_embeddings": False,
}


def catalogue_shape(name: str) -> ModelShape:
    found = load_catalogue().find(name)
    assert found is not None
    assert found.shape is not None
    return found.shape


@pytest.mark.parametrize(
    ("name", "mlp", "attention"),
    [
        ("Llama-3.2-1B", 491_520, 212_992),
        ("Llama-3.2-3B", 946_176, 573_440),
        ("Llama-3.1-8B", 1_769_472, 851_968),
        ("Llama-3.1-70B", 8_847_360, 4_096_000),
        ("Qwen3-4B", 1_327_104, 737_280),
        ("Qwen3-8B", 1_769_472, 958_464),
        ("Qwen3-32B", 5_898_240, 2_490_368),
    ],
)
def test_adapter_parameters_per_rank_are_exact(name: str, mlp: int, attention: int) -> None:
    shape = catalogue_shape(name)
    assert trainable_parameters(shape, "lora", 1, MLP) == mlp
    assert trainable_parameters(shape, "lora", 1, ATTENTION) == attention
    assert trainable_parameters(shape, "qlora", 16) == 16 * (mlp + attention)


def test_llama_8b_at_rank_16_trains_41943040_parameters() -> None:
    assert trainable_parameters(catalogue_shape("Llama-3.1-8B"), "lora", 16, (*ATTENTION, *MLP)) == 41_943_040


@pytest.mark.parametrize(
    ("hidden", "layers", "inner", "expected"), [(4096, 32, 11008, 4_194_304), (5120, 40, 13824, 6_553_600)]
)
def test_query_and_value_adapters_of_llama_2_at_rank_8(hidden: int, layers: int, inner: int, expected: int) -> None:
    heads = hidden // 128
    shape = ModelShape("x", "x", "LlamaForCausalLM", layers, hidden, heads, heads, 128, inner, 32000, False)
    assert trainable_parameters(shape, "lora", 8, ("q_proj", "v_proj")) == expected


def test_full_fine_tuning_trains_every_parameter() -> None:
    assert trainable_parameters(catalogue_shape("Llama-3.1-8B"), "full") == 8_030_261_248


def test_fused_projections_carry_the_adapters_of_phi_3() -> None:
    shape = catalogue_shape("Phi-3.5-mini-instruct")
    names = {module.name for module in shape.linear_modules}
    assert names == {"qkv_proj", "o_proj", "gate_up_proj", "down_proj"}
    assert trainable_parameters(shape, "lora", 1) == 32 * (4 * 3072 + 2 * 3072 + 3072 + 2 * 8192 + 3072 + 8192)


def test_all_linear_leaves_the_experts_of_a_mixture_frozen_and_their_names_reach_each_of_them() -> None:
    shape = catalogue_shape("Mixtral-8x7B-v0.1")
    assert trainable_parameters(shape, "lora", 1) == 851_968
    assert trainable_parameters(shape, "lora", 1, ("w1",)) == 32 * 8 * (4096 + 14336)


def test_an_unknown_module_is_named_with_those_that_the_model_has() -> None:
    with pytest.raises(PlanningError, match=r"target_modules: .*'query'.*q_proj, k_proj"):
        trainable_parameters(catalogue_shape("Llama-3.1-8B"), "lora", 8, ("query",))


def test_a_rank_below_one_names_field_and_range() -> None:
    with pytest.raises(PlanningError, match="rank: must be a whole number from 1 to 4096") as caught:
        trainable_parameters(catalogue_shape("Llama-3.1-8B"), "lora", -1)
    assert caught.value.field == "rank"


def test_counts_of_the_catalogue_agree_with_its_own_check() -> None:
    """The catalogue carries a count derived apart from this code."""
    from fine_tuning_specialist.planning.catalogue_files import read_catalogue_file

    entries = {entry["hf_id"]: entry for entry in read_catalogue_file("base_models.yaml")["models"]}
    compared = 0
    for model in load_catalogue().models:
        stated = entries[model.hf_id].get("params_computed_billion")
        if stated and model.shape is not None and not model.shape.approximate:
            assert model.shape.params / 1e9 == pytest.approx(stated, rel=5e-4, abs=6e-4), model.name
            compared += 1
    assert compared > 50


def test_a_config_json_gives_the_same_shape_as_the_catalogue(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps(LLAMA_8B), encoding="utf-8")
    read = from_config_json(file)
    known = catalogue_shape("Llama-3.1-8B")
    assert read.params == known.params
    assert read.linear_modules == known.linear_modules
    assert read.context_length == 131072


@pytest.mark.parametrize(
    ("config", "billions"),
    [
        (
            {
                "model_type": "mixtral",
                "hidden_size": 4096,
                "num_hidden_layers": 32,
                "num_attention_heads": 32,
                "num_key_value_heads": 8,
                "intermediate_size": 14336,
                "vocab_size": 32000,
                "num_local_experts": 8,
                "num_experts_per_tok": 2,
            },
            46.70,
        ),
        (
            {
                "model_type": "qwen3_moe",
                "hidden_size": 2048,
                "num_hidden_layers": 48,
                "num_attention_heads": 32,
                "num_key_value_heads": 4,
                "head_dim": 128,
                "intermediate_size": 6144,
                "moe_intermediate_size": 768,
                "vocab_size": 151936,
                "num_experts": 128,
                "num_experts_per_tok": 8,
            },
            30.53,
        ),
        (
            {
                "model_type": "gemma2",
                "hidden_size": 2304,
                "num_hidden_layers": 26,
                "num_attention_heads": 8,
                "num_key_value_heads": 4,
                "head_dim": 256,
                "intermediate_size": 9216,
                "vocab_size": 256000,
            },
            2.614,
        ),
        (
            {
                "model_type": "gpt_neox",
                "hidden_size": 2048,
                "num_hidden_layers": 24,
                "num_attention_heads": 16,
                "intermediate_size": 8192,
                "vocab_size": 50304,
            },
            1.415,
        ),
        (
            {
                "model_type": "gpt2",
                "n_embd": 768,
                "n_layer": 12,
                "n_head": 12,
                "n_positions": 1024,
                "vocab_size": 50257,
            },
            0.1244,
        ),
    ],
)
def test_architectures_are_read_with_their_own_defaults(config: dict[str, Any], billions: float) -> None:
    assert from_config_json(config).params / 1e9 == pytest.approx(billions, rel=1e-3)


def test_a_multimodal_config_is_read_through_its_text_part_with_a_frozen_vision_tower() -> None:
    config = {
        "architectures": ["Gemma3ForConditionalGeneration"],
        "model_type": "gemma3",
        "text_config": {
            "model_type": "gemma3_text",
            "hidden_size": 2560,
            "num_hidden_layers": 34,
            "intermediate_size": 10240,
        },
        "vision_config": {"hidden_size": 1152, "num_hidden_layers": 27, "intermediate_size": 4304},
    }
    shape = from_config_json(config)
    assert (shape.attention_heads, shape.kv_heads, shape.head_dim) == (8, 4, 256)
    assert shape.tied_embeddings
    assert shape.other_parameters == 27 * (4 * 1152**2 + 2 * 1152 * 4304)
    assert trainable_parameters(shape, "full") == shape.params - shape.other_parameters


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hidden_size": None}, "lacks hidden_size"),
        ({"num_hidden_layers": None}, "lacks num_hidden_layers"),
        ({"vocab_size": None}, "lacks vocab_size"),
        ({"intermediate_size": None}, "lacks intermediate_size"),
        ({"num_attention_heads": 31}, "hidden_size 4096 is no multiple of num_attention_heads 31"),
        ({"hidden_size": "big"}, "hidden_size must be a whole number, got 'big'"),
        ({"num_hidden_layers": -3}, "num_hidden_layers must be a whole number"),
        ({"architectures": ["FooForCausalLM"], "model_type": "foo"}, "'FooForCausalLM' is not known; known are"),
        ({"architectures": None, "model_type": None}, "lacks architectures and model_type"),
    ],
)
def test_what_is_wrong_with_a_config_is_named_by_its_key(change: dict[str, Any], message: str) -> None:
    config = {key: value for key, value in {**LLAMA_8B, **change}.items() if value is not None}
    with pytest.raises(ShapeError, match=message):
        from_config_json(config)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"{", "not valid JSON"), (b"[]", "must hold a JSON object"), (b"\xff\xfe", "not valid JSON")],
)
def test_a_file_that_is_no_config_is_refused_by_name(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "config.json"
    file.write_bytes(content)
    with pytest.raises(ShapeError, match=message) as caught:
        from_config_json(file)
    assert str(file) in str(caught.value)


def test_a_missing_config_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ShapeError, match="cannot be read"):
        from_config_json(tmp_path / "absent.json")
