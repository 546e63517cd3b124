"""Base models are ranked by licence, size, memory and fit for the task; nothing unknown counts as good."""

import pytest

from fine_tuning_specialist.planning.base_models import Candidate, rank_base_models
from fine_tuning_specialist.planning.catalogue import Catalogue, load_catalogue
from fine_tuning_specialist.planning.families import families


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


def names(candidates: list[Candidate], first: int = 3) -> list[str]:
    return [candidate.name for candidate in candidates[:first]]


def test_a_support_chat_of_8b_under_apache_on_a_24_gb_card_starts_from_qwen3_8b(catalogue: Catalogue) -> None:
    ranked = rank_base_models(
        catalogue, size_limit_b=8, license="Apache-2.0", task_type="chat", gpu_type="A10G", vram_gb=24, examples=5200
    )
    best = ranked[0]
    assert best.hf_id == "Qwen/Qwen3-8B"
    assert best.license_ok is True
    assert best.fits is True
    assert best.instruct is True
    assert all(candidate.license == "Apache-2.0" for candidate in ranked[:5])


def test_code_generation_prefers_a_model_that_was_trained_for_code(catalogue: Catalogue) -> None:
    ranked = rank_base_models(
        catalogue, size_limit_b=8, license="permissive", task_type="code-generation", gpu_type="A100", vram_gb=80
    )
    assert names(ranked, 1)[0].startswith("Qwen2.5-Coder-7B")
    assert "Qwen3-8B" in names(ranked)


def test_a_small_limit_gives_a_small_model(catalogue: Catalogue) -> None:
    ranked = rank_base_models(catalogue, size_limit_b=1, license="commercial-use", task_type="classification")
    assert all(candidate.size_b <= 1.1 for candidate in ranked[:4])


@pytest.mark.parametrize("limit", [0.5, 1, 3, 8, 14, 32, 70])
@pytest.mark.parametrize("requirement", ["Apache-2.0", "commercial-use", "permissive", ""])
def test_no_first_choice_breaks_a_requirement(catalogue: Catalogue, limit: float, requirement: str) -> None:
    best = rank_base_models(catalogue, size_limit_b=limit, license=requirement, vram_gb=80, gpu_type="A100")[0]
    assert best.within_limit
    assert best.size_b <= limit * 1.1
    assert best.license_ok is True
    assert best.fits is not False


def test_an_unknown_licence_requirement_never_counts_as_met(catalogue: Catalogue) -> None:
    ranked = rank_base_models(catalogue, license="the licence our lawyers like")
    assert not any(candidate.license_ok for candidate in ranked)
    assert all(any("read it before" in warning for warning in candidate.warnings) for candidate in ranked)


def test_what_does_not_meet_the_licence_comes_last_and_says_so(catalogue: Catalogue) -> None:
    ranked = rank_base_models(catalogue, license="Apache-2.0")
    verdicts = [candidate.license_ok for candidate in ranked]
    assert verdicts.index(False) > 40
    assert any("does not meet" in warning for warning in ranked[-1].warnings)


def test_a_model_that_does_not_fit_loses_against_a_smaller_one_that_does(catalogue: Catalogue) -> None:
    ranked = rank_base_models(catalogue, size_limit_b=70, license="commercial-use", vram_gb=24, gpu_type="A10G")
    assert ranked[0].fits is True
    assert ranked[0].size_b < 40
    seventy = next(candidate for candidate in ranked if candidate.name.startswith("Llama-3.3-70B"))
    assert seventy.fits is False
    assert any("Does not fit even with QLoRA" in warning for warning in seventy.warnings)


def test_without_a_gpu_the_fit_is_unknown_rather_than_good(catalogue: Catalogue) -> None:
    assert all(candidate.fits is None for candidate in rank_base_models(catalogue, size_limit_b=8))


def test_dpo_alone_starts_from_an_instruction_tuned_model_whatever_the_count(catalogue: Catalogue) -> None:
    best = rank_base_models(catalogue, size_limit_b=8, approach="dpo", examples=100_000, task_type="summarization")[0]
    assert best.instruct is True


@pytest.mark.parametrize(
    ("examples", "instruct"), [(299, True), (300, True), (1000, True), (1001, False), (None, True)]
)
def test_the_number_of_examples_decides_between_instruct_and_base(
    catalogue: Catalogue, examples: int | None, instruct: bool
) -> None:
    ranked = rank_base_models(catalogue, size_limit_b=8, task_type="summarization", examples=examples)
    best = next(candidate for candidate in ranked if candidate.family == "Qwen3")
    assert best.instruct is instruct
    assert best.name == ("Qwen3-8B" if instruct else "Qwen3-8B-Base")


def test_a_chat_keeps_the_template_that_the_instruct_checkpoint_has_learned(catalogue: Catalogue) -> None:
    best = rank_base_models(catalogue, size_limit_b=8, task_type="chat", examples=50_000, license="Apache-2.0")[0]
    assert best.instruct is True
    assert any("chat template" in reason for reason in best.reasons)


def test_a_context_shorter_than_planned_is_warned_about(catalogue: Catalogue) -> None:
    ranked = rank_base_models(catalogue, size_limit_b=7, max_length=16_000)
    olmo = next(candidate for candidate in ranked if candidate.name.startswith("OLMo-2-1124-7B"))
    assert any("fewer than the 16,000 planned" in warning for warning in olmo.warnings)


def test_nothing_is_left_out_and_every_candidate_has_reasons(catalogue: Catalogue) -> None:
    ranked = rank_base_models(catalogue, size_limit_b=8, license="Apache-2.0", vram_gb=24)
    assert len(ranked) == len(catalogue.models)
    assert all(candidate.reasons for candidate in ranked)
    assert len({candidate.hf_id for candidate in ranked}) == len(ranked)


def test_every_family_of_the_catalogue_is_described(catalogue: Catalogue) -> None:
    known = families().families
    assert {model.family for model in catalogue.models} <= set(known)
    assert all(family.months for family in known.values())


def test_the_recommended_name_leads_back_to_the_model(catalogue: Catalogue) -> None:
    for candidate in rank_base_models(catalogue, examples=5000):
        found = catalogue.find(candidate.hf_id)
        assert found is not None, candidate.hf_id
        assert found.params_billion == candidate.size_b


@pytest.mark.parametrize(
    ("checkpoint", "has_one"),
    [
        ("Qwen/Qwen3-8B", True),
        ("Qwen/Qwen3-8B-Base", False),
        ("Qwen/Qwen2.5-7B-Instruct", True),
        ("meta-llama/Llama-3.1-8B-Instruct", False),
        ("meta-llama/Llama-3.3-70B-Instruct", False),
        ("mistralai/Mistral-7B-Instruct-v0.3", False),
    ],
)
def test_a_training_template_is_claimed_for_the_very_checkpoints_that_the_export_relies_on(
    checkpoint: str, has_one: bool
) -> None:
    assert families().has_training_template(checkpoint) is has_one


def test_a_reason_names_a_template_only_where_the_candidate_s_checkpoint_has_one(catalogue: Catalogue) -> None:
    for candidate in rank_base_models(catalogue, task_type="chat", examples=500):
        said = any("TRL has a training chat template" in reason for reason in candidate.reasons)
        assert said is families().has_training_template(candidate.hf_id), candidate.name
