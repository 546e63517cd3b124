"""Values and fields: coercion, showing, and what programs fill in."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fine_tuning_specialist.facilitation.parsing import (
    FieldError,
    coerce,
    format_value,
    interpret_fields,
    missing,
)
from fine_tuning_specialist.facilitation.parsing.vocabulary import vocabulary
from fine_tuning_specialist.fields import Field, all_fields, fields_of
from fine_tuning_specialist.interrupts import Question


def field(node: str, name: str) -> Field:
    return next(each for each in fields_of(node) if each.name == name)


def question(node: str) -> Question:
    return Question(kind="question", question_key=node, section="1", title="t", message="m", fields=fields_of(node))


VOLUME = ("welcome", "data_volume")
SIZE = ("welcome", "model_size")
VRAM = ("configure_peft", "vram_gb")
BUDGET = ("choose_infrastructure", "budget")
WARMUP = ("configure_hyperparameters", "warmup_ratio")
RATE = ("configure_hyperparameters", "learning_rate")
LENGTH = ("configure_hyperparameters", "max_length")
EPOCHS = ("configure_hyperparameters", "epochs")
PATHS = ("assess_training_data", "data_paths")
MODULES = ("configure_peft", "target_modules")


@pytest.mark.parametrize(
    ("place", "raw", "value"),
    [
        (VOLUME, "5k", 5000),
        (VOLUME, "5.2k", 5200),
        (VOLUME, "5,200", 5200),
        (VOLUME, "1.2M", 1_200_000),
        (VOLUME, "four thousand", 4000),
        (VOLUME, "two hundred fifty thousand", 250_000),
        (VOLUME, "a million", 1_000_000),
        (VOLUME, "~5k tickets", 5000),
        (VOLUME, "about 5000 examples", 5000),
        (VOLUME, "5k-7k", 6000),
        (VOLUME, "5-7k", 6000),
        (VOLUME, "between 5k and 7k", 6000),
        (VOLUME, 5200.0, 5200),
        (VOLUME, "5e3", 5000),
        (SIZE, "7B", 7.0),
        (SIZE, "350M parameters", 0.35),
        (SIZE, 8, 8.0),
        (SIZE, "8 billion parameters", 8.0),
        (SIZE, "1.5T", 1500.0),
        (SIZE, "up to 13B", 13.0),
        (SIZE, "0.5B", 0.5),
        (SIZE, 0.5, 0.5),
        (SIZE, "7,000,000,000", 7.0),
        (VRAM, "24 GB", 24.0),
        (VRAM, "24576 MiB", 24.0),
        (VRAM, "24GB VRAM", 24.0),
        (VRAM, "24 gigs", 24.0),
        (VRAM, "24", 24.0),
        (VRAM, "80 GiB per GPU", 80.0),
        (VRAM, "24576 MB", 24.0),
        (BUDGET, "400 USD", 400.0),
        (BUDGET, "$1.5k", 1500.0),
        (BUDGET, "US$ 400", 400.0),
        (BUDGET, "400 dollars", 400.0),
        (BUDGET, 400, 400.0),
        (BUDGET, "max. 400", 400.0),
        (BUDGET, "$300-$500", 400.0),
        (WARMUP, "3 %", 0.03),
        (VOLUME, "5.000", 5000),
        (VOLUME, "5 200", 5200),
        (VOLUME, "5\u202f200 examples", 5200),
        (VOLUME, "1.234.567", 1234567),
        (WARMUP, "3-10 %", 0.065),
        (WARMUP, "0.03", 0.03),
        (WARMUP, "3 percent", 0.03),
        (WARMUP, "3% of steps", 0.03),
        (RATE, "2e-4", 2e-4),
        (RATE, "0.0002", 2e-4),
        (RATE, "2×10^-4", 2e-4),
        (RATE, "2 e-4", 2e-4),
        (RATE, "2e−4", 2e-4),
        (RATE, 0.0002, 2e-4),
        (LENGTH, "4k", 4096),
        (LENGTH, "2048 tokens", 2048),
        (LENGTH, "2,048", 2048),
        (EPOCHS, "1 epoch", 1.0),
        (EPOCHS, "1/2", 0.5),
        (EPOCHS, "three", 3.0),
        (("configure_peft", "method"), "3", "qlora"),
        (("configure_peft", "method"), "option 2", "lora"),
        (("configure_peft", "method"), "q", "qlora"),
        (("configure_peft", "method"), "Full fine-tuning", "full"),
        (("configure_peft", "complexity"), "med", "moderate"),
        (("choose_infrastructure", "tracking"), "W&B", "wandb"),
        (("choose_infrastructure", "tracking"), "tens", "tensorboard"),
        (("choose_infrastructure", "tracking"), False, "none"),
        (("assess_training_data", "verified"), False, "none"),
        (("assess_training_data", "preference_pairs"), "none", 0),
        (("assess_training_data", "preference_pairs"), False, 0),
        (("entry_checkpoint", "proceed"), "Yep", True),
        (("entry_checkpoint", "proceed"), "off", False),
        (("entry_checkpoint", "proceed"), 1, True),
        (PATHS, "a.jsonl, b.jsonl", {"sft": ["a.jsonl", "b.jsonl"]}),
        (
            PATHS,
            ["data/eval.jsonl", "data/dpo-pairs.jsonl", "x.jsonl"],
            {"sft": ["x.jsonl"], "preference": ["data/dpo-pairs.jsonl"], "eval": ["data/eval.jsonl"]},
        ),
        (PATHS, "a.jsonl b.jsonl", {"sft": ["a.jsonl", "b.jsonl"]}),
        (PATHS, '"my data.jsonl" b.jsonl', {"sft": ["my data.jsonl", "b.jsonl"]}),
        (PATHS, "sft: a.jsonl eval: b.jsonl", {"sft": ["a.jsonl"], "eval": ["b.jsonl"]}),
        (PATHS, {"sft": "a.jsonl", "preference": ["b.jsonl"]}, {"sft": ["a.jsonl"], "preference": ["b.jsonl"]}),
        (MODULES, "q_proj, v_proj", ["q_proj", "v_proj"]),
        (MODULES, "all-linear", ["all-linear"]),
        (MODULES, ["q_proj", "q_proj"], ["q_proj"]),
        (MODULES, "the attention layers", ["q_proj", "k_proj", "v_proj", "o_proj"]),
        (
            ("present_menu", "constraints"),
            {"model_size": "13B", "priority": "speed"},
            {"priority": "speed", "model_size": 13.0},
        ),
        (("present_menu", "constraints"), ["data volume: 20k"], {"data_volume": 20_000}),
        (
            ("present_menu", "constraints"),
            "compute: 2x A100 80GB, priority: quality",
            {"compute": "2x A100 80GB", "priority": "quality"},
        ),
        (("present_menu", "node"), "section 5D", "combine_sft_and_dpo"),
        (("welcome", "constraints"), ["p95 < 2 s", "EU"], "p95 < 2 s, EU"),
    ],
)
def test_values_as_people_write_them_become_canonical(place: tuple[str, str], raw: Any, value: Any) -> None:
    result = coerce(field(*place), raw)
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize(
    ("place", "raw"),
    [
        (VOLUME, "0.500"),
        (VOLUME, "5,2k"),
        (VOLUME, "5 20"),
        (VOLUME, "many"),
        (VOLUME, "24 GB"),
        (VOLUME, "$500"),
        (VOLUME, True),
        (VOLUME, -1),
        (VOLUME, "1e99"),
        (VOLUME, float("nan")),
        (VOLUME, float("inf")),
        (VOLUME, 10**400),
        (VOLUME, "9" * 400),
        (VOLUME, "5.5"),
        (VOLUME, ""),
        (VOLUME, None),
        (VOLUME, "5k or 6k"),
        (VOLUME, "7k-5k"),
        (VOLUME, []),
        (VOLUME, "5k per day"),
        (SIZE, "8x7B"),
        (SIZE, "7-8B"),
        (SIZE, "24 GB"),
        (SIZE, 0),
        (VRAM, "24k"),
        (VRAM, "8B"),
        (VRAM, "24 USD"),
        (BUDGET, "400 EUR"),
        (BUDGET, "€400"),
        (BUDGET, "2 USD per hour"),
        (WARMUP, "3"),
        (WARMUP, "50 steps"),
        (WARMUP, "120 %"),
        (WARMUP, 3),
        (RATE, "3 %"),
        (RATE, "fast"),
        (RATE, 2),
        (EPOCHS, 0),
        (EPOCHS, "1e-9"),
        (("configure_peft", "method"), "lora or qlora"),
        (("configure_peft", "method"), "4"),
        (("configure_peft", "method"), "not full"),
        (("configure_peft", "method"), None),
        (("assess_training_data", "verified"), "a"),
        (("entry_checkpoint", "proceed"), "perhaps"),
        (("entry_checkpoint", "proceed"), "yes but not now"),
        (("entry_checkpoint", "proceed"), 2),
        (("welcome", "use_case"), "  "),
        (("welcome", "use_case"), "x" * 4001),
        (("welcome", "use_case"), True),
        (("select_base_model", "base_model"), "x" * 201),
        (PATHS, [""]),
        (PATHS, ["a\x00b"]),
        (PATHS, {"other": ["a"]}),
        (PATHS, []),
        (PATHS, 3),
        (MODULES, "q_proj; rm -rf $(x)"),
        (MODULES, "and"),
        (("present_menu", "constraints"), {"colour": "red"}),
        (("present_menu", "constraints"), "red"),
        (("present_menu", "node"), "the moon"),
        (("present_menu.accept", "accept"), [True]),
        (("present_menu.accept", "accept"), {"a": 1}),
    ],
)
def test_what_a_field_does_not_accept_is_refused_by_the_name_of_the_field(place: tuple[str, str], raw: Any) -> None:
    with pytest.raises(FieldError) as caught:
        coerce(field(*place), raw)
    assert caught.value.field == place[1]
    assert len(caught.value.message) < 600


def test_a_refusal_names_the_range_and_an_example() -> None:
    with pytest.raises(FieldError, match=r"from 1 GB to 10,000 GB is needed, for example 24 GB; got “lots”"):
        coerce(field(*VRAM), "lots")


def test_a_refusal_of_an_option_lists_the_options() -> None:
    with pytest.raises(FieldError, match="1 full, 2 lora or 3 qlora"):
        coerce(field("configure_peft", "method"), "magic")


def test_an_ambiguous_beginning_names_the_options_it_may_mean() -> None:
    with pytest.raises(FieldError, match="1 augment or 2 annotate"):
        coerce(field("resolve_insufficient_data", "strategy"), "a")


@pytest.mark.parametrize(
    ("place", "value", "shown"),
    [
        (SIZE, 8.0, "8B"),
        (SIZE, 0.35, "350M"),
        (VRAM, 24.0, "24 GB"),
        (VOLUME, 5200, "5,200"),
        (RATE, 2e-4, "2e-4"),
        (RATE, 2.5e-5, "2.5e-5"),
        (WARMUP, 0.03, "3 %"),
        (WARMUP, 0.065, "6.5 %"),
        (BUDGET, 400.0, "400 USD"),
        (BUDGET, 1500.0, "1,500 USD"),
        (EPOCHS, 3.0, "3"),
        (("configure_hyperparameters", "dpo_beta"), 0.1, "0.1"),
        (("configure_hyperparameters", "weight_decay"), 0.0, "0"),
        (("entry_checkpoint", "proceed"), True, "yes"),
        (("choose_infrastructure", "tracking"), "wandb", "Weights & Biases"),
        (("configure_peft", "complexity"), "simple", "Simple"),
        (MODULES, ["q_proj", "v_proj"], "q_proj, v_proj"),
        (VOLUME, None, "not set"),
        (PATHS, {"sft": ["a.jsonl"], "eval": ["b c.jsonl"]}, 'sft: a.jsonl; eval: "b c.jsonl"'),
        (
            ("present_menu", "constraints"),
            {"priority": "speed", "model_size": 13.0},
            "priority: Speed; model_size: 13B",
        ),
    ],
)
def test_values_are_shown_as_people_read_them(place: tuple[str, str], value: Any, shown: str) -> None:
    assert format_value(field(*place), value) == shown


EVERY_FIELD = [each for asked in all_fields().values() for each in asked]
NUMERIC = [each for each in EVERY_FIELD if each.type in ("integer", "number")]


@pytest.mark.parametrize("each", EVERY_FIELD, ids=lambda each: each.name)
def test_every_field_accepts_its_own_example(each: Field) -> None:
    value = coerce(each, each.example)
    assert coerce(each, format_value(each, value)) == value


@pytest.mark.parametrize("each", [each for each in EVERY_FIELD if each.choices], ids=lambda each: each.name)
def test_every_option_is_taken_by_value_label_alias_and_number(each: Field) -> None:
    for number, choice in enumerate(each.choices, 1):
        spellings = (choice.value, choice.label, choice.value.upper(), str(number), f"option {number}", *choice.aliases)
        for spelling in spellings:
            assert coerce(each, spelling) == choice.value, spelling
        assert coerce(each, format_value(each, choice.value)) == choice.value


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_shown_number_can_be_typed_back(data: st.DataObject) -> None:
    each = data.draw(st.sampled_from(NUMERIC))
    low, high = each.minimum or 0, each.maximum or 1
    numbers = st.integers(int(low), int(high)) if each.type == "integer" else st.floats(low, high)
    value = coerce(each, data.draw(numbers))
    assert coerce(each, format_value(each, value)) == value


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=100))
def test_a_shown_text_can_be_typed_back(text: str) -> None:
    each = field("welcome", "use_case")
    try:
        value = coerce(each, text)
    except FieldError:
        return
    assert coerce(each, format_value(each, value)) == value


@settings(max_examples=200, deadline=None)
@given(paths=st.lists(st.text(alphabet="abc/._- é'", min_size=1, max_size=20), min_size=1, max_size=4))
def test_shown_paths_can_be_typed_back(paths: list[str]) -> None:
    each = field(*PATHS)
    try:
        value = coerce(each, paths)
    except FieldError:
        return
    assert coerce(each, format_value(each, value)) == value


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=400, deadline=None)
@given(each=st.sampled_from(EVERY_FIELD), raw=anything)
def test_coercion_raises_nothing_but_its_own_error_and_is_idempotent(each: Field, raw: Any) -> None:
    try:
        value = coerce(each, raw)
    except FieldError:
        return
    assert coerce(each, value) == value


def test_a_program_s_values_are_coerced_and_the_rest_is_open() -> None:
    given_fields = {"method": "QLoRA", "rank": "16", "vram_gb": "24 GB", "gpu_type": "A10G", "alpha": None}
    result = interpret_fields(given_fields, question("configure_peft"))
    assert result.kind == "answer"
    assert result.fields == {"method": "qlora", "rank": 16, "vram_gb": 24.0, "gpu_type": "A10G"}
    assert not result.problems
    assert missing(question("configure_peft"), result.fields) == ["gpu_count", "complexity"]


def test_an_unknown_field_name_is_a_problem_with_a_suggestion() -> None:
    result = interpret_fields({"lr": 2e-4, "epochs": 3}, question("configure_hyperparameters"))
    assert result.fields == {"epochs": 3.0}
    [problem] = result.problems
    assert problem.field == "lr"
    assert "did you mean learning_rate" in problem.message


def test_a_program_that_says_it_does_not_know_is_believed() -> None:
    result = interpret_fields({"rank": "I don't know", "alpha": 32}, question("configure_peft"))
    assert result.unknown == ["rank"]
    assert result.fields == {"alpha": 32.0}


def test_findings_are_settled_beside_any_fields() -> None:
    fields = {"rank": 16, "findings": {"f2": "use MLflow"}}
    result = interpret_fields(fields, question("configure_peft"), findings={"F1": "keep 5,200"})
    assert result.findings == {"F1": "keep 5,200", "F2": "use MLflow"}
    assert not result.problems


@pytest.mark.parametrize("findings", [{"first": "x"}, {"F1": ""}, {"F1": 3}, "F1"])
def test_a_finding_without_id_or_text_is_a_problem(findings: Any) -> None:
    result = interpret_fields({"findings": findings}, question("configure_peft"))
    assert result.kind == "unclear"
    assert result.problems[0].field == "findings"


def test_nothing_valid_is_unclear_and_nothing_at_all_is_an_empty_answer() -> None:
    assert interpret_fields({"rank": "high"}, question("configure_peft")).kind == "unclear"
    assert interpret_fields({}, question("configure_peft")).kind == "answer"
    assert interpret_fields({}, question("configure_peft"), accept_recommended=True).accept_rest


def test_the_vocabulary_names_only_fields_and_sections_that_exist() -> None:
    known = vocabulary()
    names = {each.name for each in EVERY_FIELD}
    spoken = {*known.statements, *known.extra_aliases, *known.inverse_labels, *known.two_way_labels, *known.free_of}
    assert spoken | {name for fields in known.noun_fields.values() for name in fields} <= names
    assert set(known.sections) <= set(all_fields())
    assert {scope.step for scope in known.out_of_scope} == {6, 8}
