"""The sidecar: our keys as the outcome wants them, every other byte as it was."""

import copy
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from fine_tuning_specialist.project.writing.design import Acknowledgement, TrainingDesign
from fine_tuning_specialist.project.writing.sidecar_update import update_sidecar
from fine_tuning_specialist.project.writing.yaml_tree import SidecarError

FIXTURES = Path(__file__).parent.parent / "fixtures" / "writing"
STYLES: dict[str, str] = yaml.safe_load((FIXTURES / "sidecar-styles.yaml").read_text(encoding="utf-8"))
OWN_LINE = re.compile(
    r"currentStep|stepsCompleted|phase_2_training|step_5|TRAIN-|spec: null|training_config|W-1"
    r"|^\s*\W*(phases|decisions|stories|warnings_acknowledged)\W*[:{\[]",
    re.IGNORECASE,
)
NASTY = 'He said: "no" – it\'s\n  # not a comment\n---\n- {{ x }} %}\ttab 🚀 \\ \x07 \u2028 & *a !b |'


@pytest.fixture
def design() -> TrainingDesign:
    return TrainingDesign.model_validate(yaml.safe_load((FIXTURES / "combined.yaml").read_text(encoding="utf-8")))


@pytest.fixture
def rag_first() -> TrainingDesign:
    return TrainingDesign.model_validate(yaml.safe_load((FIXTURES / "rag-first.yaml").read_text(encoding="utf-8")))


class _AnyTag(yaml.SafeLoader):
    """Reads tags it doesn't know, for comparing."""


def _any(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Any:
    return (suffix, node.value if isinstance(node, yaml.ScalarNode) else loader.construct_mapping(node))


_AnyTag.add_multi_constructor("!", _any)


def load(text: str) -> dict[str, Any]:
    return yaml.load(text.removeprefix("\ufeff"), Loader=_AnyTag) or {}  # noqa: S506


def without_ours(data: dict[str, Any]) -> dict[str, Any]:
    rest = copy.deepcopy(data)
    rest.pop("currentStep", None)
    for path in (("phases", "phase_2_training"), ("steps", "step_5_fine_tuning_specialist")):
        if isinstance(rest.get(path[0]), dict):
            rest[path[0]].pop(path[1], None)
    phase_2 = (rest.get("outputs") or {}).get("phase_2") or {}
    phase_2.pop("spec", None)
    phase_2.pop("training_config", None)
    rest["stepsCompleted"] = [item for item in rest.get("stepsCompleted") or [] if str(item) != "5"]
    rest["decisions"] = [item for item in rest.get("decisions") or [] if not item["id"].upper().startswith("TRAIN")]
    stories = rest.setdefault("stories", {}) or {}
    ours = stories.pop("step_5_training", None) or []
    rest["stories"] = stories
    rest["kept stories"] = [s for s in ours if not (isinstance(s, dict) and s["id"].upper().startswith("TRAIN"))]
    return {key: value for key, value in rest.items() if value}


@pytest.mark.parametrize("name", STYLES)
def test_the_finished_design_is_in_the_sidecar_whatever_its_style(name: str, design: TrainingDesign) -> None:
    data = load(update_sidecar(STYLES[name], design, "documented").text)
    assert data["currentStep"] == 5
    assert [str(step) for step in data["stepsCompleted"]].count("5") == 1
    assert data["phases"]["phase_2_training"] == "designed"
    ours = {item["id"]: item for item in data["decisions"] if item["id"].upper().startswith("TRAIN")}
    assert {key: (item["step"], item["choice"], item["rationale"]) for key, item in ours.items()} == {
        item.id: (5, item.choice, item.rationale) for item in design.decisions
    }
    stories = [item["id"] for item in data["stories"]["step_5_training"] if isinstance(item, dict)]
    assert [item for item in stories if item.startswith("TRAIN")] == [f"TRAIN-S0{number}" for number in range(1, 6)]


@pytest.mark.parametrize("name", STYLES)
def test_what_other_steps_wrote_reads_the_same_after_the_update(name: str, design: TrainingDesign) -> None:
    after = load(update_sidecar(STYLES[name], design, "documented").text)
    assert without_ours(after) == without_ours(load(STYLES[name]))


@pytest.mark.parametrize("name", STYLES)
def test_every_line_that_is_not_ours_stays_byte_for_byte_and_in_order(name: str, design: TrainingDesign) -> None:
    before = STYLES[name]
    own_block = re.compile(r"^( *)- *id: \W*train[^\n]*\n(?:\1 +[^\n]*\n)+", re.IGNORECASE | re.MULTILINE)
    foreign = [line for line in own_block.sub("", before).splitlines(keepends=True) if not OWN_LINE.search(line)]
    remaining = iter(update_sidecar(before, design, "documented").text.splitlines(keepends=True))
    for line in foreign:
        # A last line without a line break gets one when something follows, a last item its comma.
        wanted = {line, f"{line}\n", f"{line}\r\n", f"{line.rstrip()},\n"}
        assert any(found in wanted for found in remaining), f"{line!r} is gone or moved"


@pytest.mark.parametrize("stage", ["documented", "handed_off"])
@pytest.mark.parametrize("name", STYLES)
def test_a_second_update_changes_no_byte(name: str, stage: Any, design: TrainingDesign) -> None:
    once = update_sidecar(STYLES[name], design, stage)
    twice = update_sidecar(once.text, design, stage)
    assert twice.text == once.text
    assert once.changed
    assert not twice.changed


@pytest.mark.parametrize("name", STYLES)
def test_every_outcome_can_follow_every_other(name: str, design: TrainingDesign, rag_first: TrainingDesign) -> None:
    text = STYLES[name]
    foreign = without_ours(load(text))
    skipped = design.model_copy(update={"outcome": "skipped"})
    deferred = design.model_copy(update={"outcome": "deferred_no"})
    for step in (rag_first, design, deferred, skipped, design, rag_first):
        text = update_sidecar(text, step, "handed_off").text
        assert without_ours(load(text)) == foreign
    assert {item["id"] for item in load(text)["decisions"]} >= {"TRAIN-001", "TRAIN-002"}


def test_comments_beside_our_values_stay(design: TrainingDesign) -> None:
    text = update_sidecar(STYLES["unusual spacing"], design, "documented").text
    assert "currentStep   :    5     # four\n" in text
    assert "  phase_2_training   :   designed   # soon\n" in text
    assert "stepsCompleted   :   [ 1 , 4, 5 ]\n" in text


def test_entries_of_ours_keep_fields_and_comments_that_someone_added(design: TrainingDesign) -> None:
    text = update_sidecar(STYLES["already there in other case"], design, "documented").text
    assert "  - id: TRAIN-001   # ours\n" in text
    assert "    # a comment within\n    knowledge_ref: K1\n" in text
    assert "      assignee: Ana\n" in text
    assert "        # keep me\n" in text


def test_line_ends_and_byte_order_mark_stay(design: TrainingDesign) -> None:
    windows = update_sidecar(STYLES["windows line ends"], design, "documented").text
    assert not re.search(r"(?<!\r)\n", windows)
    assert update_sidecar(STYLES["byte order mark"], design, "documented").text.startswith("\ufeffarchitecture")


def test_a_missing_final_line_break_stays_missing(design: TrainingDesign) -> None:
    assert not update_sidecar(STYLES["minimal without final newline"], design, "documented").text.endswith("\n")


def test_json_stays_json(design: TrainingDesign) -> None:
    import json

    for name in ("json", "pretty json"):
        assert json.loads(update_sidecar(STYLES[name], design, "documented").text)["currentStep"] == 5


@pytest.mark.parametrize(
    "name", ["plain", "json", "flow decisions", "already there in other case", "windows line ends"]
)
def test_texts_of_users_come_back_exactly(name: str, design: TrainingDesign) -> None:
    first = design.decisions[0].model_copy(update={"choice": NASTY, "rationale": NASTY * 2})
    nasty = design.model_copy(update={"decisions": (first, *design.decisions[1:])})
    found = [
        item
        for item in load(update_sidecar(STYLES[name], nasty, "documented").text)["decisions"]
        if item["id"] == "TRAIN-001"
    ]
    assert [(item["choice"], item["rationale"]) for item in found] == [(NASTY, NASTY * 2)]


@pytest.mark.parametrize(
    "text", ["yes", "null", "5", "2024-01-01", "1e3", "~", "", "- a", "a: b", "0x10", "No", "=", "<<"]
)
def test_texts_that_look_like_other_types_stay_text(text: str, design: TrainingDesign) -> None:
    before = f"architecture: hybrid\ndecisions:\n  - id: TRAIN-001\n    choice: {text if ':' not in text else 'x'}\n"
    first = design.decisions[0].model_copy(update={"choice": text})
    changed = design.model_copy(update={"decisions": (first, *design.decisions[1:])})
    if text in ("- a", "=", "<<"):
        before = before.replace(f"choice: {text}", "choice: x")
    assert load(update_sidecar(before, changed, "documented").text)["decisions"][0]["choice"] == text


def test_keys_that_only_some_sidecars_have_are_updated_there(design: TrainingDesign) -> None:
    seen = design.model_copy(
        update={
            "acknowledgements": (
                Acknowledgement(warning_id="w-1", mitigation="early stopping"),
                Acknowledgement(warning_id="W-2", mitigation="more data"),
            )
        }
    )
    data = load(update_sidecar(STYLES["where present"], seen, "documented").text)
    assert data["steps"]["step_5_fine_tuning_specialist"] == "complete"
    assert data["outputs"]["phase_2"] == {
        "spec": "phase-2-training/training-spec.md",
        "training_config": "phase-2-training/training-config",
    }
    assert [(str(item["acknowledged_date"]), item["mitigation"]) for item in data["warnings_acknowledged"]] == [
        ("2024-01-01", "early stopping"),
        ("2025-03-14", "more data"),
    ]
    absent = load(update_sidecar(STYLES["plain"], seen, "documented").text)
    assert not {"steps", "outputs", "warnings_acknowledged"} & set(absent)


def test_a_skip_completes_the_step_without_decisions_or_stories(design: TrainingDesign) -> None:
    text = update_sidecar(STYLES["where present"], design.model_copy(update={"outcome": "skipped"}), "documented").text
    data = load(text)
    assert (data["currentStep"], data["stepsCompleted"], data["phases"]) == (6, [5], {"phase_2_training": "skipped"})
    assert data["stories"] == {"step_5_training": []}
    assert data["outputs"]["phase_2"] == {"spec": "SKIPPED", "training_config": None}
    assert data["steps"]["step_5_fine_tuning_specialist"] == "skipped"
    assert "decisions" not in data


def test_a_skip_takes_out_stories_of_an_earlier_design_and_leaves_those_of_others(design: TrainingDesign) -> None:
    before = update_sidecar("a: 1\nstories:\n  step_5_training:\n    - id: LEGAL-1\n", design, "documented").text
    after = update_sidecar(before, design.model_copy(update={"outcome": "skipped"}), "documented").text
    assert load(after)["stories"]["step_5_training"] == [{"id": "LEGAL-1"}]


def test_n_at_the_checkpoint_changes_only_where_the_flow_stands(design: TrainingDesign) -> None:
    before = STYLES["already there in other case"]
    after = update_sidecar(before, design.model_copy(update={"outcome": "deferred_no"}), "documented").text
    assert after == before + 'currentStep: 6\nphases:\n  phase_2_training: "deferred"\n'


def test_rag_first_leaves_two_decisions_and_stories_for_the_return(rag_first: TrainingDesign) -> None:
    data = load(update_sidecar(STYLES["plain"], rag_first, "handed_off").text)
    assert (data["currentStep"], data["stepsCompleted"][-1]) == (6, 5)
    assert data["phases"]["phase_2_training"] == "deferred"
    assert [item["id"] for item in data["decisions"]] == ["ARCH-001", "TRAIN-001", "TRAIN-002"]
    assert [item["id"] for item in data["stories"]["step_5_training"]] == ["TRAIN-S01", "TRAIN-S02", "TRAIN-S03"]


def test_stories_of_an_earlier_design_go_unless_someone_worked_on_them(design: TrainingDesign) -> None:
    longer = design.model_copy(update={"strategy": "augment"})
    text = update_sidecar(STYLES["plain"], longer, "documented").text
    text = re.sub(r'( +)- id: "TRAIN-S07"\n', r"\g<0>\1  assignee: Ana\n", text)
    ids = [item["id"] for item in load(update_sidecar(text, design, "documented").text)["stories"]["step_5_training"]]
    assert "TRAIN-S06" not in ids
    assert "TRAIN-S07" in ids


def test_a_second_copy_of_our_decision_is_taken_out(design: TrainingDesign) -> None:
    before = "decisions:\n  - id: train-001\n    choice: a\n  - id: X-1\n  - id: TRAIN-001\n    choice: b\n"
    decisions = load(update_sidecar(before, design, "documented").text)["decisions"]
    assert [item["id"] for item in decisions] == ["TRAIN-001", "X-1", "TRAIN-002", "TRAIN-003"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "top level"),
        ("# only a comment\n", "top level"),
        ("- a\n- b\n", "top level"),
        ("just text\n", "top level"),
        ("a: 1\n---\nb: 2\n", "2 YAML documents"),
        ("a: 1\n\tb: 2\n", "line 2"),
        ("a: [1, 2\nb: 3\n", "not valid YAML"),
        ("a: \x00\n", "not valid YAML"),
        ("currentStep: 1\ncurrentStep: 2\n", "stands twice"),
        ("phases: done\n", "`phase_2_training` should be a mapping"),
        ("decisions:\n  TRAIN-001: x\n", "`decisions` should be a list"),
        ("stepsCompleted: 4\n", "`stepsCompleted` should be a list"),
        ("stories: [a]\n", "should be a mapping"),
        ("phases: &p\n  a: 1\nbackup: *p\n", "anchor `&p`"),
        ("stepsCompleted: &s [1]\nbackup: *s\n", "anchor `&s`"),
        ("base: &b {a: 1}\nphases: *b\n", "an alias"),
        ("a: " + "[" * 5000 + "]" * 5000, "nested more than"),
    ],
)
def test_what_cannot_be_updated_is_refused_in_words(text: str, words: str, design: TrainingDesign) -> None:
    with pytest.raises(SidecarError, match=re.escape(words)):
        update_sidecar(text, design, "documented", name="sidecar.yaml")
