"""What fits, how far it can go, and what to give up when it does not."""

import itertools

import pytest

from fine_tuning_specialist.planning.catalogue import load_catalogue
from fine_tuning_specialist.planning.gpus import Gpu, all_gpus, gpu
from fine_tuning_specialist.planning.ladder import ladder, ladders
from fine_tuning_specialist.planning.memory import estimate_memory
from fine_tuning_specialist.planning.shapes import ModelShape
from fine_tuning_specialist.planning.training_setup import TrainingSetup
from fine_tuning_specialist.planning.verdict import judge, largest_batch, largest_length, usable_gib, verdict


def shape_of(name: str) -> ModelShape:
    found = load_catalogue().find(name)
    assert found is not None
    assert found.shape is not None
    return found.shape


def card_named(name: str) -> Gpu:
    card = gpu(name)
    assert card is not None
    return card


def test_a_run_whose_upper_end_does_not_fit_is_tight_and_one_that_does_not_fit_says_so() -> None:
    memory = estimate_memory(TrainingSetup(shape_of("Llama-3.1-8B")))
    assert judge(memory, memory.upper_gib) == "fits"
    assert judge(memory, memory.total_gib * 1.01) == "tight"
    assert judge(memory, memory.total_gib * 0.99) == "does_not_fit"


def test_memory_as_sold_is_more_than_a_process_can_use() -> None:
    card = card_named("A10G")
    assert usable_gib(24, card) == 22.0
    assert usable_gib(24) <= min(other.usable_gib for other in all_gpus() if other.vram_gb == 24) + 0.1
    assert usable_gib(48, card) == usable_gib(48)


@pytest.mark.parametrize(
    ("name", "setup"),
    [
        (
            "A10G",
            TrainingSetup(
                ModelShape("gemma-7b", "g", "GemmaForCausalLM", 28, 3072, 16, 16, 256, 24576, 256000, True),
                method="lora",
                rank=32,
                target_modules=("q_proj", "v_proj"),
                max_length=512,
                stack="litgpt",
            ),
        ),
        (
            "A100-40GB",
            TrainingSetup(
                ModelShape("falcon-40b", "f", "FalconForCausalLM", 60, 8192, 128, 8, 64, 32768, 65024, True),
                method="qlora",
                rank=8,
                target_modules=("query_key_value",),
                max_length=1300,
                stack="litgpt",
            ),
        ),
        ("A10G", TrainingSetup(shape_of("Llama-3.1-8B"), method="full", stack="trl")),
    ],
)
def test_runs_that_are_known_to_run_out_of_memory_are_never_said_to_fit(name: str, setup: TrainingSetup) -> None:
    card = card_named(name)
    assert verdict(setup, card.vram_gb, card).fit != "fits"


def test_the_largest_batch_and_length_fit_and_the_next_ones_do_not() -> None:
    shapes = [shape_of(name) for name in ("SmolLM2-135M", "Llama-3.1-8B")]
    checked = 0
    for shape, method, attention, room in itertools.product(
        shapes, ("lora", "qlora", "full"), ("eager", "sdpa"), (6.0, 22.0, 79.0)
    ):
        setup = TrainingSetup(shape, method=method, attention=attention, stack="axolotl")  # type: ignore[arg-type]

        def fits(run: TrainingSetup, room: float = room) -> bool:
            return estimate_memory(run).upper_gib <= room

        batch, length = largest_batch(setup, room), largest_length(setup, room)
        assert not fits(setup.with_(batch_size=batch + 1))
        assert batch == 0 or fits(setup.with_(batch_size=batch))
        assert length <= shape.context_length
        assert length == 0 or fits(setup.with_(max_length=length))
        if length + 64 <= shape.context_length:
            assert not fits(setup.with_(max_length=length + 64))
            checked += 1
    assert checked > 20


def test_the_ladder_gives_up_in_order_and_keeps_the_effective_batch() -> None:
    planned = TrainingSetup(
        shape_of("Llama-3.1-8B"),
        method="full",
        batch_size=8,
        gradient_accumulation=2,
        attention="eager",
        gradient_checkpointing=False,
        stack="axolotl",
    )
    found = ladder(planned, 24, card_named("A10G"), smaller=[shape_of("Llama-3.2-1B"), shape_of("Llama-3.2-3B")])
    assert [rung.name for rung in found.rungs] == [
        "as-planned",
        "micro-batch",
        "checkpointing",
        "kernel",
        "optimizer",
        "quantization",
        "length",
        "length",
        "smaller-model",
        "smaller-model",
    ]
    assert all(rung.setup.batch_size * rung.setup.gradient_accumulation == 16 for rung in found.rungs)
    assert [rung.changes_scope for rung in found.rungs] == [False] * 5 + [True] * 5
    totals = [rung.memory.total_gib for rung in found.rungs]
    assert totals == sorted(totals, reverse=True)
    assert found.first_fit is not None
    assert found.first_fit.name == "quantization"
    assert [rung.setup.shape.name for rung in found.rungs[-2:]] == ["Llama-3.2-3B", "Llama-3.2-1B"]


def test_rungs_that_would_change_nothing_are_left_out() -> None:
    setup = TrainingSetup(shape_of("Llama-3.2-1B"), max_length=512, optimizer="adamw_8bit")
    found = ladder(setup, 80)
    assert [rung.name for rung in found.rungs] == ["as-planned"]
    assert found.first_fit is found.rungs[0]
    assert ladder(TrainingSetup(shape_of("Llama-3.1-70B"), max_length=512), 8).first_fit is None


def test_a_smaller_model_of_another_architecture_gets_its_own_modules() -> None:
    setup = TrainingSetup(shape_of("Llama-3.1-8B"), max_length=512, target_modules=("q_proj", "v_proj"))
    found = ladder(setup, 8, smaller=[shape_of("Phi-3.5-mini-instruct"), shape_of("Qwen3-4B")])
    assert [rung.setup.target_modules for rung in found.rungs[-2:]] == [("q_proj", "v_proj"), "all-linear"]


def test_ladders_on_several_gpus_are_those_on_each() -> None:
    setup = TrainingSetup(shape_of("Qwen3-8B"), method="lora", batch_size=4)
    cards = all_gpus()[:10]
    together = ladders(setup, cards)
    for card in cards:
        alone = ladder(setup, card.vram_gb, card)
        assert [rung.fit for rung in together[card.name].rungs] == [rung.fit for rung in alone.rungs]
        assert [rung.memory.total_gib for rung in together[card.name].rungs] == pytest.approx(
            [rung.memory.total_gib for rung in alone.rungs]
        )
