"""The stories: the specification's words first, then the project's own figures."""

from pathlib import Path

import pytest
import yaml

from fine_tuning_specialist.findings import Finding
from fine_tuning_specialist.project.writing.design import Stated, TrainingDesign
from fine_tuning_specialist.project.writing.stories import Story, known_titles, stories_for

TESTS = Path(__file__).parent.parent


def load(name: str) -> TrainingDesign:
    path = TESTS / "fixtures" / "writing" / f"{name}.yaml"
    return TrainingDesign.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


@pytest.fixture
def design() -> TrainingDesign:
    return load("combined")


def specified() -> list[dict[str, object]]:
    text = (TESTS / "fixtures" / "specification.md").read_text(encoding="utf-8")
    block = text.partition("### 10. Generate Training Stories")[2].partition("```yaml\n")[2].partition("```")[0]
    stories: list[dict[str, object]] = yaml.safe_load(block)["stories"]["step_5_training"]
    return stories


def criteria(stories: list[Story]) -> str:
    return "\n".join(line for story in stories for line in story.acceptance_criteria)


def test_ids_titles_descriptions_and_criteria_are_the_specification_s(design: TrainingDesign) -> None:
    for story, wanted in zip(stories_for(design), specified(), strict=True):
        assert (story.id, story.title, story.description) == (wanted["id"], wanted["title"], wanted["description"])
        letter = wanted["acceptance_criteria"]
        assert isinstance(letter, list)
        assert list(story.acceptance_criteria[: len(letter)]) == letter
        assert len(story.acceptance_criteria) > len(letter)


@pytest.mark.parametrize(
    ("number", "figures"),
    [
        (
            1,
            ["5,200 instruction-response pairs in data/sft.jsonl", "800 preference pairs in data/pairs.jsonl", "1,000"],
        ),
        (2, ["1x A10G with 24 GB each available on RunPod", "MLflow", "400 USD", "Qwen/Qwen3-8B", "Apache-2.0"]),
        (3, ["QLoRA with rank 16 and alpha 32 on q_proj, v_proj", "Learning Rate 2e-4", "DPO Beta 0.1", "TRL"]),
        (4, ["975 optimizer steps", "every 10", "every 50", "3 evaluations", "400 USD", "Stage 1 (SFT)"]),
        (5, ["Step 8 is the owner of the metrics", "Qwen/Qwen3-8B"]),
    ],
)
def test_criteria_carry_the_project_s_figures(number: int, figures: list[str], design: TrainingDesign) -> None:
    text = criteria([stories_for(design)[number - 1]])
    assert [figure for figure in figures if figure not in text] == []


def test_an_open_finding_becomes_a_criterion_and_a_settled_one_does_not(
    design: TrainingDesign,
) -> None:
    stories = stories_for(design)
    assert "Finding F1 is settled: MLflow here, W&B in the tech stack (owner: Step 2)" in stories[1].acceptance_criteria
    assert "F2" not in criteria(stories)


def test_an_open_finding_of_any_section_is_in_exactly_one_story(design: TrainingDesign) -> None:
    finding = Finding(id="F9", key="risk:x", kind="risk", node="", title="t", detail="d")
    for outcome in (design, load("rag-first")):
        for node in ("welcome", "assess_training_data", "configure_peft", "document_decisions", "somewhere_else"):
            found = outcome.model_copy(update={"findings": (finding.model_copy(update={"node": node}),)})
            assert criteria(stories_for(found)).count("Finding F9") == 1, node


@pytest.mark.parametrize(("strategy", "word"), [("augment", "generated"), ("annotate", "annotated")])
def test_reaching_a_planned_count_adds_stories_that_continue_the_numbering(
    strategy: str, word: str, design: TrainingDesign
) -> None:
    assert design.sft is not None
    planned = design.sft.model_copy(update={"count": Stated(value=600), "planned_count": Stated(value=1000)})
    stories = stories_for(design.model_copy(update={"strategy": strategy, "sft": planned}))
    assert [story.id for story in stories] == [f"TRAIN-S{number:02d}" for number in range(1, 8)]
    text = criteria(stories[5:])
    assert "600 examples exist and 1,000 are planned: 400 are" in text
    assert word in text
    assert "at least 1,000 instruction-response pairs before training starts (600 exist today)" in criteria(stories[:1])


def test_full_fine_tuning_names_no_adapter(design: TrainingDesign) -> None:
    assert design.peft is not None
    full = design.model_copy(update={"peft": design.peft.model_copy(update={"method": "full", "rank": None})})
    text = criteria(stories_for(full))
    assert "All weights of Qwen3-8B are trainable" in text
    assert "rank" not in text
    assert "adapter is saved" not in text


def test_rag_first_has_stories_for_the_data_and_for_the_return() -> None:
    stories = stories_for(load("rag-first"))
    assert [story.id for story in stories] == ["TRAIN-S01", "TRAIN-S02", "TRAIN-S03"]
    assert "880 more verified" in criteria(stories[:1])
    assert "Return when: 1000 verified pairs exist" in criteria(stories[2:])


def test_skipped_and_deferred_by_n_have_none(design: TrainingDesign) -> None:
    for outcome in ("skipped", "deferred_no"):
        assert stories_for(design.model_copy(update={"outcome": outcome})) == []


def test_a_text_with_template_syntax_or_line_breaks_stays_one_line_of_text(design: TrainingDesign) -> None:
    assert design.sft is not None
    nasty = design.sft.model_copy(update={"paths": ("{{ 7 * 7 }}\n- x\x1b",)})
    lines = stories_for(design.model_copy(update={"sft": nasty}))[0].acceptance_criteria
    assert any("{{ 7 * 7 }} - x" in line for line in lines)
    assert all("\n" not in line and "\x1b" not in line for line in lines)


def test_titles_of_ours_are_known(design: TrainingDesign) -> None:
    assert {story.title for story in stories_for(design)} <= known_titles()
