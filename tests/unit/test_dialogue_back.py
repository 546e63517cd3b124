"""Going back, changing a decision, and coming forward again: only what the change touches is asked again."""

import pytest

WAY = [
    "entry_checkpoint",
    "welcome",
    "assess_training_data",
    "select_base_model",
    "train_with_sft",
    "configure_peft",
    "configure_hyperparameters",
    "choose_infrastructure",
    "document_decisions",
]


def decided_on(talk):
    return {node for node, record in talk.values["sections"].items() if record["confirmed"]}


async def back_to(talk, key):
    for _ in WAY:
        if talk.key == key:
            return talk
        await talk.reply("back")
    raise AssertionError(f"{talk.key} instead of {key}")


@pytest.mark.parametrize("key", WAY[1:])
async def test_back_goes_to_the_previous_section_that_asks_and_forward_asks_nothing_twice(at, key):
    talk = await at(key)
    sections = talk.values["sections"]
    previous = WAY[WAY.index(key) - 1]
    await talk.reply("back")
    assert talk.key == previous
    await talk.reply("yes" if previous == "entry_checkpoint" else "ok")
    assert talk.key == key
    assert {node: record["fields"] for node, record in talk.values["sections"].items()} == {
        node: record["fields"] for node, record in sections.items()
    }


async def test_back_from_the_first_question_says_that_there_is_none(at):
    talk = await at("entry_checkpoint")
    await talk.reply("back")
    assert talk.key == "entry_checkpoint"
    assert "There is no earlier question" in talk.message
    assert "[Y/N]" in talk.message


async def test_back_all_the_way_and_forward_again_makes_no_decision_anew(at):
    talk = await at("document_decisions")
    before = {node: record["fields"] for node, record in talk.values["sections"].items()}
    await back_to(talk, "entry_checkpoint")
    queries = len(talk.knowledge.queries)
    await talk.reply("yes")
    assert talk.key == "document_decisions"
    assert {node: record["fields"] for node, record in talk.values["sections"].items()} == before
    assert len(talk.knowledge.queries) == queries


async def test_back_from_the_confirmation_of_the_whole_leads_to_the_form(at):
    talk = await at("configure_peft")
    await talk.reply("rank 32")
    await talk.reply("back")
    assert talk.key == "configure_peft"
    assert "Here is the whole of it" not in talk.message
    assert "6. **Rank**: 32" in talk.message


async def test_what_was_said_in_a_section_that_was_left_is_still_there(at):
    talk = await at("configure_peft")
    await talk.reply("rank 32, alpha 48")
    await talk.reply("back")
    await talk.reply("back")
    assert talk.key == "train_with_sft"
    await talk.reply("ok")
    assert talk.key == "configure_peft"
    assert (talk.recommended("rank"), talk.recommended("alpha")) == (32, 48)
    await talk.reply("ok")
    assert talk.decided("configure_peft")["rank"] == 32
    assert talk.record("configure_peft")["origins"]["rank"] == "user"


async def test_a_section_left_before_it_was_settled_decides_nothing(at):
    talk = await at("configure_peft")
    await talk.reply("rank 32")
    await talk.reply("back")
    await talk.reply("back")
    assert not talk.record("configure_peft")["confirmed"]
    await talk.reply("progress")
    assert "· 6 Parameter-Efficient" in talk.message


async def test_another_model_asks_for_the_path_peft_and_hyperparameters_again_and_says_what_changed(at):
    talk = await at("document_decisions")
    await back_to(talk, "select_base_model")
    talk.asked.clear()
    await talk.reply({"fields": {"base_model": "Qwen3-4B"}, "accept_recommended": True})
    assert "What changed since you decided this section" in talk.message
    assert "Base model: Qwen3-8B → **Qwen3-4B**" in talk.message
    await talk.until("document_decisions")
    assert talk.asked == WAY[4:]
    assert "Qwen3-4B" in talk.message


async def test_the_users_own_words_are_kept_when_a_section_is_asked_again(at):
    talk = await at("configure_peft")
    await talk.reply("rank 24, the rest as you recommend")
    await back_to(talk, "select_base_model")
    await talk.reply({"fields": {"base_model": "Qwen3-1.7B"}, "accept_recommended": True})
    await talk.until("configure_peft")
    assert talk.recommended("rank") == 24
    await talk.reply("ok")
    assert talk.decided("configure_peft")["rank"] == 24
    assert talk.record("configure_peft")["origins"]["rank"] == "user"


async def test_what_was_only_accepted_follows_the_new_recommendation(at):
    talk = await at("configure_hyperparameters")
    before = talk.decided("configure_peft")
    await back_to(talk, "configure_peft")
    await talk.reply("gpu T4, 16 GB")
    assert "PEFT method: **QLoRA**" in talk.message
    await talk.reply("ok")
    assert before["method"] == "lora"
    assert talk.decided("configure_peft")["method"] == "qlora"
    assert talk.record("configure_peft")["origins"]["gpu_type"] == "user"


async def test_a_changed_method_asks_for_the_hyperparameters_and_the_infrastructure_only(at):
    talk = await at("document_decisions")
    await back_to(talk, "configure_peft")
    talk.asked.clear()
    await talk.reply("qlora, the rest as you recommend")
    await talk.until("document_decisions")
    assert talk.asked == ["configure_hyperparameters", "choose_infrastructure", "document_decisions"]


async def test_a_changed_tracking_tool_asks_only_for_the_confirmation(at):
    talk = await at("document_decisions")
    await back_to(talk, "choose_infrastructure")
    await talk.reply("wandb, the rest as you recommend")
    assert talk.key == "document_decisions"


async def test_another_path_makes_its_own_queries_and_leaves_no_record_of_the_first(at):
    talk = await at("configure_peft", pairs=1800)
    await talk.reply("back")
    assert talk.key == "combine_sft_and_dpo"
    await talk.reply("dpo")
    assert talk.key == "align_with_dpo"
    assert "DPO training 1800-pairs" in " ".join(talk.knowledge.texts())
    assert "DPO training preference data quality" in talk.knowledge.texts()
    await talk.reply("ok")
    assert talk.key == "configure_peft"
    assert decided_on(talk) & {"train_with_sft", "align_with_dpo", "combine_sft_and_dpo"} == {"align_with_dpo"}
    assert talk.values["path"] == {"assessed": "sft+dpo", "chosen": "dpo"}


async def test_every_path_leads_to_every_other(at):
    talk = await at("combine_sft_and_dpo", pairs=1800)
    for said, node in (("sft", "train_with_sft"), ("dpo", "align_with_dpo"), ("combined", "combine_sft_and_dpo")):
        await talk.reply(said)
        assert talk.key == node
    await talk.reply("ok")
    assert talk.key == "configure_peft"
    await talk.until("configure_hyperparameters")
    assert "fine-tuning hyperparameter configuration SFT DPO 8B 5200-examples" in talk.knowledge.texts()


async def test_the_chosen_path_is_kept_when_something_else_changes(at):
    talk = await at("combine_sft_and_dpo", pairs=1800)
    await talk.reply("sft")
    await talk.reply("ok")
    await back_to(talk, "select_base_model")
    await talk.reply({"fields": {"base_model": "Qwen3-4B"}, "accept_recommended": True})
    assert talk.key == "train_with_sft"


async def test_more_data_lead_out_of_the_insufficient_path(at):
    talk = await at("resolve_insufficient_data", examples=200)
    await back_to(talk, "assess_training_data")
    await talk.reply({"fields": {"sft_examples": 4000}, "accept_recommended": True})
    await talk.until("train_with_sft")
    assert "SFT training 4000-examples customer-support" in talk.knowledge.texts()
    assert "resolve_insufficient_data" not in talk.asked[-3:]


async def test_leaving_the_insufficient_path_after_it_was_settled_leaves_no_plan_behind(at):
    talk = await at(
        "configure_peft",
        {"resolve_insufficient_data": {"fields": {"strategy": "annotate"}, "accept_recommended": True}},
        examples=200,
    )
    assert talk.decided("resolve_insufficient_data")["target_examples"] == 1000
    await back_to(talk, "assess_training_data")
    await talk.reply({"fields": {"sft_examples": 4000}, "accept_recommended": True})
    await talk.until("document_decisions")
    assert "resolve_insufficient_data" not in decided_on(talk)
    assert "annotat" not in talk.message.casefold()


async def test_back_from_peft_after_too_little_data_goes_to_the_path_and_then_to_the_strategy(at):
    talk = await at(
        "configure_peft",
        {"resolve_insufficient_data": {"fields": {"strategy": "annotate"}, "accept_recommended": True}},
        examples=200,
    )
    await talk.reply("back")
    assert talk.key == "train_with_sft"
    await talk.reply("back")
    assert talk.key == "resolve_insufficient_data"
    await talk.reply("back")
    assert talk.key == "select_base_model"


async def test_rag_first_after_a_whole_design_leaves_nothing_of_the_training_in_it(at):
    talk = await at(
        "document_decisions",
        {"resolve_insufficient_data": {"fields": {"strategy": "annotate"}, "accept_recommended": True}},
        examples=200,
    )
    await back_to(talk, "resolve_insufficient_data")
    await talk.reply({"fields": {"strategy": "rag-first"}, "accept_recommended": True})
    assert talk.key == "document_decisions"
    assert "RAG first" in talk.message
    assert "Rank" not in talk.message
    assert "Learning rate" not in talk.message
    await talk.reply("yes")
    assert list(talk.values["decisions"]) == ["TRAIN-001", "TRAIN-002"]


async def test_what_waited_during_rag_first_is_asked_again_with_the_users_words(at):
    talk = await at(
        "configure_peft",
        {"resolve_insufficient_data": {"fields": {"strategy": "annotate"}, "accept_recommended": True}},
        examples=200,
    )
    await talk.reply("rank 24, the rest as you recommend")
    await back_to(talk, "resolve_insufficient_data")
    await talk.reply({"fields": {"strategy": "rag-first"}, "accept_recommended": True})
    await talk.reply("back")
    assert talk.key == "resolve_insufficient_data"
    await talk.reply({"fields": {"strategy": "augment"}, "accept_recommended": True})
    await talk.until("configure_peft")
    assert talk.recommended("rank") == 24


async def test_no_at_the_checkpoint_after_going_back_defers(at):
    talk = await at("configure_peft")
    await back_to(talk, "entry_checkpoint")
    await talk.reply("no")
    assert talk.question is None
    assert talk.values["status"] == "deferred"
    assert talk.values["decisions"] == {}


async def test_a_section_asked_again_shows_what_ok_takes_and_what_is_recommended_instead(at):
    talk = await at("present_menu", {"choose_infrastructure": "platform runpod; the rest as you recommend"})
    await talk.reply("A configure_peft")
    await talk.reply("rank 8; the rest as you recommend")
    for _ in WAY:
        if talk.key == "choose_infrastructure":
            break
        await talk.reply("ok")
    assert "**Platform**: RunPod" in talk.message
    assert "your own value" in talk.message
    await talk.reply("ok")
    assert talk.decided("choose_infrastructure")["platform"] == "runpod"


async def test_a_model_is_recorded_as_its_publisher_writes_it_however_it_was_typed(at):
    talk = await at("select_base_model")
    await talk.reply("base model: qwen3-8b; the rest as you recommend")
    while talk.key == "select_base_model.confirm":
        await talk.reply("yes")
    assert talk.decided("select_base_model")["base_model"] == "Qwen3-8B"


async def test_what_is_recommended_beside_a_value_that_was_carried_back_follows_it(at):
    talk = await at("document_decisions", {"configure_peft": "rank 32; the rest as you recommend"})
    assert talk.decided("configure_peft")["alpha"] == 32
    await talk.reply("rank 16")
    await talk.reply("yes")
    assert talk.key == "configure_peft"
    assert talk.recommended("rank") == 16
    assert "now recommended: 64" in talk.message
    assert talk.recommended("alpha") == 16
    await talk.reply("ok")
    decided = talk.decided("configure_peft")
    assert (decided["rank"], decided["alpha"]) == (16, 16)
