"""A whole project as the earlier steps leave it: full of numbers, of which only some are ours."""

from pathlib import Path
from typing import Any

import pytest

from fine_tuning_specialist.project.context import load_project
from fine_tuning_specialist.project.contradictions import contradictions
from fine_tuning_specialist.project.facts import ProjectContext

HELPDESK = Path(__file__).parents[1] / "fixtures" / "documents" / "helpdesk"


@pytest.fixture(scope="module")
def context() -> ProjectContext:
    return load_project(HELPDESK)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("data_volume", {5240}),
        ("preference_pairs", {0}),
        ("gpu_type", {"RTX A6000"}),
        ("gpu_count", {2}),
        ("vram_gb", {48}),
        ("budget", {400}),
        ("license", {"Apache-2.0 or MIT"}),
        ("size_limit", {8}),
        ("platform", {"local"}),
        ("vector_database", {"Qdrant"}),
        ("embedding_model", {"BAAI/bge-m3"}),
        ("mlops", {"ZenML"}),
        ("domain", {"customer-support"}),
        ("languages", {"German, English, Danish"}),
        ("latency", {"latency p50: ≤ 1.5 s", "latency p99: ≤ 4 s"}),
    ],
)
def test_only_the_figures_of_training_are_taken(context: ProjectContext, name: str, expected: set[Any]) -> None:
    assert {fact.value for fact in context.facts[name]} == expected


def test_the_use_cases_come_with_the_most_important_first(context: ProjectContext) -> None:
    assert [fact.value for fact in context.facts["use_case"]] == ["Reply drafting", "Ticket tagging"]
    assert context.facts["task_type"][0].value in {"chat", "style"}


def test_what_fine_tuning_is_for_is_kept_in_the_documents_words(context: ProjectContext) -> None:
    assert "tone of voice" in context.facts["objectives"][0].value
    assert "3,000 and 10,000" in context.facts["data_requirements"][0].value
    assert any("GDPR" in fact.value for fact in context.facts["privacy"])


def test_the_one_real_contradiction_is_found_and_no_other(context: ProjectContext) -> None:
    found = {name: [(fact.value, fact.source) for fact in facts] for name, facts in contradictions(context.facts)}

    assert found == {
        "tracking": [
            ("wandb", "phase-0-scoping/tech-stack-decision.md"),
            ("mlflow", "decision-log.md"),
            ("mlflow", "sidecar.yaml"),
        ]
    }


def test_every_passage_stands_on_its_line(context: ProjectContext) -> None:
    for facts in context.facts.values():
        for fact in facts:
            line = (HELPDESK / fact.source).read_text(encoding="utf-8").splitlines()[fact.line - 1]
            words = fact.passage.removeprefix("tech_stack.").replace("…", "").split()
            assert words[0].strip("*:|") in line or words[-1].strip('"') in line, (fact.passage, line)
