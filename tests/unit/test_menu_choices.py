"""The menu halts after every reply: A revisits, Q queries again, P shows, C leads on; the rest is responded to."""

import pytest
import yaml

MENU = "[C] Continue to Step 6 (RAG Specialist)"
A100 = {"fields": {"choice": "Q", "constraints": {"compute": "1x A100 80GB"}}}


@pytest.mark.parametrize("said", ["C", "c", "[C]", "continue", {"fields": {"choice": "C"}}], ids=repr)
async def test_c_leads_to_the_hand_off(at, said):
    talk = await at("present_menu")
    await talk.reply(said)
    assert talk.question is None
    assert talk.values["status"] == "completed"
    assert "Audit against the specification's success and failure metrics" in talk.values["message"]
    assert "✗" not in talk.values["message"]


async def test_p_shows_what_was_decided_and_written(at):
    talk = await at("present_menu")
    await talk.reply("P")
    assert talk.key == "present_menu"
    assert "**training-spec.md**" in talk.message
    assert "**decision-log.md**" in talk.message
    assert "TRAIN-003" in talk.message
    assert talk.message.endswith(MENU)


@pytest.mark.parametrize(
    ("said", "node"),
    [
        ("A configure_peft", "configure_peft"),
        ("A peft", "configure_peft"),
        ("A 6", "configure_peft"),
        ("A base model", "select_base_model"),
        ("a 5A", "train_with_sft"),
        ({"fields": {"choice": "A", "node": "choose_infrastructure"}}, "choose_infrastructure"),
        ("A entry_checkpoint", "entry_checkpoint"),
    ],
    ids=repr,
)
async def test_a_goes_to_the_section_named(at, said, node):
    talk = await at("present_menu")
    await talk.reply(said)
    assert talk.key == node


@pytest.mark.parametrize(
    "first", ["A", "A section", {"fields": {"choice": "A"}}, "A align_with_dpo", "A nowhere"], ids=repr
)
async def test_a_without_a_section_that_was_passed_asks_which(at, first):
    talk = await at("present_menu")
    await talk.reply(first)
    assert talk.key == "present_menu.node"
    assert "Which section shall we revisit?" in talk.message
    assert "6: Parameter-Efficient Fine-Tuning" in talk.message
    assert "`align_with_dpo`" not in talk.message
    await talk.reply("banana split")
    assert talk.key == "present_menu.node"
    await talk.reply("What is LoRA?")
    assert talk.key == "present_menu.node"
    assert "Which section shall we revisit?" in talk.message
    await talk.reply("6")
    assert talk.key == "configure_peft"


async def test_a_with_nothing_changed_comes_back_to_the_menu_at_once(at):
    talk = await at("present_menu")
    await talk.reply("A configure_peft")
    await talk.reply("ok")
    assert talk.key == "present_menu"
    assert MENU in talk.message


async def test_a_with_a_change_confirms_again_and_rewrites_with_a_revision_in_the_log(conversation):
    talk = await conversation().until("present_menu")
    before = talk.file("decision-log.md")
    await talk.reply("A configure_peft")
    await talk.reply("rank 8, the rest as you recommend")
    assert talk.key == "configure_hyperparameters"
    await talk.until("document_decisions")
    assert "Rank" in talk.message
    await talk.reply("yes")
    assert talk.key == "present_menu"
    assert "- **Rank:** 8 [user]" in talk.file("phase-2-training/training-spec.md")
    log = talk.file("decision-log.md")
    assert log.startswith(before.rstrip())
    assert "## TRAIN-003: PEFT Method (revision 2)" in log
    assert "TRAIN-001: Base Model Selection (revision" not in log
    decisions = yaml.safe_load(talk.file("sidecar.yaml"))["decisions"]
    assert [decision["id"] for decision in decisions] == ["ARCH-001", "TRAIN-001", "TRAIN-002", "TRAIN-003"]
    await talk.until("end")
    assert talk.values["status"] == "completed"


@pytest.mark.parametrize(
    "said", ["hello there", "", "ok", "I don't know", "Z", "x" * 3000, {"fields": {}}], ids=lambda s: repr(s)[:20]
)
async def test_what_is_no_choice_is_responded_to_and_the_menu_put_again(at, said):
    talk = await at("present_menu")
    await talk.reply(said)
    assert talk.key == "present_menu"
    assert MENU in talk.message


@pytest.mark.parametrize(
    ("said", "label"),
    [("why rank?", "Rank"), ("/why rank", "Rank"), ("evidence", "Base model"), ("why?", "PEFT method")],
)
async def test_reasons_can_be_asked_for_at_the_menu(at, said, label):
    talk = await at("present_menu")
    await talk.reply(said)
    assert f"**{label}** " in talk.message
    assert MENU in talk.message


async def test_a_decided_value_can_be_asked_about_by_its_name(at):
    talk = await at("present_menu")
    await talk.reply("why qwen3?")
    assert "**Base model** Qwen3-8B" in talk.message
    assert "**Rank** " not in talk.message
    assert MENU in talk.message


async def test_a_model_that_was_not_chosen_is_explained_at_the_menu(at):
    talk = await at("present_menu")
    await talk.reply("why not mistral?")
    assert "**Mistral" in talk.message
    assert "**Against it**" in talk.message
    assert MENU in talk.message


async def test_back_from_the_menu_is_the_confirmation_of_the_design(at):
    talk = await at("present_menu")
    await talk.reply("back")
    assert talk.key == "document_decisions"
    await talk.reply("yes")
    assert talk.key == "present_menu"


async def test_the_comparison_calls_the_changed_constraints_by_their_labels(at):
    talk = await at("present_menu")
    await talk.reply("Q compute: 2x A100 80GB, priority: speed, model size: 4B")
    assert talk.message.splitlines()[0] == (
        "**With the changed constraints** (GPU type: A100-80GB, Number of GPUs: 2, Memory per GPU: 80 GB, "
        "Priority: Speed, Size limit: 4B)"
    )


async def test_q_asks_which_constraints_change(at):
    talk = await at("present_menu")
    await talk.reply("Q")
    assert talk.key == "present_menu.constraints"
    for name in ("compute", "data volume", "priority", "model size"):
        assert f"**{name}**" in talk.message
    await talk.reply("What is LoRA?")
    assert talk.key == "present_menu.constraints"
    assert "Which constraints change?" in talk.message
    await talk.reply("compute: 1x A100 80GB")
    assert talk.key == "present_menu.accept"


@pytest.mark.parametrize(
    "said",
    [
        "Q compute: banana",
        {"fields": {"choice": "Q", "constraints": {"compute": "banana"}}},
        {"fields": {"choice": "Q", "constraints": {"priority": "cheap"}}},
        {"fields": {"choice": "Q", "constraints": {"weather": "rain"}}},
        {"fields": {"choice": "Q", "constraints": {"data_volume": -5}}},
        {"fields": {"choice": "Q", "constraints": {"model_size": "huge"}}},
        {"fields": {"choice": "Q", "constraints": "everything"}},
        {"fields": {"choice": "Q", "constraints": [1, 2]}},
    ],
    ids=repr,
)
async def test_a_constraint_that_cannot_be_understood_is_asked_again(at, said):
    talk = await at("present_menu")
    sections = talk.values["sections"]
    await talk.reply(said)
    assert talk.key in ("present_menu", "present_menu.constraints")
    assert talk.values["sections"] == sections
    assert talk.knowledge.queries == []
    await talk.reply("back" if talk.key != "present_menu" else "P")
    assert talk.key == "present_menu"
    assert MENU in talk.message


@pytest.mark.parametrize(
    ("constraints", "query", "line"),
    [
        ({"compute": "1x A100 80GB"}, "batch size 80GB 8B", "GPU type"),
        ({"data_volume": "2k"}, "learning rate selection SFT 8B 2000-examples", "Instruction-response pairs"),
        ({"priority": "quality"}, "LoRA fine-tuning pitfalls", ""),
        ({"model_size": "4B"}, "base model selection 4B Apache-2.0 customer-support", "Base model"),
    ],
    ids=repr,
)
async def test_q_repeats_the_queries_that_the_constraint_touches_and_shows_old_against_new(
    at, constraints, query, line
):
    talk = await at("present_menu")
    await talk.reply({"fields": {"choice": "Q", "constraints": constraints}})
    assert query in talk.knowledge.texts()
    assert len(talk.knowledge.consultations) == 1
    if line:
        assert talk.key == "present_menu.accept"
        assert line in talk.message
        assert "| # | Section | Setting | Decided | Now recommended |" in talk.message


async def test_accepting_all_lines_asks_what_follows_and_confirms_again(conversation):
    talk = await conversation().until("present_menu")
    await talk.reply(A100)
    await talk.reply("all")
    assert talk.key in ("choose_infrastructure", "document_decisions")
    await talk.until("document_decisions")
    assert "A100" in talk.message
    assert "80 GB" in talk.message
    await talk.reply("yes")
    assert talk.key == "present_menu"
    spec = talk.file("phase-2-training/training-spec.md")
    assert "- **GPU Type:** A100" in spec
    await talk.until("end")
    assert talk.values["status"] == "completed"


async def test_accepting_some_lines_changes_only_those(at):
    talk = await at("present_menu")
    before = talk.decided("configure_peft")
    await talk.reply(A100)
    rows = [line for line in talk.message.splitlines() if line.startswith("| ") and "GPU type" in line]
    number = rows[0].split("|")[1].strip()
    await talk.reply(number)
    after = talk.decided("configure_peft")
    assert after["gpu_type"].startswith("A100")
    assert {name: value for name, value in after.items() if name != "gpu_type"} == {
        name: value for name, value in before.items() if name != "gpu_type"
    }


async def test_a_smaller_model_that_is_refused_leaves_the_chosen_one_in_force(at):
    talk = await at("present_menu")
    await talk.reply({"fields": {"choice": "Q", "constraints": {"model_size": "4B"}}})
    rows = [line for line in talk.message.splitlines() if line.startswith("| ") and "Size limit" in line]
    await talk.reply(rows[0].split("|")[1].strip())
    record = talk.record("select_base_model")
    assert record["fields"]["base_model"] == "Qwen3-8B"
    assert record["extra"]["name"] == "Qwen3-8B"


async def test_less_data_than_the_threshold_lead_to_the_insufficient_path(at):
    talk = await at("present_menu")
    await talk.reply({"fields": {"choice": "Q", "constraints": {"data_volume": 300}}})
    await talk.reply("all")
    await talk.until("resolve_insufficient_data")
    assert "300" in talk.message


@pytest.mark.parametrize("said", ["none", {"fields": {"accept": "none"}}, {"fields": {"accept": []}}], ids=repr)
async def test_accepting_none_changes_nothing(at, said):
    talk = await at("present_menu")
    sections = talk.values["sections"]
    await talk.reply(A100)
    await talk.reply(said)
    assert talk.key == "present_menu"
    assert "Nothing was changed" in talk.message
    assert talk.values["sections"] == sections


@pytest.mark.parametrize(
    "said", ["99", "0", "1, 99", "banana", "", "ok", {"fields": {"accept": [99]}}, {"fields": {}}], ids=repr
)
async def test_lines_that_do_not_exist_are_asked_again_with_the_comparison(at, said):
    talk = await at("present_menu")
    sections = talk.values["sections"]
    await talk.reply(A100)
    await talk.reply(said)
    assert talk.key == "present_menu.accept"
    assert "| # | Section | Setting | Decided | Now recommended |" in talk.message
    assert talk.values["sections"] == sections


@pytest.mark.parametrize(
    "aside", ["progress", "findings", "help", "What is an A100?", "Which evaluation metrics?", "why rank?"]
)
async def test_an_aside_while_lines_are_chosen_keeps_the_comparison(at, aside):
    talk = await at("present_menu")
    await talk.reply(A100)
    await talk.reply(aside)
    assert talk.key == "present_menu.accept"
    assert "| # | Section | Setting | Decided | Now recommended |" in talk.message
    await talk.reply("back")
    assert talk.key == "present_menu"


async def test_a_constraint_that_changes_nothing_says_so(at):
    talk = await at("present_menu")
    await talk.reply({"fields": {"choice": "Q", "constraints": {"compute": "1x A10G 24GB"}}})
    assert talk.key == "present_menu"
    assert "Nothing that you decided would change" in talk.message
    assert MENU in talk.message


async def test_a_finding_settled_at_the_menu_is_written_after_another_confirmation(conversation):
    talk = await conversation(tracking="wandb", tool="MLflow").until("present_menu")
    finding = next(item["id"] for item in talk.values["findings"].values() if item["key"] == "contradiction:tracking")
    await talk.reply(f"{finding}: MLflow, the sidecar is out of date")
    assert talk.key == "document_decisions"
    assert f"Noted for {finding}" in talk.message
    await talk.reply("yes")
    assert "the sidecar is out of date" in talk.file("phase-2-training/training-spec.md")


@pytest.mark.parametrize("path", ["phase-2-training/training-spec.md", "decision-log.md"])
async def test_a_file_that_is_gone_holds_c_back_and_says_what_to_do(conversation, path):
    talk = await conversation().until("present_menu")
    (talk.folder / path).unlink()
    await talk.reply("C")
    assert talk.key == "present_menu"
    assert "✗" in talk.message
    assert path in talk.message
    assert "Revisit section 9 (A document_decisions)" in talk.message
    assert MENU in talk.message
    assert "status" not in talk.values or not talk.values["status"]
    await talk.reply("A document_decisions")
    await talk.reply("yes")
    assert (talk.folder / path).exists()
    await talk.until("end")
    assert talk.values["status"] == "completed"


async def test_a_design_that_was_edited_on_disk_holds_c_back(conversation):
    talk = await conversation().until("present_menu")
    spec = talk.folder / "phase-2-training/training-spec.md"
    spec.write_text(spec.read_text(encoding="utf-8").replace("Qwen3-8B", "GPT-17"), encoding="utf-8")
    await talk.reply("C")
    assert talk.key == "present_menu"
    assert "is not what the design says" in talk.message


async def test_no_at_the_checkpoint_after_the_design_was_written_keeps_it_and_defers(conversation):
    talk = await conversation().until("present_menu")
    spec = talk.file("phase-2-training/training-spec.md")
    await talk.reply("A entry_checkpoint")
    await talk.reply("no")
    assert talk.question is None, talk.message
    assert talk.values["status"] == "deferred"
    assert talk.file("phase-2-training/training-spec.md") == spec
    assert yaml.safe_load(talk.file("sidecar.yaml"))["phases"]["phase_2_training"] == "deferred"
