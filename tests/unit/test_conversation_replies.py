"""What may be replied to a question, in every form, and what becomes of what cannot be understood."""

import pytest
from langgraph.errors import is_invalid_resume
from pydantic import ValidationError
from scripted_conversation import ACCEPT, QUALITY, USUAL

SECTIONS = [
    "welcome",
    "assess_training_data",
    "select_base_model",
    "train_with_sft",
    "configure_peft",
    "configure_hyperparameters",
    "choose_infrastructure",
]
QUESTIONS = ["entry_checkpoint", *SECTIONS, "document_decisions", "present_menu"]
FILLED = [key for key in SECTIONS if key not in ("welcome", "assess_training_data")]
"""Sections in which everything is recommended."""


def following(key):
    return QUESTIONS[QUESTIONS.index(key) + 1]


NO_REPLIES = [
    5,
    None,
    True,
    [],
    {},
    {"foo": 1},
    {"fields": 3},
    {"decisions": []},
    {"decisions": [{"type": "maybe"}]},
    {"decisions": [{"type": "approve"}, {"type": "approve"}]},
    {"fields": {}, "decisions": [{"type": "approve"}]},
    {"fields": {"rank": {1, 2}}},
    {"fields": {"rank": object()}},
    "\ud800",
]


@pytest.mark.parametrize(
    ("key", "value"),
    [("configure_peft", value) for value in NO_REPLIES] + [(key, {}) for key in QUESTIONS],
    ids=lambda item: ascii(item)[:40],
)
async def test_a_value_of_no_known_form_is_refused_and_the_question_stays(at, key, value):
    talk = await at(key)
    before = talk.question
    with pytest.raises(ValidationError) as refused:
        await talk.reply(value)
    assert is_invalid_resume(refused.value)
    await talk.look()
    assert talk.question == before
    await talk.reply(USUAL.get(key, ACCEPT))
    assert talk.key == (following(key) if key != "present_menu" else "")


@pytest.mark.parametrize(
    "value",
    [
        "x" * 20_001,
        {"fields": {"use_case": "x" * 20_001}},
        {"decisions": [{"type": "respond", "message": "x" * 20_001}]},
        {"findings": {"F1": "x" * 20_001}},
    ],
)
async def test_a_reply_beyond_20_000_characters_is_refused(at, value):
    talk = await at("welcome")
    with pytest.raises(ValidationError):
        await talk.reply(value)
    await talk.look()
    assert talk.key == "welcome"


async def test_a_reply_of_20_000_characters_is_read(at):
    talk = await at("welcome")
    await talk.reply("task: chat, data source: tickets " + "and so on " * 1990)
    assert talk.key == "welcome"


@pytest.mark.parametrize("key", FILLED)
@pytest.mark.parametrize(
    "reply", ["ok", "", "yes", "I don't know", {"decisions": [{"type": "approve"}]}, ACCEPT], ids=repr
)
async def test_whatever_agrees_takes_the_recommendation(at, key, reply):
    talk = await at(key)
    recommended = {field["name"]: field["recommended"] for field in talk.question["fields"]}
    await talk.reply(reply)
    if reply == "I don't know":
        assert talk.key == key
        await talk.reply("ok")
    assert talk.key == following(key)
    assert talk.decided(key) == recommended


async def test_i_do_not_know_takes_the_stated_defaults_says_so_and_asks_once(at):
    talk = await at("assess_training_data")
    await talk.reply("I don't know")
    assert talk.key == "assess_training_data"
    assert "Human-verified examples: I take **None** (what nobody vouches for counts as unverified)" in talk.message
    assert "Responses are correct: I take **no** (unchecked counts as a gap)" in talk.message
    await talk.reply("ok")
    assert talk.key == "select_base_model"
    record = talk.record("assess_training_data")
    assert record["fields"]["verified"] == "none"
    assert record["origins"]["verified"] == "default"
    assert record["origins"]["sft_examples"].startswith("document:")


async def test_i_do_not_know_where_no_default_can_be_stated_asks_for_a_value(at):
    talk = await at("document_decisions")
    await talk.reply("I don't know")
    assert talk.key == "document_decisions"
    assert "cannot state a default" in talk.message


async def test_one_field_that_is_not_known_takes_its_default_among_given_ones(at):
    talk = await at("assess_training_data")
    told = {**QUALITY, "verified": "I don't know"}
    await talk.reply({"fields": told, "accept_recommended": True})
    assert talk.key == "select_base_model"
    assert talk.decided("assess_training_data")["verified"] == "none"


async def test_a_line_that_sets_some_fields_shows_the_whole_once_and_then_settles(at):
    talk = await at("configure_peft")
    await talk.reply("rank 32, alpha 64")
    assert talk.key == "configure_peft"
    assert "Here is the whole of it" in talk.message
    assert "Rank: **32**" in talk.message
    assert "PEFT method:" in talk.message
    await talk.reply("ok")
    assert talk.key == "configure_hyperparameters"
    record = talk.record("configure_peft")
    assert (record["fields"]["rank"], record["fields"]["alpha"]) == (32, 64)
    assert record["origins"]["rank"] == "user"
    assert record["origins"]["method"] != "user"


async def test_the_rest_as_you_recommend_settles_at_once(at):
    talk = await at("configure_peft")
    await talk.reply("rank 32, the rest as you recommend")
    assert talk.key == "configure_hyperparameters"
    assert talk.decided("configure_peft")["rank"] == 32


async def test_a_line_changed_after_the_whole_was_shown_is_shown_again(at):
    talk = await at("configure_peft")
    await talk.reply("rank 32")
    await talk.reply("alpha 48")
    assert "Rank: **32**" in talk.message
    assert "Alpha: **48**" in talk.message
    await talk.reply("yes")
    assert talk.decided("configure_peft")["alpha"] == 48


async def test_no_to_the_whole_asks_what_should_be_different_and_keeps_it(at):
    talk = await at("configure_peft")
    await talk.reply("rank 32")
    await talk.reply("no")
    assert talk.key == "configure_peft"
    assert "What should be different?" in talk.message
    assert "Rank: **32**" in talk.message


async def test_recommendations_follow_what_the_user_says(at):
    talk = await at("configure_peft")
    assert talk.recommended("method") == "lora"
    await talk.reply("gpu T4, 16 GB")
    assert "PEFT method: **QLoRA**" in talk.message


async def test_a_single_field_settles_by_its_bare_value(at):
    talk = await at("train_with_sft")
    await talk.reply("sft")
    assert talk.key == "configure_peft"


async def test_fields_of_a_program_that_are_incomplete_are_asked_for_again_by_name(at):
    talk = await at("choose_infrastructure")
    await talk.reply({"fields": {"platform": "runpod"}})
    assert talk.key == "choose_infrastructure"
    assert "I still need Experiment tracking, Trainer" in talk.message
    await talk.reply({"fields": {"tracking": "mlflow", "trainer": "trl"}})
    assert talk.key == "document_decisions"
    assert talk.decided("choose_infrastructure")["platform"] == "runpod"


async def test_fields_of_a_program_settle_with_accept_recommended(at):
    talk = await at("choose_infrastructure")
    await talk.reply({"fields": {"platform": "runpod"}, "accept_recommended": True})
    assert talk.key == "document_decisions"
    assert talk.decided("choose_infrastructure")["tracking"] == "mlflow"


@pytest.mark.parametrize("accepting", [True, False])
async def test_one_invalid_value_among_valid_ones_keeps_the_valid(at, accepting):
    talk = await at("choose_infrastructure")
    await talk.reply({"fields": {"platform": "runpod", "trainer": "magic"}, "accept_recommended": accepting})
    assert talk.key == "choose_infrastructure"
    assert "Trainer" in talk.message
    assert "magic" in talk.message
    assert talk.recommended("platform") == "runpod"
    await talk.reply({"fields": {"trainer": "axolotl"}, "accept_recommended": True})
    assert talk.decided("choose_infrastructure")["platform"] == "runpod"
    assert talk.decided("choose_infrastructure")["trainer"] == "axolotl"


async def test_an_invalid_value_leaves_an_earlier_valid_one_in_place(at):
    talk = await at("configure_peft")
    await talk.reply("rank 32")
    await talk.reply({"fields": {"rank": "many"}})
    assert talk.recommended("rank") == 32


async def test_a_value_that_contradicts_the_others_is_asked_again(at):
    talk = await at("configure_peft")
    await talk.reply({"fields": {"method": "full", "rank": 16}, "accept_recommended": True})
    assert talk.key == "configure_peft"
    assert "With full fine-tuning there are no adapters" in talk.message
    assert talk.recommended("method") == "full"
    assert "rank" not in [field["name"] for field in talk.question["fields"]]
    await talk.reply("ok")
    assert talk.key == "configure_hyperparameters"
    assert "rank" not in talk.decided("configure_peft")


async def test_save_steps_follow_the_evaluation_steps(at):
    talk = await at("configure_hyperparameters")
    await talk.reply("evaluate every 30 steps")
    await talk.reply("ok")
    assert talk.key == "choose_infrastructure"
    fields = talk.decided("configure_hyperparameters")
    assert fields["eval_steps"] == 30
    assert fields["save_steps"] % 30 == 0


NONSENSE = ["banana", "???", "🤷", "rank", "lorem ipsum dolor sit amet", "\x00\x1b[2J", "{", "null"]


@pytest.mark.parametrize(
    ("key", "reply"),
    [("choose_infrastructure", reply) for reply in NONSENSE] + [(key, "lorem ipsum") for key in QUESTIONS],
)
async def test_what_cannot_be_understood_changes_nothing_and_asks_again(at, key, reply):
    talk = await at(key)
    sections = talk.values["sections"]
    await talk.reply(reply)
    assert talk.key == key
    assert talk.values["sections"] == sections
    assert "\x1b" not in talk.message
    assert "\x00" not in talk.message


@pytest.mark.parametrize(
    ("reply", "rank"),
    [
        ({"decisions": [{"type": "edit", "edited_action": {"name": "configure_peft", "args": {"rank": 24}}}]}, 24),
        ({"decisions": [{"type": "respond", "message": "rank 24, the rest as you recommend"}]}, 24),
        ({"decisions": [{"type": "reject", "message": "rank 24, rest as recommended"}]}, 24),
    ],
)
async def test_decisions_of_an_inbox_are_accepted(at, reply, rank):
    talk = await at("configure_peft")
    await talk.reply(reply)
    assert talk.key == "configure_hyperparameters"
    assert talk.decided("configure_peft")["rank"] == rank


async def test_a_bare_rejection_asks_what_should_be_different(at):
    talk = await at("configure_peft")
    await talk.reply({"decisions": [{"type": "reject"}]})
    assert talk.key == "configure_peft"
    assert "What should be different?" in talk.message


@pytest.mark.parametrize(
    ("reply", "proceeds"),
    [
        ("Y", True),
        ("yes please", True),
        ("ok", True),
        ("", True),
        (ACCEPT, True),
        ({"fields": {"proceed": "yes"}}, True),
        ({"decisions": [{"type": "approve"}]}, True),
        ("N", False),
        ("not now", False),
        ({"fields": {"proceed": False}}, False),
        ({"decisions": [{"type": "reject"}]}, False),
        ({"decisions": [{"type": "reject", "message": "we have no GPUs this quarter"}]}, False),
        ({"decisions": [{"type": "edit", "edited_action": {"args": {"proceed": False}}}]}, False),
    ],
    ids=repr,
)
async def test_the_checkpoint_understands_yes_and_no_in_every_form(at, reply, proceeds):
    talk = await at("entry_checkpoint")
    await talk.reply(reply)
    assert talk.decided("entry_checkpoint")["proceed"] is proceeds
    assert talk.key == ("welcome" if proceeds else "")


@pytest.mark.parametrize("reply", ["", ACCEPT, {"fields": {}}], ids=repr)
async def test_the_whole_design_is_never_confirmed_by_default(at, reply):
    talk = await at("document_decisions")
    await talk.reply(reply)
    assert talk.key == "document_decisions"
    assert talk.values.get("stories") is None


@pytest.mark.parametrize(
    "reply", ["yes", "ok", "confirm", {"fields": {"confirm": True}}, {"decisions": [{"type": "approve"}]}], ids=repr
)
async def test_the_whole_design_is_confirmed_explicitly(at, reply):
    talk = await at("document_decisions")
    await talk.reply(reply)
    assert talk.key == "present_menu"


@pytest.mark.parametrize("reply", ["no", {"fields": {"confirm": False}}, {"decisions": [{"type": "reject"}]}], ids=repr)
async def test_a_design_that_is_not_confirmed_stays_open(at, reply):
    talk = await at("document_decisions")
    await talk.reply(reply)
    assert talk.key == "document_decisions"
    assert "Not confirmed" in talk.message


async def test_every_question_follows_the_form_of_human_in_the_loop_requests(at):
    for key in QUESTIONS:
        question = (await at(key)).question
        assert question["question_key"] == key
        (action,) = question["action_requests"]
        assert action["description"] == question["message"]
        assert question["review_configs"][0]["action_name"] == action["name"] == key
        assert question["kind"] in ("confirm", "question", "menu")
        assert question["progress"]["done"] <= question["progress"]["of"]
        for field in question["fields"]:
            assert {"name", "type", "choices", "recommended", "why", "evidence"} <= set(field)
