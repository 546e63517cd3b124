"""What is read from documents of very different writing, and what is not."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from fine_tuning_specialist.project.extraction import extract_facts

CASES: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parents[1] / "fixtures" / "documents" / "styles.yaml").read_text(encoding="utf-8")
)


def values_by_name(text: str) -> dict[str, list[Any]]:
    values: dict[str, list[Any]] = {}
    for fact in extract_facts("phase-0-scoping/document.md", text):
        values.setdefault(fact.name, []).append(fact.value)
    return values


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_what_a_document_states_is_read_and_nothing_else(case: dict[str, Any]) -> None:
    found = values_by_name(case["text"])

    assert {name: found.get(name, []) for name in case.get("expected", {})} == case.get("expected", {})
    assert {name: found[name] for name in case.get("absent", []) if name in found} == {}
    for name, part in case.get("contains", {}).items():
        assert part in " ".join(found.get(name, [])), name


def test_at_least_forty_styles_are_covered() -> None:
    assert len(CASES) >= 40
    assert len({case["id"] for case in CASES}) == len(CASES)
