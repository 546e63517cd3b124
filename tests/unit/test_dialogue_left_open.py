"""Leaving a field open on purpose although the documents, or the advice, name a value for it."""

import pytest

from fine_tuning_specialist.facilitation.parsing import format_value, interpret_fields
from fine_tuning_specialist.fields import all_fields, fields_of
from fine_tuning_specialist.interrupts import Question

CASES = [
    ("select_base_model", "no size limit", "size_limit", "no size limit"),
    ("select_base_model", "size limit: none", "size_limit", "no size limit"),
    ("configure_hyperparameters", "no early stopping", "early_stopping_patience", "no early stopping"),
    ("configure_hyperparameters", "early stopping: off", "early_stopping_patience", "no early stopping"),
    ("choose_infrastructure", "budget: none", "budget", "no budget"),
    ("choose_infrastructure", "no budget", "budget", "no budget"),
]


@pytest.mark.parametrize(("node", "said", "name", "shown"), CASES, ids=lambda value: str(value))
async def test_what_is_recommended_may_be_left_open(at, node, said, name, shown):
    talk = await at(node)
    assert talk.recommended(name) is not None
    await talk.reply(said)
    label = next(field.label for field in fields_of(node) if field.name == name)
    assert f"{label}: **{shown}**" in talk.message
    await talk.reply("ok")
    assert talk.key != node
    assert talk.decided(node)[name] is None
    assert talk.values["sections"][node]["open"] == [name]


async def test_the_form_shows_what_was_left_open_and_takes_a_value_again(at):
    talk = await at("choose_infrastructure")
    await talk.reply("budget: none")
    await talk.reply("back")
    assert "**Budget**: no budget" in talk.message
    await talk.reply("budget: 900 USD")
    await talk.reply("ok")
    assert talk.decided("choose_infrastructure")["budget"] == 900
    assert "open" not in talk.values["sections"]["choose_infrastructure"]


async def test_without_a_size_limit_the_models_are_ranked_without_one(at):
    talk = await at("select_base_model")
    await talk.reply("no size limit, base model Qwen3-14B")
    await talk.reply("ok")
    assert talk.key != "select_base_model.confirm"
    assert talk.decided("select_base_model")["base_model"] == "Qwen3-14B"


async def test_the_whole_design_says_what_was_left_open(at):
    talk = await at("choose_infrastructure")
    await talk.reply("no budget")
    await talk.reply("ok")
    assert talk.key == "document_decisions"
    assert "| Budget | no budget | you |" in talk.message


async def test_what_was_left_open_stays_open_when_one_comes_back(at):
    talk = await at("choose_infrastructure")
    await talk.reply("no budget")
    await talk.reply("ok")
    await talk.reply("back")
    assert talk.key == "choose_infrastructure"
    assert "**Budget**: no budget" in talk.message
    await talk.reply("ok")
    assert talk.decided("choose_infrastructure")["budget"] is None


async def test_without_early_stopping_the_files_have_none(at):
    talk = await at("configure_hyperparameters")
    await talk.reply("no early stopping, the rest as you recommend")
    await talk.until("present_menu")
    written = talk.values["artifacts"]
    assert "**Early Stopping:** off" in written["phase-2-training/training-spec.md"]
    assert not any(
        "early_stopping" in text for path, text in written.items() if path.endswith(".yaml") and "trl" in path
    )


@pytest.mark.parametrize("said", ["none", "no limit", "Unlimited"])
def test_a_program_may_leave_a_field_open_in_words(said):
    question = Question(
        kind="question", question_key="n", section="4", title="", message="", fields=fields_of("select_base_model")
    )
    read = interpret_fields({"size_limit": said}, question)
    assert read.fields == {"size_limit": None}
    assert not read.problems


def test_only_fields_that_say_how_may_be_left_open():
    for fields in all_fields().values():
        for field in fields:
            assert format_value(field, None) == (field.open_as or "not set")
