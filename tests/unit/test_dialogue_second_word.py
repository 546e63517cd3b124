"""What is unusual takes a second, explicit word: a model beyond the size, outside the licence, or unknown."""

import pytest

TOO_LARGE = {"fields": {"base_model": "Qwen3-32B", "size_limit": 8}, "accept_recommended": True}
OTHER_LICENCE = {"fields": {"base_model": "Llama-3.1-8B", "license": "Apache-2.0"}, "accept_recommended": True}
UNKNOWN = {"fields": {"base_model": "our-house/secret-7b"}, "accept_recommended": True}
BOTH = {
    "fields": {"base_model": "Llama-3.3-70B-Instruct", "license": "Apache-2.0", "size_limit": 8},
    "accept_recommended": True,
}

YES = ["yes", "y", "ok", {"fields": {"proceed": True}}, {"decisions": [{"type": "approve"}]}]
NO = ["no", "N", {"fields": {"proceed": False}}, {"decisions": [{"type": "reject"}]}]
NEITHER = ["", "I don't know", "banana", {"fields": {}}, {"fields": {}, "accept_recommended": True}, "F9: whatever"]


async def doubtful(at, reply):
    talk = await at("select_base_model")
    await talk.reply(reply)
    assert talk.key == "select_base_model.confirm"
    assert talk.question["kind"] == "confirm"
    assert [field["name"] for field in talk.question["fields"]] == ["proceed"]
    assert talk.question["fields"][0]["label"] != "Proceed with fine-tuning"
    return talk


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (TOO_LARGE, "more than your limit of 8B"),
        (OTHER_LICENCE, "does not meet your requirement “Apache-2.0”"),
        (UNKNOWN, "is not in the catalogue"),
    ],
)
@pytest.mark.parametrize("yes", YES, ids=repr)
async def test_a_yes_takes_it(at, reply, said, yes):
    talk = await doubtful(at, reply)
    assert said in talk.message
    await talk.reply(yes)
    assert talk.key != "select_base_model"
    assert talk.decided("select_base_model")["base_model"] == reply["fields"]["base_model"]


@pytest.mark.parametrize("no", NO, ids=repr)
async def test_a_no_asks_for_another_model_and_keeps_the_rest(at, no):
    talk = await doubtful(at, TOO_LARGE)
    await talk.reply(no)
    assert talk.key == "select_base_model"
    assert "another value for Base model" in talk.message
    assert talk.recommended("size_limit") == 8
    assert talk.recommended("base_model") != "Qwen3-32B"
    assert "1. **Size limit**" in talk.message
    await talk.reply({"fields": {"base_model": "Qwen3-4B"}, "accept_recommended": True})
    assert talk.decided("select_base_model") == {"size_limit": 8, "license": "Apache-2.0", "base_model": "Qwen3-4B"}


@pytest.mark.parametrize("reply", NEITHER, ids=repr)
async def test_what_is_neither_yes_nor_no_decides_nothing_and_asks_it_again(at, reply):
    talk = await doubtful(at, TOO_LARGE)
    await talk.reply(reply)
    assert talk.key == "select_base_model.confirm"
    assert "Use it all the same? [Y/N]" in talk.message
    await talk.reply("yes")
    assert talk.decided("select_base_model")["base_model"] == "Qwen3-32B"


@pytest.mark.parametrize(
    "aside", ["why?", "progress", "What is the licence of Qwen3-32B?", "Which evaluation metrics?", "findings"]
)
async def test_an_aside_puts_the_second_question_again(at, aside):
    talk = await doubtful(at, TOO_LARGE)
    await talk.reply(aside)
    assert talk.key == "select_base_model.confirm"
    assert "Use it all the same? [Y/N]" in talk.message


async def test_back_leads_to_the_form_with_what_was_said(at):
    talk = await doubtful(at, TOO_LARGE)
    await talk.reply("back")
    assert talk.key == "select_base_model"
    assert talk.recommended("base_model") == "Qwen3-32B"
    assert "1. **Size limit**" in talk.message


async def test_two_unusual_things_are_confirmed_one_after_the_other(at):
    talk = await doubtful(at, BOTH)
    assert "more than your limit" in talk.message
    await talk.reply("yes")
    assert talk.key == "select_base_model.confirm"
    assert "does not meet your requirement" in talk.message
    await talk.reply("yes")
    assert talk.decided("select_base_model")["base_model"] == "Llama-3.3-70B-Instruct"


async def test_a_model_named_in_a_no_is_still_doubted_when_named_again(at):
    talk = await doubtful(at, TOO_LARGE)
    await talk.reply("no")
    await talk.reply(TOO_LARGE)
    assert talk.key == "select_base_model.confirm"


async def test_an_unknown_model_goes_on_with_its_figures_marked_unknown(at):
    talk = await doubtful(at, UNKNOWN)
    await talk.reply("yes")
    await talk.reply("ok")
    assert talk.key == "configure_peft"
    assert "unknown" in talk.message
