"""Training memory: against measured runs, against replayed ones, against published figures, and by its own laws."""

import importlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fine_tuning_specialist.planning.catalogue import load_catalogue
from fine_tuning_specialist.planning.gpus import gpu
from fine_tuning_specialist.planning.lora_parameters import PlanningError
from fine_tuning_specialist.planning.memory import calibration, estimate_memory, on_card
from fine_tuning_specialist.planning.memory_terms import nf4_bytes
from fine_tuning_specialist.planning.shapes import ModelShape
from fine_tuning_specialist.planning.training_setup import TrainingSetup, optimizer_named

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "memory"
GB = 1e9 / 2**30
QUERY_VALUE = ("q_proj", "v_proj")


def shape_of(name: str) -> ModelShape:
    found = load_catalogue().find(name)
    assert found is not None
    assert found.shape is not None
    return found.shape


def llama(hidden: int, layers: int, inner: int) -> ModelShape:
    heads = hidden // 128
    return ModelShape("llama", "llama", "LlamaForCausalLM", layers, hidden, heads, heads, 128, inner, 32000, False)


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    monkeypatch.syspath_prepend(str(BENCHMARK))
    return importlib.import_module


def test_live_tensors_of_every_measured_run_are_counted_within_two_percent(
    benchmark: Callable[[str], ModuleType],
) -> None:
    measured = benchmark("measured")
    for run in measured.measured_runs():
        assert estimate_memory(run.setup, measured.t4()).live_gib == pytest.approx(run.live_gib, rel=0.02), run.setup


def test_no_measured_run_used_more_than_the_upper_end_of_its_estimate(benchmark: Callable[[str], ModuleType]) -> None:
    measured = benchmark("measured")
    for run in measured.measured_runs():
        estimate = estimate_memory(run.setup, measured.t4())
        assert run.process_gib <= estimate.upper_gib, run.setup
        assert run.process_gib >= estimate.total_gib * (1 - estimate.uncertainty), run.setup


def test_models_left_out_of_the_fit_are_predicted_better_than_the_best_published_estimator(
    benchmark: Callable[[str], ModuleType],
) -> None:
    errors = [abs(error) for of_model in benchmark("cross_validate").out_of_sample().values() for error in of_model]
    assert len(errors) == 50
    assert sum(errors) / len(errors) < 0.045
    assert max(errors) < 0.1


def test_the_shipped_constants_are_those_that_the_fit_finds(benchmark: Callable[[str], ModuleType]) -> None:
    fit = benchmark("fit")
    found = fit.fit(benchmark("measured").measured_runs())
    assert {name: found[name] for name in fit.FITTED} == pytest.approx(
        {name: calibration()[name] for name in fit.FITTED}, abs=0.002
    )


def test_replayed_steps_of_real_shapes_are_counted_across_stacks_and_methods(
    benchmark: Callable[[str], ModuleType],
) -> None:
    measure = benchmark("replayed")
    live, reserved = [], []
    for run in measure.replayed_runs():
        estimate = estimate_memory(run.setup)
        live.append(abs(estimate.live_gib / run.live_gib - 1))
        reserved.append(abs(measure.reserved_gib(estimate) / run.reserved_gib - 1))
        assert run.reserved_gib <= measure.reserved_gib(estimate) * (1 + estimate.uncertainty), run.setup
    assert len(live) > 60
    assert sum(live) / len(live) < 0.02
    assert sum(reserved) / len(reserved) < 0.03


@pytest.mark.parametrize(
    ("published_gib", "setup"),
    [
        (19.73 * GB, {"shape": "Llama-3.1-8B", "method": "lora", "rank": 32, "max_length": 512, "stack": "litgpt"}),
        (
            17.41 * GB,
            {
                "shape": "Llama-3.1-8B",
                "method": "qlora",
                "rank": 32,
                "batch_size": 2,
                "max_length": 512,
                "stack": "litgpt",
            },
        ),
        (21.30 * GB, {"shape": "llama-2-7b", "method": "lora", "rank": 8, "max_length": 1300, "stack": "litgpt"}),
        (13.84 * GB, {"shape": "llama-2-7b", "method": "qlora", "rank": 8, "max_length": 1300, "stack": "litgpt"}),
        (38.12 * GB, {"shape": "llama-2-13b", "method": "lora", "rank": 8, "max_length": 1300, "stack": "litgpt"}),
        (22.55 * GB, {"shape": "llama-2-13b", "method": "qlora", "rank": 8, "max_length": 1300, "stack": "litgpt"}),
    ],
)
def test_published_litgpt_figures_hold_within_fifteen_percent(published_gib: float, setup: dict[str, object]) -> None:
    """Peak allocated memory; the longest Alpaca example has about 1,300 tokens where the length was not limited."""
    shapes = {"llama-2-7b": llama(4096, 32, 11008), "llama-2-13b": llama(5120, 40, 13824)}
    name = str(setup["shape"])
    whole = {**setup, "shape": shapes.get(name) or shape_of(name), "target_modules": QUERY_VALUE}
    assert estimate_memory(TrainingSetup(**whole)).live_gib == pytest.approx(published_gib, rel=0.15)  # type: ignore[arg-type]


def test_published_torchtune_figures_hold_within_a_fifth() -> None:
    """8B on one RTX 4090, batch 2, packed 2,048 tokens, recomputation, chunked loss."""
    shape = shape_of("Llama-3.1-8B")
    lora = TrainingSetup(shape, method="lora", rank=8, batch_size=2, stack="trl")
    assert estimate_memory(lora, gpu("RTX 4090")).total_gib == pytest.approx(16.2, rel=0.2)
    assert estimate_memory(lora.with_(method="qlora")).total_gib == pytest.approx(7.4, rel=0.2)


def test_65_billion_parameters_in_4_bits_train_in_48_gigabytes_and_need_more_than_780_in_16() -> None:
    shape = llama(8192, 80, 22016)
    qlora = TrainingSetup(
        shape, rank=64, max_length=512, stack="peft", double_quant=True, optimizer="paged_adamw", attention="flash"
    )
    assert estimate_memory(qlora).total_gib < 48
    full = TrainingSetup(shape, method="full", stack="llama-factory", max_length=512)
    assert estimate_memory(full).total_gib > 780 * GB


def test_mixed_full_fine_tuning_takes_sixteen_bytes_a_parameter_and_pure_bf16_eight() -> None:
    shape = llama(4096, 32, 11008)
    for stack, expected in (("llama-factory", 16), ("axolotl", 8)):
        estimate = estimate_memory(TrainingSetup(shape, method="full", max_length=16, stack=stack))  # type: ignore[arg-type]
        parts = estimate.breakdown_gib
        stored = (parts["weights"] + parts["gradients"] + parts["optimizer"]) * 2**30
        assert stored / shape.params == pytest.approx(expected, rel=0.01)


def test_4_bit_storage_counts_its_constants() -> None:
    assert (nf4_bytes(double_quant=False) - 0.5) * 8 == pytest.approx(0.5)
    assert (nf4_bytes(double_quant=True) - 0.5) * 8 == pytest.approx(0.127, abs=5e-4)


def test_materialised_logits_cost_what_chunked_ones_save() -> None:
    setup = TrainingSetup(shape_of("Qwen3-1.7B"), method="lora", batch_size=4, stack="axolotl")
    materialised, chunked = estimate_memory(setup), estimate_memory(setup.with_(stack="trl"))
    assert chunked.total_gib < 0.7 * materialised.total_gib
    assert chunked.breakdown_gib["logits"] < 0.3 < materialised.breakdown_gib["logits"]


def test_plain_peft_keeps_the_embeddings_of_a_4_bit_base_in_float32() -> None:
    shape = shape_of("Llama-3.1-8B")
    peft = estimate_memory(TrainingSetup(shape, stack="peft")).breakdown_gib["weights"]
    trl = estimate_memory(TrainingSetup(shape, stack="trl")).breakdown_gib["weights"]
    assert (peft - trl) * 2**30 == pytest.approx(2 * (shape.params - shape.linear_parameters), rel=0.01)


@pytest.mark.parametrize("attention", ["sdpa", "flash"])
def test_only_eager_attention_grows_with_the_square_of_the_length(attention: str) -> None:
    setup = TrainingSetup(shape_of("Llama-3.2-1B"), method="lora", stack="trl", attention="eager")
    kernel = setup.with_(attention=attention)

    def growth(run: TrainingSetup) -> float:
        short, double = (estimate_memory(run.with_(max_length=length)).total_gib for length in (8192, 16384))
        return (double - estimate_memory(run.with_(max_length=64)).total_gib) / short

    assert growth(setup) > 3
    assert growth(kernel) < 2


def test_dpo_runs_two_answers_and_a_separate_reference_is_a_second_model() -> None:
    shape = shape_of("Llama-3.1-8B")
    sft = TrainingSetup(shape, method="lora", batch_size=2, stack="trl")
    dpo = TrainingSetup(shape, method="lora", stage="dpo", batch_size=1, stack="trl")
    assert estimate_memory(dpo).total_gib == pytest.approx(estimate_memory(sft).total_gib)
    apart = estimate_memory(dpo.with_(separate_reference=True))
    assert apart.breakdown_gib["weights"] == pytest.approx(2 * estimate_memory(dpo).breakdown_gib["weights"])
    full = TrainingSetup(shape, method="full", stage="dpo", stack="trl")
    assert estimate_memory(full).breakdown_gib["weights"] * 2**30 == pytest.approx(4 * shape.params)


def test_sharding_divides_what_data_parallelism_copies() -> None:
    setup = TrainingSetup(shape_of("Llama-3.1-70B"), method="full", stack="axolotl", gpus=8, sharding="fsdp")
    sharded, copied = estimate_memory(setup), estimate_memory(setup.with_(sharding="ddp"))
    partly = estimate_memory(setup.with_(sharding="zero2"))
    assert sharded.total_gib < partly.total_gib < copied.total_gib
    assert sharded.breakdown_gib["optimizer"] == pytest.approx(copied.breakdown_gib["optimizer"] / 8)
    assert sharded.uncertainty > estimate_memory(setup.with_(gpus=1)).uncertainty


def test_a_mixture_holds_all_experts_and_runs_the_chosen_ones() -> None:
    mixture = shape_of("Mixtral-8x7B-v0.1")
    estimate = estimate_memory(TrainingSetup(mixture, method="lora", stack="axolotl"))
    assert estimate.breakdown_gib["weights"] * 2**30 == pytest.approx(2 * 46.7e9, rel=0.01)
    assert mixture.active_parameters == pytest.approx(12.9e9, rel=0.01)
    assert estimate.uncertainty > estimate_memory(TrainingSetup(llama(4096, 32, 11008), method="lora")).uncertainty


def test_experts_of_a_4_bit_mixture_stay_in_16_bits_where_the_stack_does_not_reach_them() -> None:
    setup = TrainingSetup(shape_of("Mixtral-8x7B-v0.1"), stack="trl")
    estimate, reached = estimate_memory(setup), estimate_memory(setup.with_(quantized_experts=True))
    assert estimate.breakdown_gib["weights"] > 80 > 30 > reached.breakdown_gib["weights"]
    assert any("experts stay in 16 bits" in source for source in estimate.sources)
    assert estimate_memory(setup.with_(stack="unsloth")).breakdown_gib["weights"] < 30


def test_accumulation_keeps_the_gradients_beside_the_loss() -> None:
    setup = TrainingSetup(shape_of("Llama-3.2-1B"), method="full", batch_size=4, stack="axolotl")
    once, often = estimate_memory(setup), estimate_memory(setup.with_(gradient_accumulation=8))
    assert often.live_gib > once.live_gib


def test_a_card_changes_nothing_but_the_context() -> None:
    setup, card = TrainingSetup(shape_of("Qwen3-8B")), gpu("H100")
    assert card is not None
    moved, direct = on_card(estimate_memory(setup), card), estimate_memory(setup, card)
    assert moved.total_gib == pytest.approx(direct.total_gib)
    assert moved.breakdown_gib == pytest.approx(dict(direct.breakdown_gib))


SETUPS = st.builds(
    TrainingSetup,
    shape=st.sampled_from(
        [shape_of(name) for name in ("SmolLM2-135M", "Qwen3-4B", "Phi-4-mini-instruct", "gpt-oss-20b")]
    ),
    method=st.sampled_from(["full", "lora", "qlora"]),
    stage=st.sampled_from(["sft", "dpo"]),
    rank=st.integers(1, 256),
    batch_size=st.integers(1, 64),
    max_length=st.integers(16, 32768),
    optimizer=st.sampled_from(["adamw", "adamw_8bit", "adafactor", "sgd", "lion"]),
    attention=st.sampled_from(["eager", "sdpa", "flash"]),
    stack=st.sampled_from(["trl", "peft", "axolotl", "llama-factory", "unsloth", "litgpt"]),
    gradient_checkpointing=st.sampled_from([None, True, False]),
    gpus=st.sampled_from([1, 2, 8]),
    sharding=st.sampled_from(["ddp", "zero2", "fsdp"]),
)


@settings(max_examples=150, deadline=None)
@given(setup=SETUPS)
def test_the_parts_add_up_and_more_of_anything_never_takes_less(setup: TrainingSetup) -> None:
    estimate = estimate_memory(setup)
    assert sum(estimate.breakdown_gib.values()) == pytest.approx(estimate.total_gib)
    assert all(value >= 0 for value in estimate.breakdown_gib.values())
    assert set(estimate.breakdown_gib) == {
        "weights", "adapters", "gradients", "optimizer", "activations", "logits", "overhead"
    }  # fmt: skip
    for change in ({"batch_size": setup.batch_size + 1}, {"max_length": setup.max_length + 64}):
        assert estimate_memory(setup.with_(**change)).total_gib >= estimate.total_gib
    if setup.method != "full":
        assert estimate_memory(setup.with_(rank=setup.rank + 1)).total_gib >= estimate.total_gib
    assert 0 < estimate.uncertainty < 0.5


@settings(max_examples=60, deadline=None)
@given(setup=SETUPS, batch=st.integers(1, 8), length=st.integers(16, 4096))
def test_a_changed_run_is_the_same_as_a_new_one(setup: TrainingSetup, batch: int, length: int) -> None:
    estimate_memory(setup)
    changed = setup.with_(batch_size=batch, max_length=length)
    fresh = TrainingSetup(**{name: getattr(changed, name) for name in TrainingSetup.__dataclass_fields__})
    assert changed == fresh
    assert estimate_memory(changed) == estimate_memory(fresh)


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        ({"rank": 0}, "rank", "from 1 to 4096"),
        ({"rank": 5000}, "rank", "from 1 to 4096"),
        ({"batch_size": 0}, "batch_size", "from 1 to 65536"),
        ({"batch_size": True}, "batch_size", "from 1 to 65536"),
        ({"max_length": 8}, "max_length", "from 16"),
        ({"gpus": -1}, "gpus", "from 1"),
        ({"method": "prefix"}, "method", "one of full, lora, qlora"),
        ({"attention": "fast"}, "attention", "one of eager, sdpa, flash"),
        ({"target_modules": ()}, "target_modules", "no module is named"),
        ({"stack": "unsloth", "precision": "fp32"}, "precision", "bf16 or fp16"),
    ],
)
def test_an_impossible_run_names_field_and_range(change: dict[str, object], field: str, message: str) -> None:
    with pytest.raises(PlanningError, match=message) as caught:
        TrainingSetup(shape_of("Llama-3.1-8B"), **change)  # type: ignore[arg-type]
    assert caught.value.field == field
    with pytest.raises(PlanningError):
        TrainingSetup(shape_of("Llama-3.1-8B")).with_(**change)


def test_optimizers_are_known_by_the_names_of_the_trainers() -> None:
    assert optimizer_named("adamw_torch_fused") == "adamw"
    assert optimizer_named("Paged-AdamW-8bit") == "paged_adamw_8bit"
    with pytest.raises(PlanningError, match=r"optimizer: 'sofia' is not known; known are adamw,"):
        optimizer_named("sofia")
