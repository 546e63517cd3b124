"""Findings: raised once where they matter, with both passages; settled by the user or left open, and never block."""

import pytest
import yaml
from scripted_conversation import QUALITY

CONFLICT = {"tracking": "wandb", "tool": "MLflow"}


def by_key(talk, key):
    found = [item for item in talk.values["findings"].values() if item["key"] == key]
    assert len(found) == 1, [item["key"] for item in talk.values["findings"].values()]
    return found[0]


async def test_documents_that_disagree_are_shown_where_it_matters_with_both_passages(at):
    talk = await at("choose_infrastructure", **CONFLICT)
    assert "The documents disagree about the tracking" in talk.message
    assert "phase-0-scoping/tech-stack-decision.md" in talk.message
    assert "sidecar.yaml" in talk.message
    assert "MLflow" in talk.message
    assert "Weights & Biases" in talk.message


async def test_it_is_raised_in_no_other_section_and_only_once(at):
    talk = await at("choose_infrastructure", **CONFLICT)
    await talk.reply("back")
    assert "disagree" not in talk.message
    await talk.until("choose_infrastructure")
    await talk.until("present_menu")
    by_key(talk, "contradiction:tracking")


async def test_what_is_left_open_stands_in_the_spec_and_becomes_a_criterion_of_a_story(conversation):
    talk = await conversation(**CONFLICT).until("end")
    finding = by_key(talk, "contradiction:tracking")
    assert finding["status"] == "open"
    assert len(finding["grounds"]) == 2
    spec = talk.file("phase-2-training/training-spec.md")
    assert f"**{finding['id']} (contradiction):** The documents disagree about the tracking" in spec
    criteria = [line for story in talk.values["stories"] for line in story["acceptance_criteria"]]
    assert any(finding["id"] in line for line in criteria)
    assert yaml.safe_load(talk.file("sidecar.yaml"))["tech_stack"] == {"vector_db": "qdrant", "tracking": "wandb"}


@pytest.mark.parametrize(
    "form",
    ["{id}: MLflow counts", {"fields": {"findings": "here"}}, {"findings": "here"}, "settle {id}: MLflow counts"],
    ids=repr,
)
async def test_a_finding_is_settled_in_words_or_by_fields_and_the_question_stays(at, form):
    talk = await at("choose_infrastructure", **CONFLICT)
    identity = next(line for line in talk.message.splitlines() if "disagree" in line).split("**")[1]
    settlement = {identity: "MLflow counts"}
    if isinstance(form, str):
        reply = form.format(id=identity)
    elif "fields" in form:
        reply = {"fields": {"findings": settlement}}
    else:
        reply = {"findings": settlement}
    await talk.reply(reply)
    assert talk.key == "choose_infrastructure"
    assert f"Noted for {identity}: MLflow counts." in talk.message
    await talk.reply("ok")
    finding = by_key(talk, "contradiction:tracking")
    assert (finding["status"], finding["settlement"]) == ("settled", "MLflow counts")


async def test_values_and_a_settlement_in_one_reply_are_both_taken(at):
    talk = await at("choose_infrastructure", **CONFLICT)
    identity = next(line for line in talk.message.splitlines() if "disagree" in line).split("**")[1]
    await talk.reply({"fields": {"platform": "runpod"}, "accept_recommended": True, "findings": {identity: "MLflow"}})
    assert talk.key == "document_decisions"
    assert by_key(talk, "contradiction:tracking")["settlement"] == "MLflow"


async def test_an_unknown_finding_is_said_to_be_unknown(at):
    talk = await at("choose_infrastructure")
    await talk.reply("F99: whatever")
    assert talk.key == "choose_infrastructure"
    assert "There is no finding F99" in talk.message


async def test_naming_what_holds_settles_a_contradiction_and_says_so(at):
    talk = await at("choose_infrastructure", **CONFLICT)
    await talk.reply("wandb, the rest as you recommend")
    finding = by_key(talk, "contradiction:tracking")
    assert finding["status"] == "settled"
    assert finding["settlement"] == "You decided: Weights & Biases."
    assert f"{finding['id']} is settled" in talk.message
    assert not [item for item in talk.values["findings"].values() if item["key"].startswith("answer:tracking")]


async def test_an_answer_that_differs_from_a_document_is_a_finding_and_is_announced(at):
    talk = await at("assess_training_data")
    await talk.reply({"fields": {**QUALITY, "sft_examples": 3000}, "accept_recommended": True})
    finding = by_key(talk, "answer:data_volume:assess_training_data")
    assert {ground["source"] for ground in finding["grounds"]} == {
        "phase-0-scoping/architecture-decision.md",
        "answer:assess_training_data",
    }
    assert finding["id"] in talk.message
    assert "3,000" in talk.message
    assert "5,200" in talk.message


async def test_an_answer_that_a_document_bears_out_is_none(at):
    talk = await at("assess_training_data")
    await talk.reply({"fields": {**QUALITY, "sft_examples": 5200}, "accept_recommended": True})
    assert not [item for item in talk.values["findings"].values() if item["kind"] == "contradiction"]


async def test_two_answers_on_the_same_matter_that_differ_are_a_finding_and_the_later_one_wins(at):
    talk = await at("welcome")
    await talk.reply(
        {"fields": {"task_type": "chat", "data_source": "tickets", "data_volume": 9000}, "accept_recommended": True}
    )
    await talk.reply({"fields": {**QUALITY, "sft_examples": 2000}, "accept_recommended": True})
    assert by_key(talk, "earlier:data_volume")
    await talk.until("train_with_sft")
    assert "SFT training 2000-examples customer-support" in talk.knowledge.texts()


async def test_a_gpu_that_differs_from_the_compute_named_first_is_a_finding(at):
    talk = await at(
        "configure_peft",
        {
            "welcome": {
                "fields": {"task_type": "chat", "data_source": "x", "compute": "2x H100 80GB"},
                "accept_recommended": True,
            }
        },
    )
    await talk.reply({"fields": {"gpu_type": "A10G", "gpu_count": 1, "vram_gb": 24}, "accept_recommended": True})
    assert by_key(talk, "earlier:compute")


@pytest.mark.parametrize("criterion", ["accurate", "consistent", "diverse", "uncontaminated", "pii_removed"])
async def test_a_quality_criterion_that_is_not_met_is_a_risk(at, criterion):
    talk = await at("assess_training_data")
    await talk.reply({"fields": {**QUALITY, criterion: False}, "accept_recommended": True})
    assert by_key(talk, f"risk:{criterion}")["kind"] == "risk"


async def test_findings_lists_them_and_says_how_to_settle_one(at):
    talk = await at("choose_infrastructure", **CONFLICT)
    await talk.reply("findings")
    assert "(contradiction)" in talk.message
    assert "Settle one by typing" in talk.message


async def test_open_findings_are_named_before_the_design_is_confirmed(at):
    talk = await at("document_decisions", **CONFLICT)
    assert "Still open, and written down as such" in talk.message
    assert "The documents disagree about the tracking" in talk.message


async def test_a_project_called_otherwise_than_its_folder_is_a_finding(conversation, project):
    folder = project()
    text = (folder / "sidecar.yaml").read_text(encoding="utf-8")
    (folder / "sidecar.yaml").write_text(
        text.replace("project_name: router-help", "project_name: other"), encoding="utf-8"
    )
    talk = await conversation(folder).until("welcome")
    assert "The project is called otherwise in its sidecar" in talk.message
    await talk.until("end")
    assert "project_name: other" in talk.file("sidecar.yaml")


async def test_findings_never_block(conversation):
    talk = await conversation(**CONFLICT, examples=5200).until(
        "end",
        {
            "assess_training_data": {
                "fields": {**QUALITY, "accurate": False, "sft_examples": 4000},
                "accept_recommended": True,
            }
        },
    )
    assert talk.values["status"] == "completed"
    assert len([item for item in talk.values["findings"].values() if item["status"] == "open"]) > 2
