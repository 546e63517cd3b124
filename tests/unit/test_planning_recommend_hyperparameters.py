"""Every hyperparameter lies in its range, batches fit, and the cadence follows the real number of steps."""

import math
from itertools import product

import pytest

from fine_tuning_specialist.interrupts import Recommendation
from fine_tuning_specialist.knowledge.evidence import Evidence, Figure
from fine_tuning_specialist.planning.catalogue import load_catalogue
from fine_tuning_specialist.planning.hyperparameters import FIELD_ORDER, recommend_hyperparameters
from fine_tuning_specialist.planning.monitoring import held_out_share, step_count
from fine_tuning_specialist.planning.plan_facts import PlanFacts
from fine_tuning_specialist.planning.room import Room, usable_memory

SFT_FIELDS = {"learning_rate", "epochs", "batch_size"}
DPO_FIELDS = {"dpo_beta", "dpo_learning_rate", "dpo_epochs", "dpo_batch_size"}


def evidence(**figures: list[Figure]) -> dict[str, Evidence]:
    return {
        label: Evidence(id=label, kind="pattern", title=f"Title of {label}", text="", source_title=label, figures=found)
        for label, found in figures.items()
    }


SOME_EVIDENCE = evidence(
    K1=[
        Figure(quantity="learning_rate", method="lora", min=1e-4, max=3e-4),
        Figure(quantity="learning_rate", method="full", min=1e-5, max=5e-5),
        Figure(quantity="epochs", min=1, max=3),
    ],
    K2=[
        Figure(quantity="learning_rate", method="qlora", model_size="33B-65B", value=1e-4),
        Figure(quantity="warmup_ratio", value=0.03),
        Figure(quantity="batch_size", method="qlora", model_size="7B", value=16),
    ],
    K3=[
        Figure(quantity="dpo_beta", method="dpo", value=0.1),
        Figure(quantity="learning_rate", method="dpo_lora", min=2e-6, max=1e-5),
        Figure(quantity="learning_rate", method="dpo_lora", value=5e-4, note="outlier"),
    ],
    K4=[Figure(quantity="epochs", value=16), Figure(quantity="weight_decay", min=0, max=0.1)],
    K5=[Figure(quantity="learning_rate", method="lora", value=0.9), Figure(quantity="batch_size", value=900_000)],
)


def room_for(name: str, gpu_type: str, vram_gb: float, gpus: int) -> tuple[Room, PlanFacts]:
    model = load_catalogue().find(name)
    assert model is not None
    usable, card = usable_memory(gpu_type, vram_gb)
    known = PlanFacts(
        base_model=name, size_b=model.params_billion, context_length=model.context_length, gpu_type=gpu_type,
        vram_gb=vram_gb, gpu_count=gpus,
    )  # fmt: skip
    return Room(model.shape, usable, gpus, card), known


def values(fields: dict[str, Recommendation]) -> dict[str, float]:
    return {name: advice.value for name, advice in fields.items()}


def check(fields: dict[str, Recommendation], known: PlanFacts, room: Room) -> None:
    """What must hold of every recommendation, whatever the project."""
    for name, advice in fields.items():
        assert advice.low is not None, name
        assert advice.high is not None, name
        assert advice.low <= advice.value <= advice.high, (name, advice)
        assert advice.why, name
        assert math.isfinite(advice.value), name
        assert advice.origin in {"calc", "rule"} or advice.origin in advice.evidence, (name, advice)
    chosen = values(fields)
    gpus = known.gpu_count or 1
    steps = []
    for stage in known.stages:
        batch, epochs = ("batch_size", "epochs") if stage == "sft" else ("dpo_batch_size", "dpo_epochs")
        effective = chosen[batch] * chosen["gradient_accumulation"] * gpus
        assert 1 <= effective <= max(128, gpus), (stage, chosen)
        examples = known.examples_of(stage) or 0
        accumulation, share = int(chosen["gradient_accumulation"]), held_out_share(examples)
        steps.append(step_count(examples, share, int(chosen[batch]), accumulation, gpus, chosen[epochs]))
        largest = room.largest_batch(known.method or "lora", stage, int(chosen["max_length"]))
        assert chosen[batch] <= max(1, largest or 1)
    assert chosen["save_steps"] % chosen["eval_steps"] == 0
    assert chosen["eval_steps"] <= min(steps)
    assert chosen["logging_steps"] <= chosen["eval_steps"]
    assert min(steps) // chosen["eval_steps"] >= min(3, min(steps))
    assert 1 <= chosen["early_stopping_patience"] <= max(1, min(steps) // chosen["eval_steps"])
    assert 0.0 <= chosen["warmup_ratio"] <= 0.1
    assert chosen["max_length"] <= (known.context_length or math.inf)


@pytest.mark.parametrize(
    ("name", "methods"),
    [
        ("Qwen2.5-0.5B", ["full", "lora"]),
        ("Qwen3-1.7B", ["full", "qlora"]),
        ("Qwen3-8B", ["lora", "qlora"]),
        ("Qwen3-14B", ["qlora"]),
        ("Qwen3-32B", ["lora", "qlora"]),
        ("Llama-3.1-70B", ["full", "qlora"]),
    ],
)
@pytest.mark.parametrize(("gpu_type", "vram_gb", "gpus"), [("T4", 16, 1), ("A10G", 24, 4), ("H100", 80, 8)])
def test_recommendations_hold_over_the_whole_range_of_projects(
    name: str, methods: list[str], gpu_type: str, vram_gb: float, gpus: int
) -> None:
    room, known = room_for(name, gpu_type, vram_gb, gpus)
    tasks = ["classification", "chat", "code-generation"]
    for method, task, examples, approach, found in product(
        methods, tasks, [3, 150, 1_000, 5_200, 400_000], ["sft", "dpo", "sft+dpo"], [{}, SOME_EVIDENCE]
    ):
        project = known.model_copy(
            update={
                "method": method, "task_type": task, "approach": approach, "sft_examples": examples,
                "preference_pairs": max(1, examples // 4),
            }
        )  # fmt: skip
        fields = recommend_hyperparameters(project, evidence=found, room=room)
        expected = set(FIELD_ORDER) - (set() if "sft" in approach else SFT_FIELDS)
        assert set(fields) == expected - (set() if "dpo" in approach else DPO_FIELDS)
        assert list(fields) == [name for name in FIELD_ORDER if name in fields]
        check(fields, project, room)


def project(**known: object) -> PlanFacts:
    defaults: dict[str, object] = {
        "task_type": "chat", "size_b": 8, "method": "qlora", "approach": "sft", "sft_examples": 5200,
    }  # fmt: skip
    return PlanFacts.model_validate({**defaults, **known})


def recommend(known: dict[str, Evidence] | None = None, **values_: object) -> dict[str, Recommendation]:
    return recommend_hyperparameters(project(**values_), evidence=known or {})


@pytest.mark.parametrize(
    ("method", "size_b", "expected"),
    [
        ("lora", 8, 2e-4), ("qlora", 8, 2e-4), ("qlora", 32, 1e-4), ("lora", 70, 1e-4), ("full", 1, 3e-5),
        ("full", 8, 1e-5), ("full", 13, 5e-6), ("full", 32, 4e-6), ("full", 70, 2e-6),
    ],
)  # fmt: skip
def test_the_learning_rate_falls_with_size_and_is_ten_times_higher_for_adapters(
    method: str, size_b: float, expected: float
) -> None:
    assert recommend(method=method, size_b=size_b)["learning_rate"].value == pytest.approx(expected)


def test_a_rate_that_most_sources_state_is_taken_and_one_that_is_absurd_is_not() -> None:
    known = evidence(
        K1=[Figure(quantity="learning_rate", method="lora", value=3e-4)],
        K2=[Figure(quantity="learning_rate", method="qlora", value=3e-4)],
        K3=[Figure(quantity="learning_rate", method="lora", value=0.5)],
        K4=[Figure(quantity="learning_rate", method="lora", value=0.5)],
        K5=[Figure(quantity="learning_rate", method="lora", value=0.5)],
    )
    advice = recommend(known)["learning_rate"]
    assert advice.value == pytest.approx(3e-4)
    assert "0.5" in advice.why
    assert advice.high is not None
    assert advice.high < 0.01


def test_a_rate_for_full_training_says_nothing_about_adapters() -> None:
    known = evidence(K1=[Figure(quantity="learning_rate", method="full", value=1e-5)])
    assert recommend(known)["learning_rate"].origin == "rule"


def test_the_spread_of_dpo_learning_rates_is_shown_with_both_sides() -> None:
    advice = recommend(approach="sft+dpo", preference_pairs=3000)["dpo_learning_rate"]
    assert advice.value == pytest.approx(5e-6)
    assert "400 times apart" in advice.why
    assert "5e-7" in advice.why
    assert "2e-4" in advice.why


def test_dpo_is_one_pass_with_a_small_beta() -> None:
    fields = recommend(approach="dpo", preference_pairs=3000, sft_examples=0)
    assert fields["dpo_epochs"].value == 1
    assert fields["dpo_beta"].value == pytest.approx(0.1)


@pytest.mark.parametrize(("examples", "most"), [(50, 5), (300, 3), (5_200, 3), (200_000, 2)])
def test_epochs_fall_as_data_grow(examples: int, most: int) -> None:
    assert 1 <= recommend(sft_examples=examples)["epochs"].value <= most
    assert recommend(sft_examples=50)["epochs"].value > recommend(sft_examples=200_000)["epochs"].value


def test_little_data_gets_a_smaller_batch_so_that_there_are_steps_at_all() -> None:
    fields = recommend(sft_examples=200)
    effective = fields["batch_size"].value * fields["gradient_accumulation"].value
    assert effective == 4
    assert "fewer than 100 steps" in fields["gradient_accumulation"].why


def test_a_short_run_warms_up_longer_than_a_long_one() -> None:
    assert recommend(sft_examples=500)["warmup_ratio"].value == pytest.approx(0.1)
    assert recommend(sft_examples=20_000)["warmup_ratio"].value == pytest.approx(0.03)


def test_the_warmup_of_a_combined_run_is_counted_in_each_of_its_stages() -> None:
    fields = recommend(approach="sft+dpo", sft_examples=20_000, preference_pairs=1_600)
    accumulation = fields["gradient_accumulation"].value
    steps = {
        "SFT": step_count(20_000, 0.05, fields["batch_size"].value, accumulation, 1, fields["epochs"].value),
        "DPO": step_count(1_600, 0.1, fields["dpo_batch_size"].value, accumulation, 1, fields["dpo_epochs"].value),
    }
    share = fields["warmup_ratio"].value
    for stage, total in steps.items():
        assert f"{math.ceil(total * share):,} of {total:,} steps of {stage}" in fields["warmup_ratio"].why
    assert "the shorter one" in fields["warmup_ratio"].why


def test_what_sources_say_of_warmup_is_written_as_the_value_itself() -> None:
    assert "range 3 % to 10 %" in recommend(sft_examples=20_000)["warmup_ratio"].why
    known = evidence(K1=[Figure(quantity="warmup_ratio", min=0.03, max=0.1)])
    assert "K1 [K1] 3 % to 10 %" in recommend(known, sft_examples=20_000)["warmup_ratio"].why


def test_the_warmup_of_one_stage_names_no_stage() -> None:
    assert "3 %: 72 of 2,376 steps." in recommend(sft_examples=20_000)["warmup_ratio"].why


def test_measured_examples_decide_the_length() -> None:
    assert recommend(example_tokens=1300)["max_length"].value == 1536
    assert recommend(example_tokens=1300, context_length=1024)["max_length"].value == 1024


def test_a_length_that_does_not_fit_is_cut_to_one_that_does() -> None:
    room, known = room_for("Qwen3-8B", "T4", 16, 1)
    long = known.model_copy(update={"method": "qlora", "sft_examples": 5200, "example_tokens": 30_000})
    advice = recommend_hyperparameters(long, evidence={}, room=room)["max_length"]
    assert advice.value < 30_000
    assert "what fits in memory" in advice.why
    assert advice.origin == "calc"


def test_what_the_user_settled_is_followed() -> None:
    fields = recommend(batch_size=2, epochs=1, max_length=512)
    assert fields["batch_size"].value == 2
    assert fields["batch_size"].value * fields["gradient_accumulation"].value == 16
    assert step_count(5200, 0.1, 2, 8, 1, 1) == 293
    assert "293" in fields["gradient_accumulation"].why


def test_a_combined_run_evaluates_by_its_shorter_stage() -> None:
    fields = recommend(approach="sft+dpo", preference_pairs=800)
    assert "shorter stage" in fields["eval_steps"].why
    assert fields["eval_steps"].value <= 9


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((5000, 0.0, 32, 1, 1, 1), 157),
        ((5000, 0.0, 16, 1, 1, 1), 313),
        ((50_000, 0.0, 128, 1, 1, 1), 391),
        ((5200, 0.1, 2, 8, 1, 3), 879),
        ((10, 0.1, 4, 8, 1, 3), 3),
        ((1000, 0.1, 4, 4, 2, 0.5), 15),
        ((0, 0.1, 1, 1, 1, 1), 1),
    ],
)
def test_the_number_of_steps_is_that_of_the_trainer(
    arguments: tuple[int, float, int, int, int, float], expected: int
) -> None:
    assert step_count(*arguments) == expected


def test_without_evidence_every_value_says_so_or_is_calculated() -> None:
    for name, advice in recommend(approach="sft+dpo", preference_pairs=3000).items():
        assert advice.origin in {"rule", "calc"}, name
        if advice.origin == "rule":
            assert "Without evidence" in advice.why, name


def test_with_nothing_known_the_values_are_still_sane() -> None:
    fields = recommend_hyperparameters(PlanFacts(), evidence={})
    assert fields["batch_size"].value == 1
    assert fields["eval_steps"].value >= 1
    assert "not known" in fields["batch_size"].why
