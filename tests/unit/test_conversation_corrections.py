"""Answers that correct, contradict or outgrow what the documents said: what follows from them moves along."""

import pytest


@pytest.mark.parametrize(
    ("said", "memory", "count"), [("8xH100", 80, 8), ("2x A100", 40, 2), ("T4", 16, 1), ("1x A100 80GB", 80, 1)]
)
async def test_another_gpu_has_its_own_memory_and_not_that_of_the_documents(at, said, memory, count):
    talk = await at("configure_peft")
    assert talk.recommended("vram_gb") == 24
    await talk.reply(said)
    assert f"Memory per GPU: **{memory} GB**" in talk.message
    await talk.reply("ok")
    decided = talk.decided("configure_peft")
    assert (decided["vram_gb"], decided["gpu_count"]) == (memory, count)


@pytest.mark.parametrize(
    ("said", "kind", "count", "memory"),
    [("2x H100", "H100", 2, 80), ("1x4090", "RTX 4090", 1, 24), ("1x A100 80GB", "A100", 1, 80)],
)
async def test_the_gpu_named_at_the_welcome_is_the_one_that_is_planned_for(at, said, kind, count, memory):
    talk = await at("welcome")
    await talk.reply(f"compute: {said}, the rest as you recommend")
    await talk.until("configure_peft")
    assert (talk.recommended("gpu_type"), talk.recommended("gpu_count")) == (kind, count)
    assert talk.recommended("vram_gb") == memory
    assert "as you said in section 1" in talk.message


async def test_a_gpu_that_nobody_knows_has_to_be_described(at):
    talk = await at("configure_peft")
    await talk.reply("gpu: Abacus 9000")
    assert "I still need Memory per GPU" in talk.message
    await talk.reply("48 GB")
    await talk.reply("ok")
    assert talk.decided("configure_peft")["vram_gb"] == 48


async def test_the_documents_gpu_keeps_the_documents_memory(at):
    talk = await at("configure_peft")
    await talk.reply("gpu: a10g")
    assert "Memory per GPU: **24 GB**" in talk.message


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Qwen 3 8B", "Qwen3-8B"),
        ("base model: qwen3 4b", "Qwen3-4B"),
        ("mistral 7b v0.3 please", "Mistral-7B-Instruct-v0.3"),
        ("llama 3.1 8b", "Llama-3.1-8B-Instruct"),
    ],
)
async def test_a_model_may_be_called_by_a_short_name(at, said, meant):
    talk = await at("select_base_model")
    await talk.reply(said)
    assert f"Base model: **{meant}**" in talk.message


@pytest.mark.parametrize(
    ("said", "some"), [("qwen", "Qwen3-8B, "), ("llama3", "Llama-3.1-8B"), ("qwen 7b", "Qwen2.5-7B")]
)
async def test_a_name_that_several_models_have_is_asked_about(at, said, some):
    talk = await at("select_base_model")
    before = talk.recommended("base_model")
    await talk.reply(said)
    assert f"“{said}” may be " in talk.message
    assert some in talk.message
    assert "which one?" in talk.message
    assert talk.recommended("base_model") == before


async def test_what_follows_from_a_refused_value_is_not_kept(at):
    talk = await at("configure_hyperparameters")
    before = {field["name"]: field["recommended"] for field in talk.question["fields"]}
    await talk.reply("max length 200k")
    assert "204,800 tokens are more than Qwen3-8B's context of 40,960" in talk.message
    assert {field["name"]: field["recommended"] for field in talk.question["fields"]} == before


@pytest.mark.parametrize("said", ["rank 32", "change the rank to 32", "no, rank: 32", "yes but change rank to 32"])
async def test_naming_a_value_at_the_confirmation_offers_to_go_back_and_change_it(at, said):
    talk = await at("document_decisions")
    await talk.reply(said)
    assert talk.key == "document_decisions.confirm"
    assert "Rank" in talk.message
    assert talk.decided("configure_peft")["rank"] != 32
    await talk.reply("yes")
    assert talk.key == "configure_peft"
    assert talk.recommended("rank") == 32


async def test_a_refused_offer_leaves_the_design_as_it_was(at):
    talk = await at("document_decisions")
    before = talk.decided("configure_peft")
    await talk.reply("rank 32")
    await talk.reply("no")
    assert talk.key == "document_decisions"
    assert talk.decided("configure_peft") == before


@pytest.mark.parametrize("said", ["hmm", "rank is fine I guess", "rank: lots"])
async def test_what_names_no_value_is_told_how_to(at, said):
    talk = await at("document_decisions")
    await talk.reply(said)
    assert talk.key == "document_decisions"
    assert "for example `rank: 32`" in talk.message
    assert "Do you confirm this training pipeline design? [Y/N]" in talk.message


async def test_a_no_asks_what_to_change_and_a_yes_still_confirms(at):
    talk = await at("document_decisions")
    await talk.reply("no")
    assert "for example `rank: 32`" in talk.message
    await talk.reply("yes")
    assert talk.key == "present_menu"
