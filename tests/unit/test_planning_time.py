"""Training time and cost: ranges that hold measured runs, prices that are known or unknown."""

import importlib
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fine_tuning_specialist.planning.catalogue import load_catalogue
from fine_tuning_specialist.planning.gpus import Gpu, gpu
from fine_tuning_specialist.planning.lora_parameters import PlanningError
from fine_tuning_specialist.planning.shapes import ModelShape
from fine_tuning_specialist.planning.time_and_cost import estimate_cost, estimate_time, steps_of
from fine_tuning_specialist.planning.training_setup import TrainingSetup

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "memory"


def shape_of(name: str) -> ModelShape:
    found = load_catalogue().find(name)
    assert found is not None
    assert found.shape is not None
    return found.shape


def card_named(name: str) -> Gpu:
    card = gpu(name)
    assert card is not None
    return card


def test_every_timed_run_lies_in_its_range_and_within_twice_its_middle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARK))
    measured = importlib.import_module("measured")
    timed = [run for run in measured.measured_runs() if run.step_seconds]
    assert len(timed) == 40
    for run in timed:
        time = estimate_time(run.setup, measured.t4(), run.setup.batch_size)
        assert time.low_hours <= run.step_seconds / 3600 <= time.high_hours, run.setup
        middle = math.sqrt(time.low_hours * time.high_hours) * 3600
        assert 0.5 < middle / run.step_seconds < 2, run.setup


@pytest.mark.parametrize(("method", "tokens_per_second"), [("lora", 3083), ("qlora", 2413), ("full", 1650)])
def test_published_speeds_of_8b_on_an_rtx_4090_are_within_a_factor_of_two(method: str, tokens_per_second: int) -> None:
    """torchtune: batch 2, packed 2,048 tokens, compiled; nothing is fitted to it."""
    setup = TrainingSetup(
        shape_of("Llama-3.1-8B"),
        method=method,
        rank=8,
        batch_size=2,
        stack="trl",
        attention="flash",  # type: ignore[arg-type]
    )
    time = estimate_time(setup, card_named("RTX 4090"), 1000)
    measured = 1000 * 2048 / tokens_per_second / 3600
    assert time.low_hours / 2 < measured < time.high_hours
    assert measured > time.low_hours / 1.5


def test_a_published_run_of_8b_on_13k_rows_for_three_epochs_took_50_minutes_on_an_a100() -> None:
    """LLM Engineer's Handbook: packed to 2,048 tokens from rows of some 300, effective batch 16, Unsloth."""
    setup = TrainingSetup(
        shape_of("Llama-3.1-8B"), method="lora", rank=32, batch_size=2, gradient_accumulation=8, stack="unsloth"
    )
    time = estimate_time(setup, card_named("A100-40GB"), round(13000 * 300 / 2048), 3)
    assert time.low_hours < 50 / 60 < time.high_hours


def test_time_grows_with_the_work_and_falls_with_the_devices() -> None:
    setup, card = TrainingSetup(shape_of("Qwen3-8B"), method="lora"), card_named("A100-80GB")
    base = estimate_time(setup, card, 1000)
    twice = estimate_time(setup, card, 1000, 2)
    assert twice.low_hours == pytest.approx(2 * base.low_hours, rel=1e-3)
    assert estimate_time(setup, card, 1000, example_length=512).high_hours < base.high_hours / 2
    assert base.low_hours / 8 < estimate_time(setup.with_(gpus=8), card, 1000).low_hours < base.low_hours / 4
    assert estimate_time(setup.with_(stage="dpo"), card, 1000).low_hours > 2 * base.low_hours
    full = TrainingSetup(shape_of("Qwen3-8B"), method="full")
    assert estimate_time(full, card, 1000).flops > base.flops
    assert estimate_time(setup, card_named("H100"), 1000).low_hours < base.low_hours


def test_a_mixture_takes_the_time_of_its_active_parameters() -> None:
    card = card_named("H100")
    mixture = estimate_time(TrainingSetup(shape_of("Qwen3-30B-A3B"), method="lora"), card, 100)
    dense = estimate_time(TrainingSetup(shape_of("Qwen3-32B"), method="lora"), card, 100)
    assert mixture.flops < dense.flops / 5


@given(examples=st.integers(1, 10**6), epochs=st.floats(0.1, 20), batch=st.integers(1, 64), length=st.integers(1, 2048))
def test_a_range_is_never_a_point_and_steps_are_never_none(
    examples: int, epochs: float, batch: int, length: int
) -> None:
    setup = TrainingSetup(shape_of("SmolLM2-135M"), batch_size=batch)
    time = estimate_time(setup, card_named("L4"), examples, epochs, length)
    assert 0 < time.low_hours < time.high_hours
    assert time.steps >= 1


def test_steps_follow_the_effective_batch() -> None:
    setup = TrainingSetup(shape_of("Qwen3-8B"), batch_size=2, gradient_accumulation=8, gpus=2)
    assert steps_of(setup, 3200, 3) == 300
    assert steps_of(setup, 1, 0.1) == 1


@pytest.mark.parametrize(
    ("arguments", "field"),
    [((0,), "examples"), ((10, 0), "epochs"), ((10, 1, 0), "example_length"), ((10, 1, 4096), "example_length")],
)
def test_impossible_work_names_field_and_range(arguments: tuple[int, ...], field: str) -> None:
    with pytest.raises(PlanningError, match=f"{field}: must be") as caught:
        estimate_time(TrainingSetup(shape_of("Qwen3-8B")), card_named("A10G"), *arguments)
    assert caught.value.field == field


def test_cost_is_a_range_with_dates_and_an_unknown_price_is_no_figure() -> None:
    setup, card = TrainingSetup(shape_of("Qwen3-8B"), gpus=2), card_named("H100")
    time = estimate_time(setup, card, 1000)
    cost = estimate_cost(time, card, gpus=2)
    assert cost is not None
    assert cost.low_usd == pytest.approx(time.low_hours * 2 * 2.40)
    assert cost.high_usd == pytest.approx(time.high_hours * 2 * 12.29)
    assert all("2026" in source for source in cost.sources)
    assert estimate_cost(time, card, platform="sagemaker") is None
    assert estimate_cost(time, card_named("MI300X")) is None
