"""The PEFT method follows the memory, rank and alpha the task, the data and the evidence."""

import pytest

from fine_tuning_specialist.knowledge.evidence import Evidence, Figure
from fine_tuning_specialist.planning.catalogue import CatalogueModel, load_catalogue
from fine_tuning_specialist.planning.peft import recommend_peft
from fine_tuning_specialist.planning.plan_facts import PlanFacts
from fine_tuning_specialist.planning.room import Room, usable_memory


def model(name: str) -> CatalogueModel:
    found = load_catalogue().find(name)
    assert found is not None
    return found


def facts(name: str, **known: object) -> PlanFacts:
    found = model(name)
    values: dict[str, object] = {
        "base_model": name, "size_b": found.params_billion, "task_type": "chat", "approach": "sft",
        "sft_examples": 5200, "gpu_type": "A10G", "vram_gb": 24, "gpu_count": 1, **known,
    }  # fmt: skip
    return PlanFacts.model_validate(values)


def evidence(**figures: list[Figure]) -> dict[str, Evidence]:
    return {
        label: Evidence(id=label, kind="pattern", title=f"Title of {label}", text="", source_title=label, figures=found)
        for label, found in figures.items()
    }


def recommend(name: str, known: dict[str, Evidence] | None = None, **values: object) -> dict[str, object]:
    fields = recommend_peft(facts(name, **values), evidence=known or {}, model=model(name))
    return {field: advice.value for field, advice in fields.items()}


def test_an_8b_model_on_a_16_gb_card_is_trained_in_4_bit() -> None:
    assert recommend("Qwen3-8B", gpu_type="T4", vram_gb=16)["method"] == "qlora"


def test_what_fits_for_sft_alone_may_need_4_bit_with_a_preference_stage() -> None:
    assert recommend("Qwen3-8B", approach="sft+dpo")["method"] == "qlora"


def test_the_same_model_on_an_80_gb_card_needs_no_quantisation() -> None:
    assert recommend("Qwen3-8B", gpu_type="A100", vram_gb=80)["method"] == "lora"


def test_a_small_model_with_many_examples_and_enough_memory_is_trained_whole() -> None:
    values = recommend("Qwen2.5-0.5B", gpu_type="A100", vram_gb=80, sft_examples=50_000)
    assert values["method"] == "full"
    assert not {"rank", "alpha", "dropout", "target_modules"} & set(values)


def test_a_small_model_with_few_examples_keeps_adapters() -> None:
    assert recommend("Qwen2.5-0.5B", gpu_type="A100", vram_gb=80, sft_examples=2_000)["method"] == "lora"


def test_quality_first_trains_a_small_model_whole_with_fewer_examples() -> None:
    values = recommend("Qwen2.5-0.5B", gpu_type="A100", vram_gb=80, sft_examples=2_000, priority="quality")
    assert values["method"] == "full"


def test_what_fits_with_no_method_says_so() -> None:
    fields = recommend_peft(facts("Llama-3.3-70B-Instruct"), evidence={}, model=model("Llama-3.3-70B-Instruct"))
    assert fields["method"].value == "qlora"
    assert "with no method" in fields["method"].why


@pytest.mark.parametrize("name", ["Qwen2.5-0.5B", "Qwen3-1.7B", "Qwen3-8B", "Qwen3-14B", "Qwen3-32B"])
@pytest.mark.parametrize(("gpu_type", "vram_gb"), [("T4", 16), ("A10G", 24), ("L40S", 48), ("A100", 80)])
@pytest.mark.parametrize("gpus", [1, 4])
@pytest.mark.parametrize("approach", ["sft", "dpo", "sft+dpo"])
def test_the_recommended_method_fits_wherever_any_does(
    name: str, gpu_type: str, vram_gb: float, gpus: int, approach: str
) -> None:
    known = facts(name, gpu_type=gpu_type, vram_gb=vram_gb, gpu_count=gpus, approach=approach, preference_pairs=3000)
    advice = recommend_peft(known, evidence={}, model=model(name))["method"]
    usable, card = usable_memory(gpu_type, vram_gb)
    room = Room(model(name).shape, usable, gpus, card)
    chosen = room.fit(advice.value, known.stages, 2048)
    least = room.fit("qlora", known.stages, 2048)
    assert chosen is not None
    assert least is not None
    assert chosen.fits or not least.fits


def test_the_rank_rises_with_complexity_and_data() -> None:
    simple = recommend("Qwen3-8B", task_type="classification", sft_examples=200)["rank"]
    moderate = recommend("Qwen3-8B", task_type="chat")["rank"]
    complex_ = recommend("Qwen3-8B", task_type="code-generation", sft_examples=50_000)["rank"]
    assert (simple, moderate, complex_) == (8, 16, 64)


def test_most_sources_decide_the_rank_within_what_suits_the_task() -> None:
    known = evidence(
        K1=[Figure(quantity="lora_rank", value=32)],
        K2=[Figure(quantity="rank", value=32)],
        K3=[Figure(quantity="lora_rank", value=512)],
        K4=[Figure(quantity="lora_rank", value=512)],
        K5=[Figure(quantity="lora_rank", value=512)],
    )
    advice = recommend_peft(facts("Qwen3-8B"), evidence=known, model=model("Qwen3-8B"))["rank"]
    assert advice.value == 32
    assert advice.origin == "K1"
    assert {"K1", "K2", "K3"} <= set(advice.evidence)
    assert "512" in advice.why


def test_alpha_follows_the_chosen_rank_and_the_stated_ratio() -> None:
    known = evidence(K1=[Figure(quantity="lora_alpha_over_rank", value=1)])
    fields = recommend_peft(facts("Qwen3-8B", rank=48), evidence=known, model=model("Qwen3-8B"))
    assert fields["alpha"].value == 48
    assert fields["alpha"].origin == "K1"


def test_one_alpha_beside_one_rank_counts_as_their_ratio() -> None:
    known = evidence(K1=[Figure(quantity="lora_rank", value=16), Figure(quantity="lora_alpha", value=16)])
    fields = recommend_peft(facts("Qwen3-8B"), evidence=known, model=model("Qwen3-8B"))
    assert fields["alpha"].value == fields["rank"].value


def test_without_evidence_each_value_is_a_cited_rule() -> None:
    fields = recommend_peft(facts("Qwen3-8B"), evidence={}, model=model("Qwen3-8B"))
    for name in ("method", "rank", "alpha", "dropout", "target_modules"):
        assert fields[name].origin == "rule", name
        assert "Without evidence" in fields[name].why, name
        assert fields[name].evidence == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Qwen3-8B", ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]),
        ("phi-4", ["qkv_proj", "o_proj", "gate_up_proj", "down_proj"]),
        ("Qwen3-30B-A3B", ["q_proj", "k_proj", "v_proj", "o_proj"]),
        ("Qwen3.5-9B", ["all-linear"]),
    ],
)
def test_target_modules_follow_the_architecture(name: str, expected: list[str]) -> None:
    assert recommend(name, gpu_type="A100", vram_gb=80)["target_modules"] == expected


def test_a_stated_gpu_gets_the_memory_that_it_is_sold_with() -> None:
    assert recommend("Qwen3-8B", gpu_type="L40S", vram_gb=None)["vram_gb"] == 48


def test_an_unknown_gpu_without_memory_leaves_the_memory_open() -> None:
    fields = recommend_peft(facts("Qwen3-8B", gpu_type="Foo 9000", vram_gb=None), evidence={}, model=model("Qwen3-8B"))
    assert fields["vram_gb"].value is None
    assert fields["method"].value == "qlora"
    assert "cannot be computed" in fields["method"].why


def test_without_a_gpu_the_smallest_common_one_that_fits_is_named() -> None:
    small = recommend("Qwen3-0.6B", gpu_type="", vram_gb=None)
    large = recommend("Llama-3.3-70B-Instruct", gpu_type="", vram_gb=None)
    assert small["gpu_type"] == "T4"
    assert large["gpu_type"] in {"A100-80GB", "H200"}


def test_a_model_outside_the_catalogue_gets_the_safe_method() -> None:
    fields = recommend_peft(
        PlanFacts(base_model="own/model", task_type="chat", gpu_type="A10G", vram_gb=24), evidence={}
    )
    assert fields["method"].value == "qlora"
    assert fields["target_modules"].value == ["all-linear"]


def test_a_chosen_method_is_followed_by_what_depends_on_it() -> None:
    fields = recommend_peft(facts("Qwen3-8B", method="full"), evidence={}, model=model("Qwen3-8B"))
    assert "rank" not in fields
