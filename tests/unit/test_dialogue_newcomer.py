"""What someone says who sees the specialist for the first time."""

import pytest
from router_project import SIDECAR
from scripted_conversation import Conversation, ScriptedKnowledge

from fine_tuning_specialist.facilitation.parsing import interpret_text
from fine_tuning_specialist.fields import all_fields
from fine_tuning_specialist.interrupts import Question, Recommendation


@pytest.mark.parametrize("said", ["what is this about?", "Who are you?", "what happens now?", "What is this?"])
@pytest.mark.parametrize("node", ["entry_checkpoint", "welcome", "configure_peft"])
async def test_who_asks_what_this_is_is_told_and_nothing_is_searched(at, node, said):
    talk = await at(node)
    queries = len(talk.knowledge.queries)
    message = talk.message
    await talk.reply(said)
    assert talk.key == node
    assert "I am the Fine-Tuning Specialist" in talk.message
    assert talk.message.rstrip().endswith(message.rstrip().rsplit("\n", 1)[-1])
    assert len(talk.knowledge.queries) == queries


async def test_at_the_menu_it_says_that_the_design_is_written(at):
    talk = await at("present_menu")
    await talk.reply("what is this about?")
    assert "The design is finished" in talk.message
    assert "Select an Option" in talk.message


async def test_no_question_names_a_field_or_a_section_as_programs_do(at):
    names = {name for node, fields in all_fields().items() for name in (node, *(field.name for field in fields))}
    raw = {name for name in names if "_" in name and not name.startswith("present_menu")}
    for node in ("welcome", "assess_training_data", "select_base_model", "configure_hyperparameters"):
        talk = await at(node)
        for said in ("rank: 12, license: MIT", "banana", "5000", "help", "alhpa: 3", "pii: yes"):
            await talk.reply(said)
            assert not [name for name in raw if name in talk.message], (node, said)
            if talk.key != node or "[Y/N]" in talk.message:
                break


@pytest.mark.parametrize(
    ("node", "field"),
    [
        (node, field)
        for node, fields in all_fields().items()
        if "." not in node and node != "present_menu"
        for field in fields
        if len(fields) > 1
    ],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_what_a_field_is_called_in_a_sentence_sets_it(node, field):
    asked = Question(kind="question", question_key=node, section="1", title="", message="", fields=all_fields()[node])
    assert field.name in interpret_text(f"{field.called}: {field.example}", asked).fields


@pytest.mark.parametrize(
    ("said", "taken"),
    [
        ("summarise doctors' letters", {"use_case": "summarise doctors' letters"}),
        ("8B", {"model_size": 8.0}),
        ("not that", {}),
        ("yes to all, none verified, 0 pairs, partial", {}),
        ("yes to everything", {}),
        ("??", {}),
        ("42", {}),
    ],
)
def test_words_for_the_one_description_that_is_lacking_are_taken_for_it(said, taken):
    fields = all_fields()["welcome"]
    known = {field.name: Recommendation(value="x") for field in fields if field.required and field.name != "use_case"}
    asked = Question(
        kind="question", question_key="welcome", section="1", title="", message="", fields=fields, recommended=known
    )
    assert interpret_text(said, asked).fields == taken


async def test_a_value_of_an_earlier_section_is_offered_as_going_back(at):
    talk = await at("choose_infrastructure")
    await talk.reply("rank: 16")
    assert talk.key == "choose_infrastructure.confirm"
    assert "You said **Rank: 16**" in talk.message
    assert "section 6" in talk.message
    await talk.reply("yes")
    assert talk.key == "configure_peft"
    assert talk.recommended("rank") == 16


async def test_a_value_beside_one_of_an_earlier_section_is_kept(at):
    talk = await at("choose_infrastructure")
    await talk.reply("rank: 16, tracking: comet")
    assert "[Y/N]" in talk.message
    await talk.reply("no")
    assert talk.key == "choose_infrastructure"
    assert talk.recommended("tracking") == "comet"


async def test_a_value_of_a_later_section_is_told_where_it_belongs(at):
    talk = await at("assess_training_data")
    await talk.reply("license: MIT")
    assert "Licence requirement belongs to section 4" in talk.message


@pytest.mark.parametrize(
    "said", ["no, wrong model", "wrong model", "the base model is wrong", "no, that's the wrong model"]
)
async def test_at_the_confirmation_a_value_called_wrong_is_asked_for(at, said):
    talk = await at("document_decisions")
    await talk.reply(said)
    assert talk.key == "document_decisions"
    assert "Base model is Qwen3-8B in this design; what should it be instead?" in talk.message


async def test_a_value_of_an_earlier_section_called_wrong_is_asked_for(at):
    talk = await at("choose_infrastructure")
    await talk.reply("no, wrong model")
    assert "Base model is Qwen3-8B in this design; what should it be instead?" in talk.message


@pytest.mark.parametrize(
    ("said", "label", "value"),
    [("double the rank", "Rank", "{:g}"), ("rank doubled", "Rank", "{:g}"), ("twice the alpha", "Alpha", "{:g}")],
)
async def test_a_change_in_proportion_starts_from_what_is_shown(at, said, label, value):
    talk = await at("configure_peft")
    standing = talk.recommended(label.lower())
    await talk.reply(said)
    assert f"{label}: **{value.format(2 * standing)}**" in talk.message
    assert f"2 times {standing:g}" in talk.message
    assert talk.key == "configure_peft"


async def test_a_direction_without_an_amount_is_asked_for_one(at):
    talk = await at("configure_hyperparameters")
    await talk.reply("more epochs")
    assert f"Epochs is {talk.recommended('epochs'):g} now; to what value?" in talk.message


async def test_a_platform_that_is_no_option_is_another_one_with_its_name(at):
    talk = await at("choose_infrastructure")
    await talk.reply("azure")
    assert "Platform: **Another platform**" in talk.message
    assert "Name of the other platform: **Azure**" in talk.message


async def test_why_at_the_menu_explains_what_was_decided(at):
    talk = await at("present_menu")
    queries = len(talk.knowledge.queries)
    await talk.reply("why was sft chosen?")
    assert "**Training approach**" in talk.message
    assert len(talk.knowledge.queries) == queries
    await talk.reply("why?")
    assert "**Base model**" in talk.message
    assert "**Learning rate**" not in talk.message
    assert "why learning rate" in talk.message


async def test_an_approach_that_there_are_no_data_for_takes_a_second_word(at):
    talk = await at("train_with_sft")
    assert talk.values["sections"]["assess_training_data"]["fields"]["preference_pairs"] == 0
    await talk.reply("combined")
    assert talk.key == "train_with_sft.confirm"
    assert "DPO needs preference pairs, and there are none" in talk.message
    await talk.reply("no")
    assert talk.key == "train_with_sft"
    await talk.reply("combined")
    await talk.reply("yes")
    assert talk.key == "combine_sft_and_dpo"
    assert "lead to SFT; SFT first, then DPO is your own choice" in talk.message
    await talk.reply("ok")
    assert talk.key == "configure_peft"


async def test_the_task_type_follows_from_the_use_case_in_the_users_own_words(knowledge_base):
    documents = {"sidecar.yaml": SIDECAR.format(name="mails", architecture="fine-tuning", tracking="mlflow")}
    talk = await Conversation(ScriptedKnowledge(knowledge_base), {"documents": documents}).start()
    await talk.reply("Y")
    await talk.reply("we want to classify support emails into 12 categories")
    assert talk.recommended("use_case") == "classify support emails into 12 categories"
    assert talk.recommended("task_type") == "classification"
    await talk.reply("why task type?")
    assert "the use case speaks of it: “classify support emails into 12 categories”" in talk.message


async def test_memory_that_nobody_stated_comes_from_the_list_of_gpus(knowledge_base):
    documents = {"sidecar.yaml": SIDECAR.format(name="mails", architecture="fine-tuning", tracking="mlflow")}
    talk = await Conversation(ScriptedKnowledge(knowledge_base), {"documents": documents}).start()
    told = {
        "welcome": "classify support emails, 5k examples, one 4090, domain: support, source: agents",
        "assess_training_data": "no pairs, all verified, full coverage, yes to all, minimum for SFT: 1000",
        "select_base_model": "any licence",
    }
    await talk.until("configure_peft", told)
    assert talk.recommended("vram_gb") == 24
    await talk.reply("why memory per gpu?")
    assert "RTX 4090 is sold with 24 GB" in talk.message


def test_a_count_that_another_section_asks_for_is_told_where():
    fields = all_fields()["welcome"]
    asked = Question(kind="question", question_key="welcome", section="1", title="", message="", fields=fields)
    assert interpret_text("we have 3k preference pairs", asked).notes == [
        "“we have 3k preference pairs” is asked for in section 3; say it again there."
    ]
    assert "section" not in " ".join(interpret_text("we have 2 gpus", asked).notes)


async def test_the_domain_follows_from_the_use_case_too(knowledge_base):
    documents = {"sidecar.yaml": SIDECAR.format(name="law", architecture="fine-tuning", tracking="mlflow")}
    talk = await Conversation(ScriptedKnowledge(knowledge_base), {"documents": documents}).start()
    await talk.reply("Y")
    await talk.reply("summarize legal contracts")
    assert (talk.recommended("task_type"), talk.recommended("domain")) == ("summarization", "legal")
