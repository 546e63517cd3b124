"""Every way through the step: the order of its nodes, its queries, and what each outcome leaves behind."""

import pytest
import yaml
from scripted_conversation import QUALITY

from fine_tuning_specialist.knowledge.queries import query_templates

BEGINNING = ["load_context", "entry_checkpoint", "welcome", "query_methodologies", "assess_training_data"]
DESIGN = ["configure_peft", "configure_hyperparameters", "choose_infrastructure", "document_decisions"]
END = ["generate_stories", "present_menu", "hand_off"]
SPEC = "phase-2-training/training-spec.md"
LOG = "decision-log.md"

PAIRS_ONLY = {
    "welcome": {
        "fields": {"task_type": "chat", "data_source": "ranked by agents", "data_volume": 0},
        "accept_recommended": True,
    }
}


def ids(entries):
    return [entry["id"] for entry in entries]


def sidecar(talk):
    return yaml.safe_load(talk.file("sidecar.yaml"))


@pytest.mark.parametrize(
    ("stated", "answers", "path", "approach"),
    [
        ({"examples": 5200}, {}, ["train_with_sft"], "sft"),
        ({"examples": 0, "pairs": 1800}, PAIRS_ONLY, ["align_with_dpo"], "dpo"),
        ({"examples": 5200, "pairs": 1800}, {}, ["combine_sft_and_dpo"], "sft+dpo"),
        (
            {"examples": 600},
            {"resolve_insufficient_data": {"fields": {"strategy": "augment"}, "accept_recommended": True}},
            ["resolve_insufficient_data", "train_with_sft"],
            "sft",
        ),
        (
            {"examples": 200},
            {"resolve_insufficient_data": {"fields": {"strategy": "annotate", "target_examples": 1500}}},
            ["resolve_insufficient_data", "train_with_sft"],
            "sft",
        ),
    ],
)
async def test_the_data_decide_on_the_path_and_its_design_is_written(conversation, stated, answers, path, approach):
    talk = await conversation(**stated).until("end", answers)
    assert talk.nodes == [*BEGINNING, "select_base_model", *path, *DESIGN, *END]
    assert talk.decided(path[-1])["approach"] == approach
    assert talk.values["status"] == "completed"
    assert talk.values["next_step"] == "3-inference/step-06-rag-specialist.md"
    assert list(talk.values["decisions"]) == ["TRAIN-001", "TRAIN-002", "TRAIN-003"]
    assert ids(talk.values["stories"])[:5] == [f"TRAIN-S0{number}" for number in range(1, 6)]
    written = sidecar(talk)
    assert written["currentStep"] == 6
    assert written["stepsCompleted"] == [1, "2a", "2b", 3, 4, 5]
    assert written["phases"] == {"phase_1_feature": "complete", "phase_2_training": "designed"}
    assert ids(written["decisions"]) == ["ARCH-001", "TRAIN-001", "TRAIN-002", "TRAIN-003"]
    assert ids(written["stories"]["step_5_training"]) == ids(talk.values["stories"])
    assert talk.file(LOG).count("\n**Decision:**") == 3
    assert "## Base Model" in talk.file(SPEC)


async def test_the_sidecar_says_designed_at_step_5_until_the_user_continues(conversation):
    talk = await conversation().until("present_menu")
    assert sidecar(talk)["currentStep"] == 5
    assert sidecar(talk)["phases"]["phase_2_training"] == "designed"
    assert (talk.folder / SPEC).exists()
    await talk.until("end")
    assert sidecar(talk)["currentStep"] == 6


async def test_nothing_is_written_before_the_design_is_confirmed(conversation):
    talk = await conversation().until("document_decisions")
    assert sidecar(talk)["currentStep"] == 4
    assert not (talk.folder / "phase-2-training").exists()
    assert not (talk.folder / LOG).exists()


async def test_rag_first_is_a_deferral_with_its_own_record_and_stories(conversation):
    answers = {"resolve_insufficient_data": {"fields": {"strategy": "rag-first", "target_examples": 1000}}}
    talk = await conversation(examples=40).until("end", answers)
    assert talk.nodes == [
        *BEGINNING,
        "select_base_model",
        "resolve_insufficient_data",
        "document_decisions",
        *END,
    ]
    assert talk.values["status"] == "deferred"
    assert list(talk.values["decisions"]) == ["TRAIN-001", "TRAIN-002"]
    assert "RAG first" in talk.values["decisions"]["TRAIN-002"]["choice"]
    assert "DEFERRED" in talk.file(SPEC)
    assert talk.values["stories"]
    assert all(story["id"].startswith("TRAIN-S") for story in talk.values["stories"])
    written = sidecar(talk)
    assert written["currentStep"] == 6
    assert written["phases"]["phase_2_training"] == "deferred"
    assert written["stepsCompleted"][-1] == 5
    assert written["architecture"] == "hybrid"
    assert [finding["key"] for finding in talk.values["findings"].values() if finding["owner"]] == ["risk:rag_first"]


@pytest.mark.parametrize("answer", ["Y", "N", {"fields": {"proceed": False}}, ""])
async def test_a_rag_only_project_is_skipped_whatever_the_answer(conversation, answer):
    talk = await conversation(architecture="rag-only").until("end", {"entry_checkpoint": answer})
    assert talk.nodes == ["load_context", "entry_checkpoint", "skip_training", "hand_off"]
    assert talk.values["status"] == "skipped"
    assert talk.values["decisions"] == {}
    assert talk.values["stories"] == []
    assert talk.file(SPEC) == (
        "# Step 5: Training Pipeline\n\n**Status:** SKIPPED\n\n"
        "**Reason:** RAG-only architecture selected in Step 2. No fine-tuning required.\n\n"
        "**Architecture Decision Reference:** See `phase-0-scoping/architecture-decision.md`\n\n"
        "**Implication:** Proceeding directly to Step 6 (RAG Specialist) where the RAG system will be configured to "
        "use a pre-trained base model.\n"
    )
    written = sidecar(talk)
    assert written["currentStep"] == 6
    assert written["phases"]["phase_2_training"] == "skipped"
    assert written["stepsCompleted"] == [1, "2a", "2b", 3, 4, 5]
    assert written["stories"]["step_5_training"] == []
    assert not (talk.folder / LOG).exists()
    assert talk.knowledge.queries == []


async def test_no_at_the_checkpoint_defers_and_writes_no_spec(conversation):
    talk = await conversation().until("end", {"entry_checkpoint": "n"})
    assert talk.nodes == ["load_context", "entry_checkpoint", "defer_training", "hand_off"]
    assert talk.values["status"] == "deferred"
    assert "We can return to fine-tuning later if needed." in talk.values["message"]
    written = sidecar(talk)
    assert written["currentStep"] == 6
    assert written["phases"]["phase_2_training"] == "deferred"
    assert written["stepsCompleted"] == [1, "2a", "2b", 3, 4]
    assert "step_5_training" not in written["stories"]
    assert not (talk.folder / SPEC).exists()
    assert not (talk.folder / LOG).exists()


async def test_an_existing_spec_survives_a_deferral(conversation, project):
    folder = project()
    (folder / "phase-2-training").mkdir()
    (folder / SPEC).write_text("an earlier design\n", encoding="utf-8")
    talk = await conversation(folder).until("end", {"entry_checkpoint": "no"})
    assert talk.file(SPEC) == "an earlier design\n"


@pytest.mark.parametrize(
    ("stated", "answers"),
    [
        ({"examples": 5200}, {}),
        ({"examples": 0, "pairs": 1800}, PAIRS_ONLY),
        ({"examples": 5200, "pairs": 1800}, {}),
        (
            {"examples": 200},
            {"resolve_insufficient_data": {"fields": {"strategy": "annotate"}, "accept_recommended": True}},
        ),
    ],
)
async def test_every_mandatory_query_of_the_path_is_made_once_and_filled(conversation, stated, answers):
    talk = await conversation(**stated).until("end", answers)
    (approach,) = {
        record["fields"]["approach"] for record in talk.values["sections"].values() if "approach" in record["fields"]
    }
    made = [query for query in talk.values["queries"] if query["status"] != "failed"]
    for node, templates in query_templates().items():
        expected = [template for template in templates if template.applies(approach)] if node in talk.nodes else []
        found = [query for query in made if query["node"] == node]
        assert [query["tool"] for query in found] == [template.tool for template in expected], node
        for query, template in zip(found, expected, strict=True):
            words = [word for word in template.template.split() if not word.startswith("{")]
            assert [word for word in query["text"].split() if word in words] == words
    for query in talk.knowledge.queries:
        assert "{" not in query.text
        assert "}" not in query.text
        assert "  " not in query.text
        assert query.text == query.text.strip()
        assert "None" not in query.text


async def test_all_queries_of_a_section_go_out_together(conversation):
    talk = await conversation().until("end")
    assert [len(consultation) for consultation in talk.knowledge.consultations] == [4, 2, 2, 1, 5, 9]


@pytest.mark.parametrize(
    ("examples", "path"), [(999, "resolve_insufficient_data"), (1000, "train_with_sft"), (1001, "train_with_sft")]
)
async def test_the_threshold_itself_is_enough(conversation, examples, path):
    told = {**QUALITY, "sft_examples": examples, "minimum_examples": 1000}
    answers = {"assess_training_data": {"fields": told, "accept_recommended": True}}
    talk = await conversation().until(path, answers)
    assert talk.key == path


@pytest.mark.parametrize(
    ("examples", "pairs", "path"),
    [
        (0, 499, "resolve_insufficient_data"),
        (0, 500, "align_with_dpo"),
        (1000, 499, "train_with_sft"),
        (1000, 500, "combine_sft_and_dpo"),
        (999, 500, "align_with_dpo"),
        (0, 0, "resolve_insufficient_data"),
    ],
)
async def test_examples_and_pairs_each_have_their_own_threshold(conversation, examples, pairs, path):
    told = {
        **QUALITY,
        "sft_examples": examples,
        "preference_pairs": pairs,
        "minimum_examples": 1000,
        "minimum_pairs": 500,
    }
    answers = {"assess_training_data": {"fields": told, "accept_recommended": True}}
    talk = await conversation().until(path, answers)
    assert talk.key == path


async def test_the_threshold_that_the_user_sets_wins(conversation):
    told = {**QUALITY, "sft_examples": 5200, "minimum_examples": 6000}
    answers = {"assess_training_data": {"fields": told, "accept_recommended": True}}
    talk = await conversation().until("resolve_insufficient_data", answers)
    assert "5,200" in talk.message
    assert "6,000" in talk.message
    assert talk.record("assess_training_data")["origins"]["minimum_examples"] == "user"


async def test_the_threshold_is_shown_with_its_sources_and_their_disagreement(conversation):
    talk = await conversation().until("assess_training_data")
    assert "1,000" in talk.message
    assert "The sources differ" in talk.message
    assert talk.message.count("[K") > 5


def figures_of(small, large):
    """A server's result: minimums for two model sizes."""
    return {
        "id": "THRESHOLDS",
        "title": "Minimums by size",
        "content": "Small models need fewer examples.",
        "source": {"source_id": "s", "title": "A study"},
        "figures": [
            {
                "quantity": "min_examples",
                "value": small,
                "unit": "examples",
                "method": "SFT",
                "task_type": "chat",
                "model_size": "<2B",
            },
            {
                "quantity": "min_examples",
                "value": large,
                "unit": "examples",
                "method": "SFT",
                "task_type": "chat",
                "model_size": "3B-9B",
            },
        ],
    }


@pytest.mark.parametrize(
    ("model", "path"), [("Qwen3-0.6B", "train_with_sft"), ("Qwen3-8B", "resolve_insufficient_data")]
)
async def test_the_assessment_is_checked_again_once_the_model_is_chosen(conversation, knowledge, model, path):
    knowledge.added["search_knowledge"] = [figures_of(500, 3000)]
    talk = conversation(examples=800, extra="\n")
    told = {**QUALITY, "sft_examples": 800}
    answers = {
        "assess_training_data": {"fields": told, "accept_recommended": True},
        "select_base_model": {"fields": {"base_model": model}, "accept_recommended": True},
    }
    await talk.until(path, answers)
    assert talk.key == path
