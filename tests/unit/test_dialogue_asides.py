"""What is no answer: why, evidence, progress, help, findings, questions, what other steps own. The question stays."""

import pytest

QUESTIONS = [
    "entry_checkpoint",
    "welcome",
    "assess_training_data",
    "select_base_model",
    "train_with_sft",
    "configure_peft",
    "configure_hyperparameters",
    "choose_infrastructure",
    "document_decisions",
    "present_menu",
]
ASKED = {
    "entry_checkpoint": "Should we proceed with fine-tuning specialist work? [Y/N]",
    "configure_peft": "What compute resources do you have? This determines our PEFT approach.",
    "document_decisions": "Do you confirm this training pipeline design? [Y/N]",
    "present_menu": "[C] Continue to Step 6",
}


@pytest.mark.parametrize("key", list(ASKED))
@pytest.mark.parametrize(
    "aside",
    [
        "why?",
        "evidence",
        "progress",
        "help",
        "findings",
        "Which retriever should we use?",
        "What is LoRA?",
        "Should I set an embedding model?",
    ],
)
async def test_an_aside_is_answered_changes_nothing_and_puts_the_question_again(at, key, aside):
    talk = await at(key)
    sections, before = talk.values["sections"], talk.question
    await talk.reply(aside)
    assert talk.key == key
    assert ASKED[key] in talk.message
    assert talk.values["sections"] == sections
    assert [field["recommended"] for field in talk.question["fields"]] == [
        field["recommended"] for field in before["fields"]
    ]


@pytest.mark.parametrize("key", QUESTIONS)
@pytest.mark.parametrize(
    ("question", "step"),
    [
        ("How many chunks should retrieval return?", "Step 6"),
        ("Which evaluation metrics should we use?", "Step 8"),
    ],
)
async def test_what_other_steps_own_is_sent_there_and_not_looked_up(at, key, question, step):
    talk = await at(key)
    await talk.reply(question)
    assert talk.key == key
    assert step in talk.message
    assert talk.knowledge.queries == []


async def test_an_answer_that_asks_about_another_step_is_taken_and_the_question_sent_there(at):
    talk = await at("configure_peft")
    await talk.reply("rank 32. Which evaluation metrics should we use?")
    assert "Step 8" in talk.message
    assert "Rank: **32**" in talk.message
    assert talk.knowledge.queries == []


async def test_why_gives_the_reason_and_the_evidence_itself(at):
    talk = await at("configure_peft")
    await talk.reply("why rank?")
    said, _, form = talk.message.partition("1. **GPU type**")
    assert "**Rank**" in said
    assert "**Alpha**" not in said
    assert "> **[K" in said
    assert "QLoRA: Efficient Finetuning of Quantized LLMs" in said
    assert form


async def test_why_at_a_confirmation_puts_that_confirmation_again(at):
    talk = await at("configure_peft")
    await talk.reply("rank 32")
    await talk.reply("why rank?")
    assert "your own value" in talk.message
    assert "Here is the whole of it" in talk.message
    await talk.reply("ok")
    assert talk.decided("configure_peft")["rank"] == 32


async def test_evidence_lists_what_the_section_was_told_with_its_sources(at):
    talk = await at("train_with_sft")
    await talk.reply("evidence")
    listed = talk.message
    await talk.reply("ok")
    (query,) = [query for query in talk.values["queries"] if query["node"] == "train_with_sft"]
    assert len(query["evidence"]) > 3
    for label in query["evidence"]:
        assert f"**[{label}]** {talk.values['evidence'][label]['title']}" in listed


async def test_a_free_question_is_answered_from_the_knowledge_base_with_citations(at):
    talk = await at("configure_peft")
    await talk.reply("What rank do people use for QLoRA?")
    assert [query.text for query in talk.knowledge.queries] == ["What rank do people use for QLoRA?"]
    assert "[K" in talk.message
    assert "What compute resources do you have?" in talk.message
    await talk.reply("ok")
    asked = [turn["reply"]["text"] for turn in talk.values["turns"] if turn["understood"]["kind"] == "question"]
    assert asked == ["What rank do people use for QLoRA?"]


async def test_a_question_that_the_knowledge_base_cannot_answer_gets_no_guess(at):
    talk = await at("configure_peft")
    talk.knowledge.empty = True
    await talk.reply("Who won the football match?")
    assert "nothing on that question" in talk.message
    assert "What compute resources do you have?" in talk.message


async def test_values_given_beside_a_question_are_kept_while_it_is_answered(at):
    talk = await at("configure_peft")
    await talk.reply("rank 32. Is that too much for 5,000 examples?")
    assert talk.recommended("rank") == 32
    assert "[K" in talk.message


async def test_a_question_while_the_whole_awaits_its_confirmation_puts_the_whole_again(at):
    talk = await at("configure_peft")
    await talk.reply("rank 32")
    await talk.reply("What is rank?")
    assert "Here is the whole of it" in talk.message
    assert "Rank: **32**" in talk.message


async def test_progress_shows_what_is_decided_and_where_we_are(at):
    talk = await at("configure_peft")
    await talk.reply("progress")
    assert "▶ 6 Parameter-Efficient Fine-Tuning (PEFT) (now)" in talk.message
    assert "✓ 4 Base Model Selection" in talk.message
    assert "base model Qwen3-8B" in talk.message
    assert "· 8 Training Infrastructure" in talk.message


async def test_progress_leaves_the_paths_open_until_one_is_taken(at):
    talk = await at("select_base_model")
    await talk.reply("progress")
    assert "· 5B DPO" in talk.message
    assert "not on this path" not in talk.message


async def test_progress_does_not_announce_the_paths_that_were_not_taken(at):
    talk = await at("configure_peft")
    await talk.reply("progress")
    assert "✓ 5A SFT" in talk.message
    for other in ("5B DPO", "5C Data Insufficient", "5D Combined"):
        (line,) = [line for line in talk.message.splitlines() if other in line]
        assert line.startswith("- –")
        assert line.endswith("(not on this path)")


async def test_progress_of_a_deferred_training_announces_none_of_its_sections(at):
    answers = {"resolve_insufficient_data": {"fields": {"strategy": "rag-first", "target_examples": 1000}}}
    talk = await at("document_decisions", answers, examples=40)
    await talk.reply("progress")
    left_out = [line for line in talk.message.splitlines() if line.endswith("(not on this path)")]
    assert [line.split()[2] for line in left_out] == ["5A", "5B", "5D", "6", "7", "8"]
    assert "✓ 5C Data Insufficient Path" in talk.message


async def test_help_names_the_fields_that_can_be_set_here(at):
    talk = await at("choose_infrastructure")
    await talk.reply("help")
    assert "- `experiment tracking: mlflow`" in talk.message
