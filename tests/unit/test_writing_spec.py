"""The specification: every heading and label of section 9, origins at figures, and texts that stay texts."""

import re
from pathlib import Path

import pytest
import yaml

from fine_tuning_specialist.project.writing.design import SourceEntry, Stated, TrainingDesign
from fine_tuning_specialist.project.writing.rendering import number, origin_marker
from fine_tuning_specialist.project.writing.training_spec import IncompleteDesignError, training_spec

TESTS = Path(__file__).parent.parent
NASTY = "ok\n\n# Heading\n```\nfence | cell\n~~~\n- item\n<script>x</script> ![a](http://b) {{ 7*7 }} \x1b[31m"


def load(name: str) -> TrainingDesign:
    path = TESTS / "fixtures" / "writing" / f"{name}.yaml"
    return TrainingDesign.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


@pytest.fixture
def design() -> TrainingDesign:
    return load("combined")


def written(design: TrainingDesign) -> str:
    text = training_spec(design)
    assert text is not None
    return text


SECTION_9 = """
# Training Pipeline Specification
## Base Model
- **Model:**
- **Size:**
- **License:**
- **Rationale:**
## Training Approach
- **Primary:**
- **Stages:**
## Training Data
### SFT Data (if applicable)
- **Format:** Instruction-response pairs
- **Count:**
- **Source:**
- **Quality:**
### DPO Data (if applicable)
- **Format:** Prompt + chosen + rejected
- **Count:**
- **Source:**
## PEFT Configuration
- **Method:**
- **Rank:**
- **Alpha:**
- **Target Modules:**
## Hyperparameters
| Parameter | Value | Rationale |
|-----------|-------|-----------|
| Learning Rate |
| Batch Size |
| Epochs |
| Warmup |
## Infrastructure
- **Compute:**
- **GPU Type:**
- **Experiment Tracking:**
- **Estimated Cost:**
## Full Configuration
```yaml
"""


def test_headings_labels_and_tables_are_those_of_the_specification_in_its_order(design: TrainingDesign) -> None:
    lines = iter(written(design).splitlines())
    for wanted in SECTION_9.strip().splitlines():
        assert any(line.startswith(wanted) for line in lines), f"{wanted!r} is missing or out of order"


def test_every_figure_carries_its_origin(design: TrainingDesign) -> None:
    text = written(design)
    for line in (
        "- **Size:** 8.2B parameters [K7]",
        "- **Count:** 5,200 [user]",
        "- **Rank:** 16 [K12]",
        "| Learning Rate | 2e-4 [K14] |",
        "| Batch Size | 2 [calc] |",
        "- **GPU Type:** A10G [document: phase-0-scoping/tech-stack-decision.md]",
        "- **Model:** Qwen3-8B [user, K7]",
        "| Warmup | 0.03 [default, no evidence] |",
    ):
        assert line in text


def test_sources_say_where_and_whether_recalled(design: TrainingDesign) -> None:
    sources = written(design).partition("## Sources\n")[2]
    assert "- **K7:** Qwen3 Technical Report, Table 1, <https://arxiv.org/abs/2505.09388>\n" in sources
    assert "- **K12:** LoRA Insights, Rank (recalled, not checked against the source)\n" in sources


def test_findings_defaults_missing_documents_and_missing_evidence_have_their_places(design: TrainingDesign) -> None:
    text = written(design)
    assert "## Open Findings\n- **F1 (contradiction):** MLflow here, W&B in the tech stack" in text
    assert "## Settled Findings\n- **F2 (gap):** No count for refund questions. Settled: 300" in text
    assert "- **Domain:** general (no special vocabulary is assumed)" in text
    assert "- `phase-1-feature/data-pipeline-spec.md`" in text
    assert "- Warmup: decided without evidence" in text
    assert "K12 asks for 1000 examples, K14 for 500" in text


def test_with_full_fine_tuning_the_adapter_figures_do_not_apply(design: TrainingDesign) -> None:
    assert design.peft is not None
    full = design.model_copy(update={"peft": design.peft.model_copy(update={"method": "full", "rank": None})})
    text = written(full)
    assert "- **Method:** Full [user]\n- **Rank:** not applicable\n- **Alpha:** not applicable\n" in text
    assert "- **Target Modules:** not applicable\n" in text


def test_data_of_a_stage_that_is_not_run_are_left_out(design: TrainingDesign) -> None:
    assert design.approach is not None
    alone = design.model_copy(
        update={"dpo": None, "approach": design.approach.model_copy(update={"primary": "sft", "stages": ()})}
    )
    text = written(alone)
    assert "### DPO Data" not in text
    assert "- **Primary:** SFT [user]\n- **Stages:** one stage\n" in text


def test_existing_and_planned_counts_both_stand_in_the_spec(design: TrainingDesign) -> None:
    assert design.sft is not None
    planned = design.sft.model_copy(update={"planned_count": Stated(value=8000)})
    text = written(design.model_copy(update={"sft": planned}))
    assert "- **Count:** 5,200 [user]\n- **Planned Count:** 8,000 [user]\n" in text


def _everything_nasty(value: object) -> object:
    if isinstance(value, dict):
        kept = ("origin", "primary", "method", "kind", "status", "outcome", "architecture", "id", "config_files")
        return {k: v if k in kept else _everything_nasty(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_everything_nasty(item) for item in value]
    return NASTY if isinstance(value, str) else value


@pytest.mark.parametrize("name", ["combined", "rag-first"])
def test_no_text_of_a_user_or_document_opens_a_heading_fence_or_tag(name: str) -> None:
    plain = load(name)
    nasty = TrainingDesign.model_validate(_everything_nasty(plain.model_dump()))
    text, expected = written(nasty), written(plain)
    inside = text.partition("## Full Configuration\n")[2]
    fence = inside.splitlines()[0] if name == "combined" else ""
    outside = text.replace(inside.partition(f"\n{fence.removesuffix('yaml')}\n")[0], "") if fence else text
    headings = [line for line in outside.splitlines() if line.startswith("#")]
    assert headings == [line for line in expected.splitlines() if line.startswith("#")]
    assert not re.search(r"(?<!\\)<[a-z/]|(?<!\\)!\[|\x1b|49", outside)
    assert not [line for line in outside.splitlines() if line.startswith(("~~~", "``````"))]
    tables = [line for line in outside.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in tables} == {4}


def test_a_configuration_with_fences_in_it_stays_in_one_code_block(design: TrainingDesign) -> None:
    text = written(design.model_copy(update={"configuration": "note: |\n  ```\n  ````\n"}))
    assert "`````yaml\nnote: |\n  ```\n  ````\n`````\n" in text


def test_an_address_that_is_none_is_no_link(design: TrainingDesign) -> None:
    source = SourceEntry(label="K1", title="t", url="javascript:alert(1)")
    text = written(design.model_copy(update={"sources": (source,)}))
    assert "- **K1:** t, javascript:alert(1)\n" in text


def test_the_skip_record_is_the_specification_s_to_the_letter(design: TrainingDesign) -> None:
    specification = (TESTS / "fixtures" / "specification.md").read_text(encoding="utf-8")
    record = specification.partition("**1. Create Skip Record**")[2].partition("```markdown\n")[2].partition("```")[0]
    assert record.startswith("# Step 5: Training Pipeline")
    assert training_spec(design.model_copy(update={"outcome": "skipped"})) == record


def test_a_deferral_says_what_was_found_what_is_asked_what_to_collect_and_when_to_return() -> None:
    text = written(load("rag-first"))
    assert "\n**Status:** DEFERRED\n" in text
    assert "## Data Found\n- 120 instruction-response pairs, none verified\n" in text
    assert "| Minimum for SFT | 1,000 [K12] | K12, K14 |" in text
    assert "K12 asks for 1000 examples, K14 for 500" in text
    assert "## What to Collect\n- 880 more verified" in text
    assert "## When to Return\n- 1000 verified pairs exist\n" in text
    assert "- **TRAIN-002, Training Approach:** RAG first" in text


def test_n_at_the_checkpoint_writes_no_specification(design: TrainingDesign) -> None:
    assert training_spec(design.model_copy(update={"outcome": "deferred_no"})) is None


@pytest.mark.parametrize("part", ["base_model", "approach", "peft", "infrastructure", "sft", "dpo"])
def test_a_design_that_lacks_a_part_is_refused_by_its_name(part: str, design: TrainingDesign) -> None:
    with pytest.raises(IncompleteDesignError, match=part):
        training_spec(design.model_copy(update={part: None}))


@pytest.mark.parametrize("name", ["combined", "rag-first"])
def test_the_spec_has_no_runs_of_empty_lines(name: str) -> None:
    assert "\n\n\n" not in written(load(name))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0002, "2e-4"),
        (5e-06, "5e-6"),
        (0.05, "0.05"),
        (3.0, "3"),
        (5200, "5,200"),
        (True, "yes"),
        (None, "unknown"),
        (0.0, "0"),
    ],
)
def test_numbers_read_as_people_write_them(value: float | None, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("origin", "marker"),
    [
        ("user", "[user]"),
        ("calc", "[calc]"),
        ("K12", "[K12]"),
        ("document:a/b.md", "[document: a/b.md]"),
        ("x]y", "[x)y]"),
    ],
)
def test_origins_read_as_markers(origin: str, marker: str) -> None:
    assert origin_marker(Stated(value=1, origin=origin)) == marker
