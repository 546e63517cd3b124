"""The mandatory queries: as many as the specification has, to its letter, filled without a trace of a template."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fine_tuning_specialist.knowledge.queries import queries_for, query_templates

SPECIFICATION = Path(__file__).parents[1] / "fixtures" / "specification.md"
EXAMPLE = {
    "task_type": "instruction-following",
    "data_volume": 5000,
    "compute_constraint": 1,
    "use_case": "chatbot",
    "data_availability": "preference-data-available",
    "model_size": 7,
    "domain": "medical",
    "data_source_type": "expert-annotation",
    "size_constraint": 7,
    "license_requirement": "Apache-2.0",
    "preference_data_volume": 3000,
    "alignment_goal": "helpfulness-alignment",
    "task_complexity": "simple",
    "model_architecture": "llama",
    "training_method": "SFT",
    "dataset_size": 5000,
    "gpu_memory": 24,
}


def queries_of_the_specification() -> list[tuple[str, str]]:
    """Every (tool, text) that the specification demands; where it names no endpoint (the table of 7A), search."""
    found: list[tuple[str, str]] = []
    endpoint = "search_knowledge"
    for line in SPECIFICATION.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            endpoint = "search_knowledge"
        if match := re.match(r"Endpoint: (\w+)", line):
            endpoint = match[1]
        elif match := re.match(r'(?:Query|Topic): "([^"]+)"', line):
            found.append((endpoint, match[1]))
        elif match := re.search(r'- Query: `(\w+)` with "([^"]+)"', line):
            found.append((match[1], match[2]))
        elif line.startswith("|") and (match := re.search(r'Query: "([^"]+)"', line)):
            found.append(("search_knowledge", match[1]))
    return found


def templates() -> list[tuple[str, str]]:
    return [(entry.tool, entry.template) for entries in query_templates().values() for entry in entries]


def test_every_query_of_the_specification_has_its_counterpart_and_only_its_examples_are_made_besides():
    demanded = queries_of_the_specification()
    assert len(demanded) == 30
    assert set(demanded) <= set(templates())
    examples = re.findall(r'^  - "([^"]+)"$', SPECIFICATION.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert {text for _, text in set(templates()) - set(demanded)} <= set(examples)


def test_the_reading_of_the_specification_misses_no_quoted_query():
    text = SPECIFICATION.read_text(encoding="utf-8")
    mentions = re.findall(r'(?:Query|Topic): (?:"|`\w+` with ")', text)
    assert len(queries_of_the_specification()) == len(mentions)


def test_every_placeholder_is_known():
    names = {name for entries in query_templates().values() for entry in entries for name in entry.placeholders}
    assert names == set(EXAMPLE)


@pytest.mark.parametrize(
    ("node", "count"),
    [
        ("query_methodologies", 4),
        ("assess_training_data", 2),
        ("select_base_model", 2),
        ("train_with_sft", 1),
        ("align_with_dpo", 2),
        ("resolve_insufficient_data", 4),
        ("combine_sft_and_dpo", 1),
        ("configure_peft", 5),
        ("choose_infrastructure", 0),
    ],
)
def test_each_node_makes_its_own(node: str, count: int):
    assert len(queries_for(node, EXAMPLE, "sft")) == count


@pytest.mark.parametrize(("approach", "count"), [("sft", 9), ("dpo", 10), ("sft+dpo", 10), (None, 9)])
def test_the_beta_of_dpo_is_asked_for_only_where_dpo_is_trained(approach: str | None, count: int):
    texts = [query.text for query in queries_for("configure_hyperparameters", EXAMPLE, approach)]
    assert len(texts) == count
    assert any("DPO beta" in text for text in texts) == (count == 10)


def test_the_texts_are_those_of_the_specifications_examples():
    def texts(node: str, approach: str = "sft", **values: object) -> list[str]:
        return [query.text for query in queries_for(node, {**EXAMPLE, **values}, approach)]

    assert texts("query_methodologies") == [
        "fine-tuning instruction-following 5000-examples single-gpu",
        "SFT vs DPO chatbot preference-data-available",
        "fine-tuning instruction-following 7B",
        "instruction dataset creation medical expert-annotation",
    ]
    assert "fine-tuning code-generation 50000-examples multi-gpu" in texts(
        "query_methodologies", task_type="code-generation", data_volume="50,000", compute_constraint="4x A100 80GB"
    )
    assert texts("select_base_model", size_constraint="7b", domain="code-generation")[0] == (
        "base model selection 7B Apache-2.0 code-generation"
    )
    assert texts("train_with_sft", domain="customer support") == ["SFT training 5000-examples customer-support"]
    assert texts("align_with_dpo")[0] == "DPO training 3000-pairs helpfulness-alignment"
    assert texts("configure_peft")[3:] == [
        "LoRA QLoRA rank alpha instruction-following 7B simple",
        "LoRA target modules llama instruction-following",
    ]
    assert "batch size 24GB 7B" in texts("configure_hyperparameters")


def test_the_training_method_follows_from_the_approach():
    values = {**EXAMPLE, "training_method": None, "model_size": "13B", "dataset_size": 3000}
    assert queries_for("configure_hyperparameters", values, "dpo")[0].text == (
        "fine-tuning hyperparameter configuration DPO 13B 3000-pairs"
    )
    assert "SFT DPO" in queries_for("configure_hyperparameters", values, "sft+dpo")[0].text


def test_an_unknown_value_is_left_out_of_the_text():
    for node in query_templates():
        for query in queries_for(node, {"task_type": None, "domain": ""}, "sft+dpo"):
            assert "{" not in query.text
            assert "  " not in query.text
            assert query.text == query.text.strip() != ""


def test_the_broader_question_is_the_templates_own_words():
    decision = queries_for("query_methodologies", EXAMPLE)[1]
    assert decision.broader == "SFT vs DPO"


@given(st.sampled_from(sorted(EXAMPLE)), st.text(max_size=300))
def test_a_value_is_only_data(name: str, value: str):
    hostile = value + "{model_size}{domain}\n{{ 1 }}\x1b[31m" + value
    for node in query_templates():
        for query in queries_for(node, {name: hostile, "domain" if name != "domain" else "use_case": "SECRET"}, "dpo"):
            assert not set("{}\n\x1b") & set(query.text)
            assert query.text.count("SECRET") <= 1
            assert len(query.text) < 200
