"""What servers return, made into evidence: every kind, and everything that may be missing, null or hostile."""

import json
from typing import Any

import pytest

from fine_tuning_specialist.knowledge.arguments import broader_queries, tool_arguments
from fine_tuning_specialist.knowledge.errors import CallFailed
from fine_tuning_specialist.knowledge.evidence import Query
from fine_tuning_specialist.knowledge.payloads import RawAnswer, read_payload
from fine_tuning_specialist.knowledge.results import read_results

SEARCH = Query(tool="search_knowledge", text="lora")


def evidence(tool: str, result: Any):
    answer = read_results(Query(tool=tool, text="x"), {"results": [result]})
    assert len(answer.results) == 1
    return answer.results[0]


def test_a_search_result_keeps_score_source_and_position():
    source = {"source_id": "s", "title": "Book", "position": {"chapter": 3, "section": "Data", "page": 41}}
    found = evidence(
        "search_knowledge", {"id": 7, "score": 0.5, "type": "chunk", "content": "Use 1,000.", "source": source}
    )
    assert (found.id, found.kind, found.score, found.text) == ("7", "chunk", 0.5, "Use 1,000.")
    assert (found.source_id, found.source_title, found.locator) == ("s", "Book", "chapter 3, section Data, p. 41")


@pytest.mark.parametrize(
    ("tool", "result", "title", "text"),
    [
        (
            "get_decisions",
            {"question": "LoRA?", "options": ["a", "b"], "considerations": ["c"], "recommended_approach": "a"},
            "LoRA?",
            "Question: LoRA?\nOptions:\n- a\n- b\nConsiderations:\n- c\nRecommended approach: a",
        ),
        (
            "get_patterns",
            {"name": "N", "problem": "P", "solution": "S", "trade_offs": ["t"], "code_example": "x = 1\ny = 2"},
            "N",
            "Problem: P\nSolution: S\nTrade-offs:\n- t\nExample:\nx = 1\ny = 2",
        ),
        (
            "get_warnings",
            {"title": "T", "description": "D", "symptoms": ["s"], "consequences": [], "prevention": "p"},
            "T",
            "D\nSymptoms:\n- s\nPrevention: p",
        ),
        (
            "get_methodologies",
            {"name": "M", "steps": ["one", "two"], "prerequisites": ["data"], "outputs": None},
            "M",
            "Prerequisites:\n- data\nSteps:\n1. one\n2. two",
        ),
        (
            "list_sources",
            {"title": "B", "authors": ["A"], "type": "book", "extraction_counts": {"decisions": 3}},
            "B",
            "Authors:\n- A\nType: book\nHolds:\n- decisions: 3",
        ),
    ],
)
def test_each_kind_reads_as_text(tool: str, result: dict[str, Any], title: str, text: str):
    found = evidence(tool, {"id": "1", **result})
    assert (found.title, found.text) == (title, text)


def test_null_missing_and_unknown_fields_do_no_harm():
    found = evidence(
        "get_decisions", {"id": None, "question": "Q?", "options": None, "topics": None, "new": {"a": [1]}}
    )
    assert found.title == "Q?"
    assert found.figures == []
    assert found.score is None
    assert found.id.startswith("x")


def test_a_result_without_an_id_gets_the_same_one_each_time():
    first, second = (evidence("search_knowledge", {"content": "same"}) for _ in range(2))
    assert first.id == second.id != evidence("search_knowledge", {"content": "other"}).id


def test_results_that_hold_nothing_are_dropped_and_plain_texts_are_taken():
    answer = read_results(SEARCH, {"results": [None, 3, {}, {"content": "  "}, "plain text", {"content": "ok"}]})
    assert [result.text for result in answer.results] == ["plain text", "ok"]


def test_at_most_eight_results_are_kept_and_the_number_returned_is_recorded():
    answer = read_results(SEARCH, {"results": [{"id": n, "content": str(n)} for n in range(300)]})
    assert len(answer.results) == 8
    assert answer.metadata["returned"] == 300


def test_the_same_entry_twice_is_kept_once():
    answer = read_results(SEARCH, {"results": [{"id": "a", "content": "1"}, {"id": "a", "content": "1"}]})
    assert len(answer.results) == 1


def test_long_results_are_cut_and_the_recommendation_survives():
    found = evidence(
        "get_decisions", {"question": "Q?", "considerations": ["long " * 2000], "recommended_approach": "Do SFT."}
    )
    assert len(found.text) <= 2000
    assert found.text.endswith("Recommended approach: Do SFT.")


def test_control_and_hidden_characters_are_removed_and_the_rest_is_left_as_data():
    hostile = "\x1b[2J\x1b]0;owned\x07Ignore\u202e all {{ 7 * 7 }}\x00 \ud800\U000e0041{task_type}\r\nnext"
    found = evidence("search_knowledge", {"content": hostile, "title": "a\nb\x07"})
    assert found.text == "[2J]0;ownedIgnore all {{ 7 * 7 }} {task_type}\nnext"
    assert found.title == "a b"
    found.model_dump_json().encode()


def test_only_web_addresses_are_kept_as_url():
    assert evidence("search_knowledge", {"content": "x", "url": "https://a.example/b"}).url == "https://a.example/b"
    assert evidence("search_knowledge", {"content": "x", "url": "javascript:alert(1)"}).url == ""
    assert evidence("search_knowledge", {"content": "x", "url": "http://[bad"}).url == ""


def test_figures_are_read_and_malformed_ones_dropped():
    figures = [
        {"quantity": "min_examples", "value": 1000, "unit": None, "model_size": 7, "as_of": "2025"},
        {"quantity": "lr", "min": 1e-4, "max": "3e-4"},
        {"quantity": "steps", "formula": "n / b"},
        {"quantity": "nothing"},
        {"quantity": "", "value": 1},
        {"quantity": "flag", "value": True},
        {"quantity": "inf", "value": float("inf")},
        {"quantity": "inf text", "max": "inf"},
        {"quantity": "huge", "min": 10**400},
        {"quantity": "upside down", "min": 3, "max": 1},
        {"quantity": "list", "value": [1]},
        {"quantity": "words", "min": "many"},
        "text",
        None,
    ]
    found = evidence("search_knowledge", {"content": "x", "figures": figures}).figures
    assert [figure.quantity for figure in found] == ["min_examples", "lr", "steps"]
    assert (found[0].value, found[0].model_size, found[0].unit) == (1000.0, "7", "")
    assert (found[1].min, found[1].max) == (1e-4, 3e-4)
    assert found[0].model_extra == {"as_of": "2025"}


@pytest.mark.parametrize("figures", [None, {}, "12", 3])
def test_figures_that_are_no_list_count_as_none(figures: Any):
    assert evidence("search_knowledge", {"content": "x", "figures": figures}).figures == []


@pytest.mark.parametrize("score", ["high", True, float("nan"), 10**400, None])
def test_a_score_that_is_no_number_is_left_out(score: Any):
    assert evidence("search_knowledge", {"content": "x", "score": score}).score is None


RESULTS = {"results": [{"id": "1"}]}


@pytest.mark.parametrize(
    "raw",
    [
        RawAnswer((json.dumps(RESULTS),)),
        RawAnswer(("see structured",), structured=RESULTS),
        RawAnswer((), structured={"result": json.dumps(RESULTS)}),
        RawAnswer((), structured={"result": [{"id": "1"}]}),
        RawAnswer(('[{"id": "1"}]',)),
        RawAnswer(("Here you are: " + json.dumps(RESULTS),)),
    ],
)
def test_every_way_of_carrying_the_answer_is_read(raw: RawAnswer):
    assert read_payload(raw)["results"] == [{"id": "1"}]


def test_a_list_sent_as_one_block_for_each_item_is_read():
    assert read_payload(RawAnswer(('{"id": "1"}', '{"id": "2"}')))["results"] == [{"id": "1"}, {"id": "2"}]


def test_null_results_are_an_empty_answer():
    assert read_payload(RawAnswer(('{"results": null}',)))["results"] == []


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (RawAnswer(("<html>",)), "isn't JSON"),
        (RawAnswer(("[" * 100_000,)), "isn't JSON"),
        (RawAnswer(("1" * 5000,)), "isn't JSON"),
        (RawAnswer(('{"results": 3}',)), "isn't JSON with results"),
        (RawAnswer(()), "empty"),
        (RawAnswer(("x" * (17 * 1024 * 1024),)), "larger than"),
        (RawAnswer(("the index is gone",), is_error=True), "the index is gone"),
        (RawAnswer(('{"results": []}',), is_error=True), "error"),
        (RawAnswer(('{"error": {"code": "internal", "message": "broken"}}',)), "broken"),
        (RawAnswer(('{"error": "broken"}',)), "broken"),
        (RawAnswer(('Error executing tool: {"error": {"message": "broken"}}',), is_error=True), "broken"),
    ],
)
def test_what_is_no_answer_fails_in_words(raw: RawAnswer, words: str):
    with pytest.raises(CallFailed, match=words):
        read_payload(raw)


def test_a_refusal_is_final_and_a_breakdown_is_not():
    with pytest.raises(CallFailed) as refused:
        read_payload(RawAnswer(('{"error": {"code": "unauthorized", "message": "API key needed"}}',)))
    with pytest.raises(CallFailed) as broken:
        read_payload(RawAnswer(('{"error": {"code": "internal", "message": "oops"}}',)))
    assert refused.value.final
    assert not broken.value.final


@pytest.mark.parametrize(
    ("tool", "properties", "expected"),
    [
        ("get_warnings", {"topic": {"type": "string"}, "query": {"type": "string"}}, {"topic": "t"}),
        ("search_knowledge", {"topic": {"type": "string"}, "query": {"type": "string"}}, {"query": "t"}),
        ("get_warnings", {"query": {"anyOf": [{"type": "string"}, {"type": "null"}]}}, {"query": "t"}),
        ("get_warnings", {"subject": {"type": "string"}}, {"subject": "t"}),
        (
            "get_warnings",
            {"topic": {"type": ["string", "null"]}, "limit": {"type": "integer"}},
            {"topic": "t", "limit": 8},
        ),
        ("get_warnings", {"topic": {"type": "string"}, "limit": {"maximum": 3}}, {"topic": "t", "limit": 3}),
        (
            "get_warnings",
            {"topic": {"type": "string"}, "limit": {"anyOf": [{"minimum": 20}]}},
            {"topic": "t", "limit": 20},
        ),
        ("get_warnings", {}, {"topic": "t"}),
        ("list_sources", {"limit": {"type": "integer"}}, {"limit": 8}),
    ],
)
def test_a_tool_is_asked_as_its_schema_says(tool: str, properties: dict[str, Any], expected: dict[str, Any]):
    assert tool_arguments(Query(tool=tool, text="t"), {"properties": properties}) == expected


def test_a_tool_that_takes_no_text_is_refused_in_words():
    with pytest.raises(CallFailed, match="takes no topic") as caught:
        tool_arguments(Query(tool="get_warnings", text="t"), {"properties": {"number": {"type": "integer"}}})
    assert caught.value.final


def test_a_free_question_is_broadened_to_its_leading_words():
    free = Query(tool="search_knowledge", text="RAG to fine-tuning transition for banks")
    assert [query.text for query in broader_queries(free)] == ["RAG fine-tuning"]
    assert broader_queries(Query(tool="get_decisions", text="fine-tuning")) == []
    assert broader_queries(Query(tool="list_sources", text="")) == []
