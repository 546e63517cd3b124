"""A "why" that names one thing: a model, a method, an option, a figure, or something that is not on the table."""

import pytest

from fine_tuning_specialist.planning.base_models import Candidate
from fine_tuning_specialist.planning.model_names import named


def candidate(name: str, family: str) -> Candidate:
    return Candidate(
        name=name, hf_id=f"owner/{name}", size_b=8, family=family, license="MIT", license_ok=True, context=None,
        instruct=True, fits=True, fit="", method="lora", within_limit=True, score=1,
    )  # fmt: skip


SOME = [
    candidate("Qwen3.5-9B", "Qwen3.5"),
    candidate("Qwen3-8B", "Qwen3"),
    candidate("Qwen3-14B", "Qwen3"),
    candidate("Llama-3.1-8B-Instruct", "Llama 3.1"),
    candidate("Mistral-7B-Instruct-v0.3", "Mistral"),
    candidate("Llama-3.2-3B", "Llama 3.2"),
]


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("qwen3", ["Qwen3-8B", "Qwen3-14B"]),
        ("Qwen3-14B", ["Qwen3-14B"]),
        ("owner/qwen3-14b", ["Qwen3-14B"]),
        ("qwen 3.5", ["Qwen3.5-9B"]),
        ("llama 3.1", ["Llama-3.1-8B-Instruct"]),
        ("llama 8b", ["Llama-3.1-8B-Instruct"]),
        ("llama", ["Llama-3.1-8B-Instruct", "Llama-3.2-3B"]),
        ("mistral", ["Mistral-7B-Instruct-v0.3"]),
        ("gpt-oss", []),
        ("8b", []),
        ("3.1", []),
        ("", []),
    ],
)
def test_a_short_name_means_the_models_that_people_call_so(asked: str, meant: list[str]) -> None:
    assert [found.name for found in named(asked, SOME)] == meant


async def test_the_recommended_model_is_explained_with_its_evidence(at):
    talk = await at("select_base_model")
    best = talk.recommended("base_model")
    await talk.reply(f"why {best}?")
    said, _, form = talk.message.partition("1. **Size limit**")
    assert f"**{best}**" in said
    assert "is what I recommend" in said
    assert "**Licence requirement**" not in said
    assert f"] {best}: 8B base model" in said
    assert form


async def test_a_family_is_explained_by_the_member_that_suits_best(at):
    talk = await at("select_base_model")
    await talk.reply("why is qwen3 recommended?")
    assert "**Qwen3-8B**" in talk.message
    assert "Also of that name: Qwen3-" in talk.message
    assert "Qwen3.5" not in talk.message.partition("Also of that name")[2].partition("\n")[0]


@pytest.mark.parametrize("asked", ["why not llama 3.1?", "Why not Llama-3.1-8B-Instruct?", "why isn't it llama 3.1 8b"])
async def test_a_model_that_is_not_recommended_gets_what_speaks_against_it(at, asked):
    talk = await at("select_base_model")
    best = talk.recommended("base_model")
    await talk.reply(asked)
    said, _, form = talk.message.partition("1. **Size limit**")
    assert "**Llama-3.1-8B" in said
    assert f"{best} takes the first" in said
    assert "**Against it**" in said
    assert f"**{best}** instead" in said
    assert "> **[K" in said or "From the knowledge base, on" in said
    assert "Llama-3.1-8B" in said.partition("instead")[2]
    assert form


async def test_a_model_can_be_asked_about_later_too(at):
    talk = await at("configure_peft")
    await talk.reply("why not mistral?")
    assert "**Mistral" in talk.message
    assert "What compute resources do you have?" in talk.message


async def test_an_option_that_is_recommended_and_one_that_is_not(at):
    talk = await at("configure_peft")
    chosen = talk.recommended("method")
    other = {"lora": "qlora", "qlora": "lora"}[chosen]
    await talk.reply(f"why {chosen}?")
    said, _, form = talk.message.partition("1. **GPU type**")
    assert "is what I recommend" in said
    assert "**Rank**" not in said
    assert form
    await talk.reply(f"why not {other}?")
    said, _, form = talk.message.partition("1. **GPU type**")
    assert "stands here now" in said
    assert form


async def test_a_figure_asks_for_the_field_that_has_it(at):
    talk = await at("configure_peft")
    await talk.reply(f"why {talk.recommended('rank')}?")
    said = talk.message.partition("1. **GPU type**")[0]
    assert "**Rank**" in said
    assert "**Dropout**" not in said


async def test_a_number_of_the_list_asks_for_the_field_that_stands_there(at):
    talk = await at("assess_training_data")
    await talk.reply("why 13?")
    said = talk.message.partition("1. **Instruction-response pairs**")[0]
    assert "**Minimum for DPO**" in said
    assert "**Minimum for SFT**" not in said


@pytest.mark.parametrize("asked", ["why 6?", "why coverage?"])
async def test_a_field_without_a_recommendation_gets_no_others_reasons(at, asked):
    talk = await at("assess_training_data")
    await talk.reply(asked)
    said = talk.message.partition("1. **Instruction-response pairs**")[0]
    assert "There is no recommendation to explain here; the answer is yours." in said
    assert "**Minimum for SFT**" not in said


@pytest.mark.parametrize("asked", ["why rank?", "why this rank", "/why rank"])
async def test_what_an_earlier_section_decided_is_explained_where_all_is_confirmed(at, asked):
    talk = await at("document_decisions")
    why = talk.values["sections"]["configure_peft"]["reasons"]["rank"]
    assert why
    await talk.reply(asked)
    assert f"- **Rank** {talk.decided('configure_peft')['rank']}: {why}" in talk.message
    assert "Do you confirm this training pipeline design?" in talk.message


async def test_a_bare_why_where_all_is_confirmed_explains_the_decisions(at):
    talk = await at("document_decisions")
    await talk.reply("why?")
    for label in ("Base model", "Training approach", "PEFT method"):
        assert f"- **{label}** " in talk.message


async def test_what_is_not_on_the_table_is_looked_up(at):
    talk = await at("configure_peft")
    await talk.reply("why not mlflow?")
    assert [query.text for query in talk.knowledge.queries] == ["why not mlflow"]
    assert "What compute resources do you have?" in talk.message
