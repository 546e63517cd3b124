"""What the embedded knowledge base holds: cited entries, machine-readable figures, both sides of disagreements."""

import re
from importlib.resources import files
from itertools import pairwise

import pytest
import yaml

from fine_tuning_knowledge import Base, load_base
from fine_tuning_knowledge.tools import TOOLS, InvalidArgumentError, call

WORKING_NOTES = re.compile(r"seen_at|file id|stored copy|corpus\b(?!,)|/work|/tmp")


@pytest.fixture(scope="module")
def base() -> Base:
    return load_base()


def test_every_kind_is_well_stocked(base):
    counts = {kind: sum(kind in entry.kinds for entry in base.entries) for kind in ("decision", "pattern", "warning")}
    methodologies = sum("methodology" in entry.kinds for entry in base.entries)

    assert counts["decision"] >= 50
    assert counts["pattern"] >= 80
    assert counts["warning"] >= 60
    assert methodologies >= 25


def test_every_entry_names_a_source_and_almost_all_where_in_it(base):
    for entry in base.entries:
        assert all(base.sources[source].title for source in entry.sources), entry.id
    without = [e.id for e in base.entries if not e.locator and not e.id.startswith("CON-")]

    assert len(without) <= 3


def test_recalled_and_quoted_statements_are_marked_as_such(base):
    provenances = {entry.provenance for entry in base.entries}
    by_id = {entry.id: entry for entry in base.entries}

    assert provenances == {"seen", "quoted", "recalled"}
    assert by_id["MEM-023"].provenance == "recalled"
    assert by_id["DATA-016"].provenance == "quoted"
    assert by_id["BASE-007"].partly_recalled


def test_nothing_of_the_research_notes_ships():
    texts = [path for path in files("fine_tuning_knowledge").joinpath("base").iterdir() if path.name.endswith(".yaml")]
    texts += list(files("fine_tuning_knowledge").joinpath("base", "entries").iterdir())
    texts.append(files("fine_tuning_catalogue").joinpath("base_models.yaml"))

    assert len(texts) == 14
    for path in texts:
        assert not WORKING_NOTES.findall(path.read_text(encoding="utf-8").replace("48.1B-token corpus", "")), path


def test_a_list_holds_whole_statements_and_never_one_cut_at_a_comma(base):
    for entry in base.entries:
        told = " ".join(entry.body.split())
        for items in (
            entry.options,
            entry.considerations,
            entry.trade_offs,
            entry.symptoms,
            entry.consequences,
            entry.steps,
        ):
            for first, second in pairwise(items):
                assert f"{first},{second}".casefold() not in told.casefold(), (entry.id, first, second)
                continued = second[:1].islower() and f"{first[-20:]}, {second}" in told
                assert not continued, (entry.id, first, second)


def test_merged_entries_live_on_in_the_one_that_stayed(base):
    by_id = {entry.id: entry for entry in base.entries}
    merged = {old: entry for entry in base.entries for old in entry.also}

    assert set(merged) >= {
        "DATA-005",
        "METH-018",
        "METH-008",
        "WARN-006",
        "WARN-014",
        "WARN-031",
        "RAG-012",
        "DATA-040",
    }
    assert not set(merged) & set(by_id)
    assert {"unsloth-what-model", "llmeh-book"} <= set(by_id["BASE-003"].sources)


def test_both_sides_of_a_disagreement_are_options_of_one_decision(base):
    beta = next(entry for entry in base.entries if entry.id == "CON-001")

    assert beta.question == "What DPO beta should be used?"
    assert any("0.1 is the usual default" in option for option in beta.options)
    assert any("0.6 was best for OpenHermes" in option for option in beta.options)
    assert "Start at 0.1" in beta.recommended_approach


def test_a_disagreement_is_no_better_attested_than_its_weakest_side(base):
    by_id = {entry.id: entry for entry in base.entries}

    assert by_id["CON-008"].provenance == "seen"
    assert by_id["CON-011"].provenance == "quoted"


def test_base_models_say_which_licences_are_unverified(base):
    model = next(entry for entry in base.entries if entry.id == "MODEL-Llama-3.1-8B")
    figures = {figure.quantity: figure for figure in model.figures}

    assert model.partly_recalled
    assert "unverified" in figures["license"].note
    assert figures["params_billion"].value == 8
    assert figures["context_length"].value == 131072


def test_the_catalogue_of_base_models_is_dated_and_every_shape_located():
    catalogue = yaml.safe_load(files("fine_tuning_catalogue").joinpath("base_models.yaml").read_text(encoding="utf-8"))

    assert catalogue["checked"] == "2026-11"
    for model in catalogue["models"]:
        assert model.get("locator") or model["config_provenance"] == "recalled", model["name"]


# ---- the tools


@pytest.mark.parametrize(
    ("tool", "fields"),
    [
        ("search_knowledge", "id score type content source"),
        (
            "get_decisions",
            "id question options considerations recommended_approach topics source_title source_id chunk_id",
        ),
        (
            "get_patterns",
            "id name problem solution code_example context trade_offs topics source_title source_id chunk_id",
        ),
        (
            "get_warnings",
            "id title description symptoms consequences prevention topics source_title source_id chunk_id",
        ),
        ("get_methodologies", "id name steps prerequisites outputs topics source_title source_id chunk_id"),
    ],
)
def test_results_have_the_shape_of_the_contract_and_ours_beside(base, tool, fields):
    answer = call(base, tool, {TOOLS[tool].text: "lora learning rate"})

    assert answer["results"]
    for result in answer["results"]:
        assert set(fields.split()) | {"figures", "url", "locator", "provenance"} <= set(result)
    assert {"query", "sources_cited", "result_count", "search_type", "latency_ms"} == set(answer["metadata"])
    assert answer["metadata"]["result_count"] == len(answer["results"])


def test_search_results_carry_their_source_with_its_position(base):
    answer = call(base, "search_knowledge", {"query": "SFT sample counts by goal handbook", "limit": 3})
    source = answer["results"][0]["source"]

    assert source == {
        "source_id": "llmeh-book",
        "chunk_id": "DATA-016",
        "title": "LLM Engineer's Handbook",
        "authors": source["authors"],
        "position": {"chapter": "5", "section": None, "page": "209-210"},
    }


def test_figures_carry_locator_and_source(base):
    answer = call(base, "search_knowledge", {"query": "LIMA stability 2,000 examples 7B", "limit": 1})
    figure = answer["results"][0]["figures"][0]

    assert figure["quantity"] == "recommended_examples"
    assert (figure["min"], figure["model_size"], figure["task_type"]) == (2000, "7B", "instruction-following")
    assert figure["source_title"].startswith("LIMA")
    assert figure["locator"]


def test_a_list_of_values_is_also_a_range(base):
    answer = call(base, "get_patterns", {"topic": "DPO beta selection procedure"})
    sweep = next(f for r in answer["results"] for f in r["figures"] if f["quantity"] == "dpo_beta_sweep")

    assert (sweep["min"], sweep["max"]) == (0.01, 0.5)


def test_caveats_stand_in_fields_that_every_client_shows(base):
    answer = call(base, "get_patterns", {"topic": "rank by task complexity"})

    assert "Caveat: Editorial synthesis" in answer["results"][0]["solution"]


def test_sources_are_listed_with_counts_of_what_cites_them(base):
    answer = call(base, "list_sources", {"limit": 500})
    lima = next(source for source in answer["results"] if source["id"] == "lima")

    assert answer["metadata"]["result_count"] == len(base.sources) >= 140
    assert lima["type"] == "paper"
    assert lima["authors"] == ["Zhou et al."]
    assert lima["extraction_counts"]["facts"] >= 4
    assert lima["extraction_counts"]["warnings"] == 1
    assert lima["url"] == "https://arxiv.org/abs/2305.11206"


def test_an_empty_topic_lists_everything_of_the_kind(base):
    answer = call(base, "get_warnings", {"limit": 500})

    assert answer["metadata"]["result_count"] == sum("warning" in entry.kinds for entry in base.entries)
    assert answer["metadata"]["search_type"] == "list"


def test_null_arguments_take_the_defaults(base):
    assert call(base, "get_decisions", {"topic": None, "limit": None})["metadata"]["result_count"] == 100


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("search_knowledge", {}, "query is required"),
        ("search_knowledge", {"query": "  "}, "query is required"),
        ("search_knowledge", {"query": 5}, "query must be text"),
        ("search_knowledge", {"query": "x", "limit": 101}, "from 1 to 100"),
        ("get_warnings", {"limit": 0}, "from 1 to 500"),
        ("get_warnings", {"limit": True}, "whole number"),
        ("get_patterns", {"query": "x"}, "it takes topic and limit"),
        ("list_sources", {"topic": "x"}, "it takes limit"),
        ("drop_table", {}, "there is no tool 'drop_table'"),
    ],
)
def test_a_wrong_call_is_told_what_the_tool_takes(base, tool, arguments, words):
    with pytest.raises(InvalidArgumentError, match=words):
        call(base, tool, arguments)
