"""The built-in rules are cited, lie in their own ranges, and cover every situation."""

import re
from importlib.resources import files
from itertools import product
from pathlib import Path

import pytest
import yaml

import fine_tuning_specialist.planning as planning
from fine_tuning_specialist.planning.rules import Situation, rule_book
from fine_tuning_specialist.planning.texts import number, say, span


def test_every_rule_lies_in_its_own_range_and_names_title_address_and_place() -> None:
    for quantity, rules in rule_book().quantities.items():
        for rule in rules:
            assert rule.low <= rule.value <= rule.high, quantity
            assert rule.source.title, quantity
            assert rule.source.url.startswith("https://"), quantity
            assert rule.source.locator, quantity


def test_every_practice_names_title_address_and_place() -> None:
    assert all(source.url.startswith("https://") and source.locator for source in rule_book().practices.values())


@pytest.mark.parametrize("quantity", sorted(rule_book().quantities))
def test_there_is_a_rule_for_every_project(quantity: str) -> None:
    stages = ("sft", "dpo") if quantity != "dpo_beta" else ("dpo",)
    for stage, method, size, examples, complexity, steps in product(
        stages, ("full", "lora", "qlora"), (None, 0.1, 8, 500), (None, 0, 10, 10**9), ("simple", "moderate", "complex"),
        (None, 1, 10**6),
    ):  # fmt: skip
        situation = Situation(
            stage=stage, method=method, size_b=size, examples=examples, complexity=complexity, steps=steps
        )
        assert rule_book().rule(quantity, situation)


def test_a_quantity_without_rules_is_an_error() -> None:
    with pytest.raises(LookupError, match="no rule for the weather"):
        rule_book().rule("the weather", Situation())


def test_every_task_type_of_the_form_counts_as_something() -> None:
    fields = yaml.safe_load(files("fine_tuning_specialist.prompts").joinpath("fields.yaml").read_text("utf-8"))
    tasks = [choice["value"] for choice in fields["welcome"]["task_type"]["choices"]]
    assert [task for task in tasks if rule_book().complexity(task) is None] == []


def test_the_same_disagreement_is_as_wide_as_it_says() -> None:
    ends = [position.value for position in rule_book().disagreements["dpo_learning_rate"]]
    assert max(ends) / min(ends) == pytest.approx(400)


def sentences() -> dict[str, str]:
    text = files("fine_tuning_specialist.prompts").joinpath("planning.yaml").read_text("utf-8")
    loaded: dict[str, str] = yaml.safe_load(text)
    return loaded


def test_no_sentence_lies_unused() -> None:
    folder = Path(planning.__file__).parent
    code = "\n".join(path.read_text("utf-8") for path in folder.glob("*.py"))
    built = {re.sub(r"\{[^}]*\}", ".*", key) for key in re.findall(r'say\(\s*f"([^"]+)"', code)}
    built |= {rf"{kind}\.name\..*" for kind in re.findall(r'name_of\(\s*"([^"]+)"', code)}
    unused = [
        key for key in sentences() if f'"{key}"' not in code and not any(re.fullmatch(form, key) for form in built)
    ]
    assert unused == []


def test_a_field_that_is_not_given_is_an_error_rather_than_a_gap() -> None:
    with pytest.raises(KeyError):
        say("peft.alpha", ratio=2)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (5200, "5,200"),
        (2e-4, "2e-4"),
        (5e-07, "5e-7"),
        (0.05, "0.05"),
        (0.1, "0.1"),
        (0, "0"),
        (16.0, "16"),
        (2.5, "2.5"),
    ],
)
def test_numbers_are_written_as_the_field_writes_them(value: float, expected: str) -> None:
    assert number(value) == expected


def test_spans_are_put_in_words() -> None:
    assert span(8, 32) == "8 to 32"
    assert span(1000, None) == "at least 1,000"
    assert span(None, 32) == "up to 32"
    assert span(2e-4, 2e-4) == "2e-4"
