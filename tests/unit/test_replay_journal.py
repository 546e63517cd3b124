"""The journal's entries: content keys, seals, what counts after a crash, prompts taken apart, and old runs."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from fine_tuning_specialist.knowledge.evidence import Answer, Evidence, Query
from fine_tuning_specialist.replay.comparing import compare_files, unified
from fine_tuning_specialist.replay.entries import BEGINNING, Entry, JournalError, Place, from_rows, key_of, to_row
from fine_tuning_specialist.replay.forgetting import older_than
from fine_tuning_specialist.replay.journal import effective
from fine_tuning_specialist.replay.prompts import put_together, taken_apart
from fine_tuning_specialist.replay.recorded import NotRecordedError, Recorded
from fine_tuning_specialist.replay.recording import grouped
from fine_tuning_specialist.replay.showing import tree
from fine_tuning_specialist.replay.surroundings import observe
from fine_tuning_specialist.runs.records import RunRecord

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def rows_of(entries: list[Entry]) -> list[tuple[int, str, str, str, bytes]]:
    rows = []
    seal = BEGINNING
    for number, entry in enumerate(entries, start=1):
        rows.append(to_row(number, entry, seal))
        seal = rows[-1][3]
    return rows


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(JSON, JSON), max_size=4))
def test_what_is_written_is_read_again(contents: list[tuple[object, object]]) -> None:
    entries = [Entry("consult", asked, came, Place("t", "c", "a")) for asked, came in contents]
    assert from_rows("run", rows_of(entries)) == entries


def test_the_key_depends_on_kind_and_content_and_on_no_order_of_keys() -> None:
    assert key_of("consult", {"a": 1, "b": 2}) == key_of("consult", {"b": 2, "a": 1})
    assert key_of("consult", {"a": 1}) != key_of("model", {"a": 1})
    assert key_of("consult", {"a": 1}) != key_of("consult", {"a": "1"})


def test_entries_in_another_order_are_noticed() -> None:
    first, second, third = rows_of([Entry("day", {}, f"2026-11-0{day}") for day in (1, 2, 3)])
    swapped = [first, (2, *third[1:]), (3, *second[1:])]
    with pytest.raises(JournalError, match=r"Entry 2 .* was changed"):
        from_rows("run", swapped)
    with pytest.raises(JournalError, match=r"Entry 1 .* is missing"):
        from_rows("run", [second, third])


def test_of_a_task_that_was_executed_twice_the_last_execution_counts() -> None:
    before = Entry("consult", "q", "before the crash", Place("task", "c", "first"))
    other = Entry("consult", "r", "of another task", Place("other", "c", "first"))
    after = Entry("consult", "q", "after the crash", Place("task", "c", "second"))
    assert effective([before, other, after]) == [other, after]


def test_of_two_replies_to_one_question_the_last_counts() -> None:
    place = Place("reply:1", "c", "a")
    first, second = Entry("reply", {"reply": "no"}, None, place), Entry("reply", {"reply": "yes"}, None, place)
    assert effective([first, second]) == [second]


def test_answers_are_given_out_once_and_in_their_order() -> None:
    recorded = Recorded([Entry("consult", {"text": "LoRA rank"}, number) for number in (1, 2)])
    assert recorded.waits("consult", {"text": "LoRA rank"})
    assert [recorded.take("consult", {"text": "LoRA rank"}).result for _ in range(2)] == [1, 2]
    assert recorded.find("consult", {"text": "LoRA rank"}) is None
    with pytest.raises(NotRecordedError) as caught:
        recorded.take("consult", {"text": "LoRA rank"})
    assert caught.value.nearest is None


def test_the_nearest_recorded_question_is_named() -> None:
    recorded = Recorded([Entry("consult", {"text": text}, 1) for text in ("LoRA rank 8B", "DPO beta")])
    with pytest.raises(NotRecordedError) as caught:
        recorded.take("consult", {"text": "LoRA rank 70B"})
    assert caught.value.nearest == {"text": "LoRA rank 8B"}


def test_a_prompt_is_put_together_from_paragraphs_that_are_kept_once() -> None:
    persona = "You are the specialist."
    first, kept = taken_apart([SystemMessage(persona), HumanMessage("Documents\n\nlong text\n\nQuestion 1")])
    second, more = taken_apart([SystemMessage(persona), HumanMessage("Documents\n\nlong text\n\nQuestion 2")])
    assert sorted({**kept, **more}.values()) == ["Documents", "Question 1", "Question 2", persona, "long text"]
    assert put_together(first, kept) == f"## system\n\n{persona}\n\n## human\n\nDocuments\n\nlong text\n\nQuestion 1"
    assert first != second
    called = AIMessage("", tool_calls=[{"name": "search", "args": {"text": "x"}, "id": "1"}])
    assert "search" in put_together(*taken_apart([called]))


def test_broader_answers_belong_to_the_query_before_them() -> None:
    first, second = (Query(tool="get_warnings", text=text) for text in ("a", "b"))
    broad = Query(tool="get_warnings", text="wide")
    answers = [
        Answer(query=first),
        Answer(query=broad, broadened_from=first, results=[Evidence(id="e", kind="warning", title="t", text="x")]),
        Answer(query=second),
    ]
    assert grouped([first, second], answers) == [answers[:2], answers[2:]]
    assert grouped([first, second], answers[:1]) == [answers[:1], []]


def test_differences_of_line_ends_and_of_a_missing_last_line_end_can_be_seen() -> None:
    assert compare_files({"a": "x\n"}, {"a": "x\n"}) == []
    assert "+x␍" in unified("x\n", "x\r\n", "a")
    assert "+x (no line end)" in unified("x\n", "x", "a")
    names = [(difference.name, difference.text) for difference in compare_files({"gone": "1"}, {"new": "2"})]
    assert [name for name, _ in names] == ["gone", "new"]
    assert "not now" in names[0][1]
    assert "not then" in names[1][1]


def test_branches_of_the_tree_stand_to_the_right_of_the_line_that_goes_on() -> None:
    def point(key: str, parent: str, step: int, following: str) -> dict[str, object]:
        return {
            "id": key,
            "parent": parent,
            "step": step,
            "next": [following],
            "source": "loop",
            "created": "2026-11-09T10",
        }

    points = [point("1", "", 0, "a"), point("2", "1", 1, "b"), point("3", "1", 1, "c"), point("4", "3", 2, "d")]
    lines = [line.split("2026")[0].rstrip() for line in tree(points)]
    assert lines == ["  |   0  a", "  | *   1  b", "  |   1  c", "  *   2  d"]


def test_old_runs_are_those_that_nobody_has_touched() -> None:
    def run(name: str, status: str, days: float) -> RunRecord:
        return RunRecord(name, "/p", "", 1, status, "", "", 0.0, 1e9 - days * 86_400)

    runs = [run("new", "completed", 1), run("old", "open", 100), run("done", "skipped", 100)]
    assert [item.name for item in older_than(runs, 90, now=1e9)] == ["old", "done"]
    assert [item.name for item in older_than(runs, 90, finished=True, now=1e9)] == ["done"]


def test_the_surroundings_are_made_again_as_the_start_of_a_run_reads_them(tmp_path: Path) -> None:
    project = tmp_path / "work" / "flow" / "shop"
    (project / "phase-0-scoping").mkdir(parents=True)
    (tmp_path / "work" / ".git").mkdir()
    (project / "sidecar.yaml").write_bytes(b"\xef\xbb\xbfarchitecture: hybrid\r\n")
    (project / "phase-0-scoping" / "business-requirements.md").write_bytes(b"\xff\xfe not text")
    (project / "phase-0-scoping" / "architecture-decision.md").symlink_to(tmp_path / "elsewhere")
    (project / "phase-0-scoping" / "tech-stack-decision.md").mkdir()
    (project / "decision-log.md").write_text("x" * 1_500_000)
    (tmp_path / "work" / "flow" / "config.yaml").write_text(
        "paths: {agents_folder: '{project-root}/people'}\nknowledge_mcp: {endpoint: 'http://u:pw@h/'}\n"
    )
    (tmp_path / "work" / "people").mkdir()
    (tmp_path / "work" / "people" / "fine-tuning-specialist.md").write_text("# Tess\n")
    found = observe({"project_dir": str(project)})
    assert found.root == str(tmp_path / "work")
    again = tmp_path / "scratch"
    inputs = found.restore(again)
    assert inputs == {"project_dir": str(again / "flow" / "shop")}
    made = again / "flow" / "shop"
    for path in ("sidecar.yaml", "decision-log.md", "phase-0-scoping/business-requirements.md"):
        assert (made / path).read_bytes() == (project / path).read_bytes()
    assert (made / "phase-0-scoping" / "architecture-decision.md").is_symlink()
    assert (made / "phase-0-scoping" / "tech-stack-decision.md").is_dir()
    assert (again / ".git").is_dir()
    assert "pw" not in (again / "flow" / "config.yaml").read_text()
    assert replace(observe(inputs), root=found.root) == found


def test_documents_that_a_caller_hands_over_are_the_surroundings_themselves(tmp_path: Path) -> None:
    found = observe({"documents": {"sidecar.yaml": "architecture: hybrid"}})
    assert found.restore(tmp_path) == {"documents": {"sidecar.yaml": "architecture: hybrid"}}
    assert found.text("sidecar.yaml") == "architecture: hybrid"
    assert found.text("decision-log.md") is None
    assert list(tmp_path.iterdir()) == []
