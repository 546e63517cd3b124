"""What a run costs in words: the platform's own price, its machines' price, or which price is missing."""

import pytest

from fine_tuning_specialist.planning.gpus import gpu, prices
from fine_tuning_specialist.planning.run_cost import run_cost
from fine_tuning_specialist.planning.time_and_cost import TimeEstimate

TIME = TimeEstimate(low_hours=2, high_hours=5, steps=100, tokens=1e6, flops=1e15, sources=())


def test_a_price_of_the_platform_itself_is_a_range_and_nothing_more() -> None:
    cost = run_cost(TIME, gpu("H100"), 2, "lambda")
    assert cost.own is not None
    assert cost.stated == f"{2 * 2 * 3.99:,.2f} to {5 * 2 * 4.29:,.2f} USD"


def test_sagemaker_is_reckoned_at_the_price_of_its_machines_and_says_so() -> None:
    cost = run_cost(TIME, gpu("H100"), 1, "sagemaker")
    (stated,) = [price.usd for price in prices() if price.platform == "aws" and price.gpu == "H100"]
    assert cost.own is None
    assert cost.stated.startswith(
        f"{2 * stated:,.2f} to {5 * stated:,.2f} USD at the AWS EC2 price of the H100 (as of 2026-"
    )
    assert "its own price is not known" in cost.stated


def test_a_missing_price_is_named_with_where_one_is_known_and_how_to_give_one() -> None:
    cost = run_cost(TIME, gpu("A10G"), 1, "sagemaker")
    assert cost.own is None
    assert cost.stated == "unknown (no price of one A10G hour at AWS SageMaker is known)"
    assert "Where one is known (Hugging Face Jobs, as of 2026-06-13) the run would cost 2.00 to 10.00 USD." in cost.hint
    assert "estimate --prices FILE" in cost.hint


@pytest.mark.parametrize(
    ("platform", "said"), [("local", "no rent (own hardware"), ("other", "unknown (no price of one A10G hour")]
)
def test_own_hardware_and_unnamed_platforms_have_no_price(platform: str, said: str) -> None:
    cost = run_cost(TIME, gpu("A10G"), 1, platform)
    assert cost.own is None
    assert cost.stated.startswith(said)


def test_without_a_time_there_is_no_cost() -> None:
    assert run_cost(None, gpu("H100"), 1, "lambda").stated.startswith("unknown (the time")
