"""Where to train and with what: the user's documents win, private data stay, prices are stated with their day."""

import pytest

from fine_tuning_specialist.knowledge.evidence import Evidence
from fine_tuning_specialist.planning.gpus import Price
from fine_tuning_specialist.planning.infrastructure import CostRange, recommend_infrastructure
from fine_tuning_specialist.planning.plan_facts import PlanFacts

PRICES = (
    Price(platform="runpod", gpu="A100-80GB", usd=1.5, as_of="2026-10-07", source="a page"),
    Price(platform="lambda", gpu="A100-80GB", usd=2.8, as_of="2026-09-20", source="another"),
)


def project(**known: object) -> PlanFacts:
    values: dict[str, object] = {"gpu_type": "A100", "vram_gb": 80, "gpu_count": 1, "approach": "sft", **known}
    return PlanFacts.model_validate(values)


def recommend(compute: str = "", cost: CostRange | None = None, **known: object) -> dict[str, object]:
    fields = recommend_infrastructure(project(**known), evidence={}, compute=compute, cost=cost, known_prices=PRICES)
    return {name: advice.value for name, advice in fields.items()}


@pytest.mark.parametrize(
    ("field", "value"), [("platform", "lambda"), ("tracking", "comet"), ("trainer", "axolotl"), ("budget", 400)]
)
def test_what_the_user_names_stands(field: str, value: object) -> None:
    assert recommend(**{field: value})[field] == value


def test_private_data_stay_on_own_hardware_with_self_hosted_tracking() -> None:
    values = recommend(privacy=True)
    assert values["platform"] == "local"
    assert values["tracking"] == "mlflow"


def test_own_hardware_is_used_where_there_is_some() -> None:
    assert recommend(compute="our own workstation with one A100")["platform"] == "local"


def test_else_the_cheapest_known_price_decides_and_is_dated() -> None:
    fields = recommend_infrastructure(project(), evidence={}, known_prices=PRICES)
    assert fields["platform"].value == "runpod"
    assert "1.5 to 1.5 USD per GPU-hour (as of 2026-10-07)" in fields["platform"].why


def test_an_unknown_price_is_never_guessed() -> None:
    values = recommend(gpu_type="L4", vram_gb=24)
    assert values["platform"] == "local"
    assert "budget" not in recommend(platform="runpod")


def test_a_card_that_one_platform_alone_rents_out_leads_there() -> None:
    assert recommend(gpu_type="A10G", vram_gb=24)["platform"] == "sagemaker"


def test_the_budget_pays_for_a_second_try() -> None:
    fields = recommend_infrastructure(
        project(platform="runpod"), evidence={}, cost=CostRange(low=4, high=9), known_prices=PRICES
    )
    assert fields["budget"].value == 18
    assert (fields["budget"].low, fields["budget"].high) == (4, 18)


def test_a_budget_below_what_a_run_may_cost_is_said() -> None:
    fields = recommend_infrastructure(
        project(platform="runpod", budget=5), evidence={}, cost=CostRange(low=4, high=9), known_prices=PRICES
    )
    assert fields["budget"].value == 5
    assert "below the 9 USD" in fields["budget"].why


def test_speed_on_one_gpu_is_a_reason_for_unsloth_and_dpo_is_not() -> None:
    assert recommend(priority="speed", method="qlora")["trainer"] == "unsloth"
    assert recommend(priority="speed", method="qlora", approach="sft+dpo")["trainer"] == "trl"
    assert recommend(priority="speed", method="qlora", gpu_count=4)["trainer"] == "trl"
    assert recommend()["trainer"] == "trl"


def test_evidence_about_trackers_is_cited() -> None:
    about = {"K7": Evidence(id="e", kind="fact", title="Choosing a tracker", text="…", source_title="A guide")}
    advice = recommend_infrastructure(project(), evidence=about, known_prices=PRICES)["tracking"]
    assert advice.evidence == ["K7"]
    assert "[K7]" in advice.why
