"""Generated sidecars: foreign content stays, ours is there, and a second update changes nothing."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fine_tuning_specialist.project.writing import yaml_tree
from fine_tuning_specialist.project.writing.design import DecisionRecord, TrainingDesign
from fine_tuning_specialist.project.writing.sidecar_update import update_sidecar
from fine_tuning_specialist.project.writing.yaml_text import flow_text, quoted

FIXTURES = Path(__file__).parent.parent / "fixtures" / "writing"
STYLES: dict[str, str] = yaml.safe_load((FIXTURES / "sidecar-styles.yaml").read_text(encoding="utf-8"))
COMMON = settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
scalars = st.one_of(st.none(), st.booleans(), st.integers(-999, 999), words)
foreign_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)
foreign_decisions = st.lists(
    st.fixed_dictionaries({"id": st.sampled_from(["arch-001", "EMB-001", "DATA-002"]), "choice": words}), max_size=3
)
sidecars = st.fixed_dictionaries(
    {"architecture": st.just("hybrid")},
    optional={
        "currentStep": st.sampled_from([4, "2b", None, 5]),
        "stepsCompleted": st.lists(st.sampled_from([1, "2a", 4, 5, "5"]), max_size=4, unique_by=str) | st.none(),
        "phases": st.dictionaries(st.sampled_from(["phase_0", "phase_2_training"]), words, max_size=2) | st.none(),
        "decisions": foreign_decisions | st.none(),
        "stories": st.dictionaries(st.sampled_from(["step_4_embeddings", "step_6_rag"]), foreign_decisions) | st.none(),
        "quality_gate": foreign_values,
        "tech_stack": foreign_values,
    },
)
layouts = st.fixed_dictionaries(
    {
        "default_flow_style": st.sampled_from([None, False, True]),
        "indent": st.sampled_from([2, 3, 4, 8]),
        "width": st.sampled_from([20, 80, 10_000]),
        "default_style": st.sampled_from([None, None, '"', "'"]),
        "line_break": st.sampled_from(["\n", "\r\n"]),
        "explicit_start": st.booleans(),
        "allow_unicode": st.booleans(),
        "sort_keys": st.booleans(),
    }
)


def _design() -> TrainingDesign:
    return TrainingDesign.model_validate(yaml.safe_load((FIXTURES / "combined.yaml").read_text(encoding="utf-8")))


def _foreign(data: dict[str, Any]) -> dict[str, Any]:
    rest = {key: value for key, value in data.items() if key != "currentStep"}
    rest["stepsCompleted"] = [item for item in rest.get("stepsCompleted") or [] if str(item) != "5"]
    rest["phases"] = {k: v for k, v in (rest.get("phases") or {}).items() if k != "phase_2_training"}
    rest["stories"] = {k: v for k, v in (rest.get("stories") or {}).items() if k != "step_5_training"}
    rest["decisions"] = [item for item in rest.get("decisions") or [] if not item["id"].startswith("TRAIN-")]
    return {key: value for key, value in rest.items() if value or key not in _CONTAINERS}


_CONTAINERS = ("stepsCompleted", "phases", "stories", "decisions")


@COMMON
@given(sidecar=sidecars, layout=layouts, cut=st.booleans(), mark=st.sampled_from(["", "\ufeff"]))
def test_any_sidecar_keeps_what_is_foreign_and_settles_after_one_update(
    sidecar: dict[str, Any], layout: dict[str, Any], cut: bool, mark: str
) -> None:
    text = mark + yaml.safe_dump(sidecar, **layout)
    # What a reader makes of the text counts: line breaks of some scripts don't survive the dump itself.
    before = yaml.safe_load(text.removeprefix(mark))
    if cut and yaml.safe_load(text.removeprefix(mark).rstrip("\r\n")) == before:
        text = text.rstrip("\r\n")
    design = _design()
    once = update_sidecar(text, design, "documented")
    data = yaml.safe_load(once.text.removeprefix("\ufeff"))
    assert _foreign(data) == _foreign(before)
    assert data["phases"]["phase_2_training"] == "designed"
    assert [str(item) for item in data["stepsCompleted"]].count("5") == 1
    assert update_sidecar(once.text, design, "documented").text == once.text
    assert once.text.startswith(mark)


@COMMON
@given(sidecar=sidecars, layout=layouts)
def test_the_fast_parser_finds_everything_where_the_slow_one_does(
    sidecar: dict[str, Any], layout: dict[str, Any]
) -> None:
    updated = update_sidecar(yaml.safe_dump(sidecar, **layout), _design(), "documented").text
    for text in (yaml.safe_dump(sidecar, **layout), updated, *STYLES.values()):
        fast = yaml_tree.parse(text.removeprefix("\ufeff"), "sidecar.yaml")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(yaml_tree, "FAST", yaml.SafeLoader)
            assert yaml_tree.parse(text.removeprefix("\ufeff"), "sidecar.yaml") == fast


@COMMON
@given(choice=words, rationale=words)
def test_any_text_of_a_user_comes_back_from_the_sidecar(choice: str, rationale: str) -> None:
    decision = DecisionRecord(id="TRAIN-001", title="Base Model Selection", choice=choice, rationale=rationale)
    design = _design().model_copy(update={"decisions": (decision,)})
    before = "architecture: hybrid\ndecisions:\n  - id: train-001\n    choice: 'old'\n    rationale: >-\n      old\n"
    found = yaml.safe_load(update_sidecar(before, design, "documented").text)["decisions"][0]
    assert (found["choice"], found["rationale"]) == (choice, rationale)


@COMMON
@given(value=st.dictionaries(words, words | st.lists(words)), text=words)
def test_written_values_are_read_as_they_were(value: dict[str, Any], text: str) -> None:
    assert yaml.safe_load(quoted(text)) == text
    assert yaml.safe_load(flow_text(value, quote_keys=True)) == value
