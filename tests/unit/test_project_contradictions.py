"""Contradictions between documents are found; differences in wording, rounding and subject are none."""

import pytest

from fine_tuning_specialist.project.contradictions import contradictions
from fine_tuning_specialist.project.extraction import extract_facts
from fine_tuning_specialist.project.facts import Fact


def found(*documents: str) -> dict[str, list[str | int | float]]:
    facts: dict[str, list[Fact]] = {}
    for number, text in enumerate(documents):
        for fact in extract_facts(f"document-{number}.md", text):
            facts.setdefault(fact.name, []).append(fact)
    return {name: [fact.value for fact in items] for name, items in contradictions(facts)}


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Experiment tracking: MLflow", "Experiment tracking: W&B", {"tracking": ["mlflow", "wandb"]}),
        ("Training examples: 5,200", "We have 8,000 training examples.", {"data_volume": [5200, 8000]}),
        ("Training examples: 5,200", "Training examples: 5,000", {"data_volume": [5200, 5000]}),
        ("Preference pairs: none", "We have 800 preference pairs.", {"preference_pairs": [0, 800]}),
        ("GPU: 1x A10G", "Training GPU: 1x H100", {"gpu_type": ["A10G", "H100"]}),
        ("GPU: 2x A10G", "Training GPU: 4x A10G", {"gpu_count": [2, 4]}),
        ("GPU: A100 40GB", "GPU: A100 80GB", {"vram_gb": [40, 80]}),
        ("Model license: Apache-2.0 only", "Model license: MIT only", {"license": ["Apache-2.0", "MIT"]}),
        (
            "Model license: non-commercial",
            "Base model: commercial use is a must.",
            {"license": ["non-commercial", "commercial-use"]},
        ),
        ("Max model size: 8B", "Max model size: 13B", {"size_limit": [8, 13]}),
        ("Training budget: $400/month", "Training budget: $900 per month", {"budget": [400, 900]}),
        ("Training platform: RunPod", "Training platform: SageMaker", {"platform": ["runpod", "sagemaker"]}),
        ("Vector database: Qdrant", "Vector database: Pinecone", {"vector_database": ["Qdrant", "Pinecone"]}),
    ],
)
def test_two_documents_that_disagree_are_found(one: str, other: str, expected: dict[str, list[object]]) -> None:
    assert found(one, other) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Training examples: ~5.2k", "Training examples: 5,200"),
        ("Training examples: 5k", "Training examples: 5,200"),
        ("We have over 5,000 training examples.", "Training examples: 5,400"),
        ("Model license: Apache-2.0", "The base model must allow commercial use."),
        ("Model license: Apache 2.0 or MIT", "Model license: Apache-2.0"),
        ("Model license: permissive", "Model license: MIT"),
        ("Training budget: $400/month", "Training budget: $5,000 total"),
        ("Training budget: $400/month", "Training budget: $400"),
        ("GPU: A100", "GPU: 1x A100 80GB"),
        ("GPU: A10 24GB", "GPU: A10G 24 GB"),
        ("GPU: 1x A10G or 1x L4", "GPU: A10G"),
        ("Training on A100, inference on L4.", "Training GPU: A100"),
        ("Experiment tracking: Weights & Biases", "Experiment tracking: wandb"),
        ("Experiment tracking: MLflow", "We considered W&B for tracking but chose MLflow."),
        ("Model size: 7B", "Max model size: 8B"),
        ("Embedding model: BAAI/bge-m3", "Embedding model: bge-m3"),
        ("Training examples: 5,200", "The knowledge base holds 12,000 documents."),
        ("Training examples: 5,200", "We would need 10,000 training examples."),
        ("Use case: support", "Use case: reports"),
        ("Training budget: $400", "Training budget: 500 €"),
    ],
)
def test_documents_that_agree_raise_no_alarm(one: str, other: str) -> None:
    assert found(one, other) == {}


def test_two_claims_within_one_document_are_found() -> None:
    document = "## Experiment tracking\n- **Tool:** MLflow\n\n## Monitoring\nTraining runs are tracked in W&B.\n"

    assert found(document) == {"tracking": ["mlflow", "wandb"]}


def test_alternatives_in_one_sentence_are_one_statement() -> None:
    assert found("Training GPU: an A10G or an L4, whichever is free") == {}


def test_of_three_documents_all_that_take_part_are_named() -> None:
    tracking = [f"Experiment tracking: {tool}" for tool in ("MLflow", "MLflow", "W&B")]

    assert found(*tracking) == {"tracking": ["mlflow", "mlflow", "wandb"]}


def test_a_different_card_makes_its_memory_no_second_finding() -> None:
    assert set(found("GPU: 1x A10G 24GB", "GPU: 1x H100 80GB")) == {"gpu_type"}


def test_nothing_is_found_in_nothing() -> None:
    assert contradictions({}) == []
