"""A knowledge base that fails leads to a question, never to silence: retry, go on without evidence, or stop here."""

import pytest
from scripted_conversation import USUAL

CONSULTING = [
    "assess_training_data",
    "select_base_model",
    "train_with_sft",
    "configure_peft",
    "configure_hyperparameters",
]


async def failing_before(conversation, key):
    """A conversation whose knowledge base fails when this section is about to be asked."""
    talk = await conversation().start()
    before = {"assess_training_data": "welcome"}.get(key) or CONSULTING[CONSULTING.index(key) - 1]
    await talk.until(before)
    talk.knowledge.failures = 1
    await talk.until("knowledge_failure")
    return talk


@pytest.mark.parametrize("key", CONSULTING)
async def test_every_section_asks_what_to_do_and_a_retry_goes_on(conversation, key):
    talk = await failing_before(conversation, key)
    assert talk.question["kind"] == "failure"
    assert "it closed the connection" in talk.message
    assert [field["name"] for field in talk.question["fields"]] == ["action"]
    queries = talk.knowledge.consultations[-1]
    await talk.reply("retry")
    assert talk.key == key
    assert queries in talk.knowledge.consultations[-2:]
    assert not talk.values["sections"].get("query_methodologies", {}).get("without_evidence")


@pytest.mark.parametrize("key", CONSULTING[1:])
async def test_going_on_without_evidence_is_recorded_and_shown(conversation, key):
    talk = await failing_before(conversation, key)
    await talk.reply("continue")
    assert talk.key == key
    assert "[K" not in talk.message.split("Sources:")[0] or key == "select_base_model"
    await talk.until("document_decisions")
    assert talk.record(key)["without_evidence"]
    await talk.until("end")
    spec = talk.file("phase-2-training/training-spec.md")
    assert f"Section “{key.replace('_', ' ')}” went on without evidence" in spec
    assert talk.values["status"] == "completed"


async def test_without_a_threshold_from_the_evidence_the_user_states_one(conversation):
    talk = await conversation().until("welcome")
    talk.knowledge.failures = 2
    await talk.until("knowledge_failure")
    await talk.reply("continue")
    assert talk.key == "knowledge_failure"
    await talk.reply({"fields": {"action": "continue"}})
    assert talk.key == "assess_training_data"
    assert "no figure found" in talk.message
    await talk.until("assess_training_data")
    await talk.reply({"fields": {"verified": "all"}, "accept_recommended": True})
    await talk.reply(USUAL["assess_training_data"])
    assert talk.key == "assess_training_data"
    assert "I need one from you" in talk.message
    await talk.reply({"fields": {"minimum_examples": 1000}, "accept_recommended": True})
    assert talk.key == "select_base_model"


@pytest.mark.parametrize("said", ["stop", "3", {"fields": {"action": "stop"}}], ids=repr)
async def test_stopping_leaves_the_same_question_pending(conversation, said):
    talk = await failing_before(conversation, "configure_peft")
    await talk.reply(said)
    assert talk.key == "knowledge_failure"
    assert "Stopped" in talk.message
    await talk.reply("retry")
    assert talk.key == "configure_peft"


@pytest.mark.parametrize(
    "said",
    ["", "ok", "banana", "What is LoRA?", "why?", "help", {"fields": {}}, {"fields": {"action": "dance"}}],
    ids=repr,
)
async def test_anything_else_puts_that_question_again(conversation, said):
    talk = await failing_before(conversation, "configure_peft")
    consultations = len(talk.knowledge.consultations)
    await talk.reply(said)
    assert talk.key == "knowledge_failure"
    assert "**continue**" in talk.message
    assert len(talk.knowledge.consultations) == consultations


async def test_a_failure_may_last(conversation):
    talk = await failing_before(conversation, "configure_peft")
    for _ in range(3):
        talk.knowledge.failures = 1
        await talk.reply("retry")
        assert talk.key == "knowledge_failure"
    await talk.reply("retry")
    assert talk.key == "configure_peft"
    await talk.until("end")
    failed = [query for query in talk.values["queries"] if query["status"] == "failed"]
    assert {query["node"] for query in failed} == {"configure_peft"}
    assert talk.values["status"] == "completed"


async def test_back_and_progress_work_while_the_knowledge_base_fails(conversation):
    talk = await failing_before(conversation, "configure_peft")
    await talk.reply("progress")
    assert talk.key == "knowledge_failure"
    assert "▶ 6 Parameter-Efficient" in talk.message
    assert "**retry**" in talk.message
    await talk.reply("back")
    assert talk.key == "train_with_sft"


async def test_a_failure_in_a_free_question_can_be_retried(at):
    talk = await at("configure_peft")
    talk.knowledge.failures = 1
    await talk.reply("What is LoRA?")
    assert talk.key == "knowledge_failure"
    await talk.reply("retry")
    assert talk.key == "configure_peft"
    assert "From the knowledge base, on “What is LoRA?”" in talk.message


async def test_a_failure_in_a_free_question_leaves_the_section_its_evidence(at):
    talk = await at("configure_peft")
    await talk.reply("rank 32")
    talk.knowledge.failures = 1
    await talk.reply("What is LoRA?")
    await talk.reply("continue")
    assert talk.key == "configure_peft"
    assert "Here is the whole of it" in talk.message
    await talk.reply("ok")
    record = talk.record("configure_peft")
    assert record["fields"]["rank"] == 32
    assert not record["without_evidence"]


async def test_what_was_left_without_evidence_stays_marked_when_a_question_fails_later(conversation):
    talk = await failing_before(conversation, "configure_peft")
    await talk.reply("continue")
    talk.knowledge.failures = 1
    await talk.reply("What is LoRA?")
    await talk.reply("continue")
    await talk.reply("ok")
    assert talk.record("configure_peft")["without_evidence"]


async def test_a_failure_of_the_re_query_leaves_the_design_alone(at):
    talk = await at("present_menu")
    sections = talk.values["sections"]
    talk.knowledge.failures = 1
    await talk.reply("Q compute: 1x A100 80GB")
    assert talk.key == "knowledge_failure"
    await talk.reply("continue")
    assert talk.key == "present_menu"
    assert "nothing new to compare" in talk.message
    assert talk.values["sections"] == sections


async def test_a_failed_re_query_can_be_retried(at):
    talk = await at("present_menu")
    talk.knowledge.failures = 1
    await talk.reply("Q compute: 1x A100 80GB")
    await talk.reply("retry")
    assert talk.key == "present_menu.accept"


async def test_a_question_at_the_menu_that_fails_puts_the_menu_again(at):
    talk = await at("present_menu")
    talk.knowledge.failures = 1
    await talk.reply("What is LoRA?")
    assert talk.key == "knowledge_failure"
    await talk.reply("continue")
    assert talk.key == "present_menu"
    assert "[C] Continue to Step 6" in talk.message


async def test_back_works_from_the_section_that_asks_nothing_but_fails(conversation):
    talk = await failing_before(conversation, "assess_training_data")
    await talk.reply("back")
    assert talk.key == "welcome"
    await talk.until("assess_training_data")
