"""How questions read: compact forms, reasons once, excerpts without their titles, counts with thousands."""

import re
from types import SimpleNamespace

import pytest

from fine_tuning_specialist.dialogue.wording import changes, form, question_again
from fine_tuning_specialist.excerpts import excerpt, untitled
from fine_tuning_specialist.facilitation.citations import by_source
from fine_tuning_specialist.fields import fields_of
from fine_tuning_specialist.interrupts import Question, Recommendation
from fine_tuning_specialist.knowledge.evidence import Evidence
from fine_tuning_specialist.readable_numbers import duration, thousands

PEFT = fields_of("configure_peft")
PASSAGE = "read in tech-stack-decision.md, line 5: “1x A10G 24GB”"


def advice(value, why="", **more):
    return Recommendation(value=value, why=why, **more)


def lines_of(text):
    return [line.rstrip() for line in text.splitlines() if line.strip()]


def test_a_reason_that_several_fields_share_is_given_once():
    recommended = {
        "gpu_type": advice("A10G", PASSAGE),
        "gpu_count": advice(1, PASSAGE),
        "vram_gb": advice(24.0, PASSAGE),
    }
    assert lines_of(form(PEFT[:3], recommended)) == [
        "1. **GPU type**: A10G",
        f"   *{PASSAGE}*",
        "2. **Number of GPUs**: 1 *(as for 1)*",
        "3. **Memory per GPU**: 24 GB *(as for 1)*",
    ]


def test_the_options_of_a_field_that_must_be_chosen_are_named():
    (verified,) = [field for field in fields_of("assess_training_data") if field.name == "verified"]
    (accurate,) = [field for field in fields_of("assess_training_data") if field.name == "accurate"]
    assert lines_of(form([verified, accurate], {})) == [
        "1. **Human-verified examples**: none · some · all",
        "2. **Responses are correct**: yes · no",
    ]


def test_the_other_options_stand_beside_a_recommended_one():
    (method,) = [field for field in PEFT if field.name == "method"]
    assert lines_of(form([method], {"method": advice("qlora")})) == ["1. **PEFT method**: QLoRA (or full, lora)"]


def test_a_long_list_of_options_is_left_out_beside_a_value():
    (task,) = [field for field in fields_of("welcome") if field.name == "task_type"]
    assert lines_of(form([task], {"task_type": advice("chat")})) == ["1. **Task type**: Chat or dialogue"]


def test_an_optional_field_says_so_with_an_example():
    (paths,) = [field for field in fields_of("assess_training_data") if field.name == "data_paths"]
    assert lines_of(form([paths], {})) == ["1. **Data files** (optional; e.g. data/sft.jsonl)"]


def test_a_range_is_shown_and_evidence_that_the_reason_cites_is_not_repeated():
    (rank,) = [field for field in PEFT if field.name == "rank"]
    item = advice(16, "The handbook says so [K1, K2].", evidence=["K1", "K2", "K3"], low=8, high=64)
    assert lines_of(form([rank], {"rank": item})) == [
        "1. **Rank**: 16 (range 8 to 64)",
        "   *The handbook says so [K1, K2].* [K3]",
    ]


def test_reasons_stay_inside_their_item_beyond_the_ninth():
    fields = fields_of("configure_hyperparameters")[:11]
    text = form(fields, {field.name: advice(1, f"because {field.name}") for field in fields})
    assert "\n   *because dpo_learning_rate*" in text
    assert "\n    *because dpo_epochs*" in text


def test_a_question_put_again_leaves_its_reasons_out_and_marks_what_is_the_users():
    question = Question(
        kind="question",
        question_key="configure_peft",
        section="6",
        title="t",
        message="m",
        fields=PEFT[:2],
        recommended={"gpu_type": advice("A10G", PASSAGE), "gpu_count": advice(2, "your own value", origin="user")},
    )
    said = question_again(question)
    assert PASSAGE not in said
    assert "2. **Number of GPUs**: 2 *(your own value)*" in said
    assert said.endswith("What compute resources do you have? This determines our PEFT approach.")


def test_what_changed_is_named_value_by_value_as_people_read_it():
    rows = changes(
        {
            "sft_examples": (5200, 800),
            "decided": ({"configure_peft": {"rank": 16, "alpha": 32}}, {"configure_peft": {"rank": 8, "alpha": 32}}),
            "budget": (None, 400),
            "settled findings": ([], ["F1"]),
        }
    )
    assert [(row["label"], row["old"], row["new"]) for row in rows] == [
        ("Instruction-response pairs", "5,200", "800"),
        ("Rank", "16", "8"),
        ("Budget", "not known", "400 USD"),
        ("settled findings", "not known", "F1"),
    ]


@pytest.mark.parametrize(
    ("title", "text", "expected"),
    [
        ("Small sets", "Small sets. They overfit.", "They overfit."),
        ("Which rank?", "Question: Which rank?\nOptions:\n- 8\n- 16", "8; 16"),
        ("A recipe", "Problem: none known\nSolution: Take rank 16.\nContext: 8B", "Take rank 16. Context: 8B"),
        ("Which?", "Question: Which?\nOptions:\n- a\nRecommended approach: Take a.", "Take a."),
        ("FAQ", "Q: How many rows? A: At least 1,000.", "At least 1,000."),
        ("FAQ", "**Q: How many rows?**\n\n**A:** At least 1,000.", "At least 1,000."),
        ("FAQ", "Question: How many rows?\nAnswer: At least 1,000.", "At least 1,000."),
        ("Rows", "How many rows are enough? At least 1,000.", "At least 1,000."),
        ("Rows", "Are 100 rows enough?", "Are 100 rows enough?"),
        (
            "Judging",
            "Ask the judge: which one is better? Then average.",
            "Ask the judge: which one is better? Then average.",
        ),
        ("A method", "Prerequisites:\n- rows\nSteps:\n1. Read.\n2. Filter.", "Read.; Filter."),
        ("A recipe", "Solution: Take 16.\nTrade-offs:\n- slower\n- larger", "Take 16. Trade-offs: slower; larger"),
        ("Only a title", "Only a title", "Only a title"),
        ("Other", "{{ 7*7 }} and\n\nmore", "{{ 7*7 }} and more"),
    ],
)
def test_an_excerpt_begins_with_what_matters_and_not_with_its_title(title, text, expected):
    assert excerpt(SimpleNamespace(title=title, text=text)) == expected


def test_an_excerpt_is_cut_at_a_word():
    said = excerpt(SimpleNamespace(title="t", text="word " * 100), 50)
    assert len(said) <= 50
    assert said.endswith("word…")


def test_the_whole_evidence_keeps_its_lines_and_drops_its_title():
    item = SimpleNamespace(title="Small sets", text="Small sets. They overfit.\n- at once")
    assert untitled(item) == "They overfit.\n- at once"
    assert len(untitled(SimpleNamespace(title="t", text="x y " * 400), 100)) <= 100


@pytest.mark.parametrize(
    ("value", "shown"), [(5200, "5,200"), (5200.0, "5,200"), (0.5, "0.5"), ("none", "none"), (True, "True")]
)
def test_counts_have_their_thousands_separated(value, shown):
    assert thousands(value) == shown


def test_sources_are_named_once_with_all_their_labels():
    def item(source, provenance=""):
        return Evidence(id="x", kind="chunk", title="t", text="t", source_title=source, provenance=provenance)

    evidence = {"K1": item("A"), "K2": item("B", "recalled"), "K3": item("A")}
    assert by_source(["K1", "K2", "K3"], evidence) == {"A": ["K1", "K3"], "B (recalled, not seen)": ["K2"]}


async def test_a_form_cites_by_label_and_the_names_stand_once_below_it(at):
    talk = await at("configure_hyperparameters")
    form, _, names = talk.message.partition("1. **Learning rate**")[2].partition("\n\nSources: ")
    rate = next(field for field in talk.question["fields"] if field["name"] == "learning_rate")
    named = dict(re.findall(r"(?:; |: |and )([A-Z][^\[;]*?) \[(K\d+)\]", rate["why"]))
    assert named
    for title, label in named.items():
        assert f"[{label}]" in form
        assert title not in form
        assert re.search(rf"\[[^\]]*\b{label}\b[^\]]*\] {re.escape(title)}", names)


async def test_a_recorded_reason_names_its_sources_in_full(at):
    talk = await at("choose_infrastructure")
    reason = talk.values["sections"]["configure_hyperparameters"]["reasons"]["learning_rate"]
    assert re.search(r"[A-Za-z] \[K\d+\]", reason)


@pytest.mark.parametrize(
    ("node", "stated"),
    [
        ("welcome", {}),
        ("assess_training_data", {}),
        ("select_base_model", {}),
        ("train_with_sft", {}),
        ("combine_sft_and_dpo", {"pairs": 1800}),
        ("resolve_insufficient_data", {"examples": 200}),
        ("configure_peft", {}),
        ("configure_hyperparameters", {}),
        ("choose_infrastructure", {}),
    ],
)
async def test_no_list_of_the_reasons_runs_on_into_the_form(at, node, stated):
    talk = await at(node, **stated)
    first = next(field for field in talk.question["fields"])
    before, found, _ = talk.message.partition(f"\n1. **{first['label']}**")
    assert found
    assert not re.match(r"\d+\. |   ", before.rstrip().rpartition("\n")[2])


@pytest.mark.parametrize(
    ("hours", "said"), [(0.001, "1 min"), (0.09, "5 min"), (1.0, "1.0 h"), (18.14, "18.1 h"), (1234.5, "1,234 h")]
)
def test_a_time_is_given_as_people_give_it(hours, said):
    assert duration(hours) == said
