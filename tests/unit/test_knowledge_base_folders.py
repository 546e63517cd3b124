"""A folder of one's own entries: found by search when sound, refused with file, entry and remedy when not."""

from pathlib import Path

import pytest

from fine_tuning_knowledge import KnowledgeBaseError, load_base

ENTRY = """\
topic: ours
entries:
- id: OURS-001
  kind: fact
  title: Our zebrafish chat tune needed 640 rows
  body: Measured on three runs.
  figures:
  - {quantity: recommended_examples, method: sft, task_type: chat, model_size: 8B, min: 640, unit: examples}
  sources: [our-wiki]
  locator: page 3
  provenance: seen
  as_of: 2026-11-01
  tags: [sft, chat]
"""
SOURCES = """\
sources:
- {id: our-wiki, title: Our wiki, url: "https://wiki.example.org/tuning", kind: docs}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sources.yaml").write_text(SOURCES)
    (tmp_path / "ours.yaml").write_text(ENTRY)
    return tmp_path


def test_own_entries_are_found_beside_the_embedded_ones(folder):
    base = load_base([folder])
    best = base.search("zebrafish chat rows")[0].entry

    assert best.id == "OURS-001"
    assert best.as_of == "2026-11-01"
    assert base.sources["our-wiki"].address == "https://wiki.example.org/tuning"
    assert len(base.entries) == len(load_base().entries) + 1


def test_own_entries_may_cite_embedded_sources(folder):
    (folder / "sources.yaml").unlink()
    (folder / "ours.yaml").write_text(ENTRY.replace("our-wiki", "lima"))

    assert load_base([folder]).search("zebrafish")[0].entry.sources == ["lima"]


def test_entries_may_lie_in_a_subfolder_entries(folder):
    (folder / "entries").mkdir()
    (folder / "ours.yaml").rename(folder / "entries" / "ours.yaml")

    assert load_base([folder]).search("zebrafish")[0].entry.id == "OURS-001"


def test_own_disagreements_become_decisions(folder):
    (folder / "contradictions.yaml").write_text(
        "contradictions:\n"
        "- id: OURS-CON-1\n"
        "  question: Is a zebrafish a fish?\n"
        "  positions:\n"
        "  - {claim: it is, sources: [our-wiki]}\n"
        "  - {claim: it is not, sources: [lima]}\n"
        "  reading: Ask a biologist.\n"
        "  related: [OURS-001]\n"
    )
    found = load_base([folder]).search("zebrafish fish", kinds=["decision"])[0].entry

    assert [option.split(" (")[0] for option in found.options] == ["it is", "it is not"]
    assert found.recommended_approach == "Ask a biologist."


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda t: t.replace("OURS-001", "DATA-001"),
            "entry DATA-001: this id is taken already in .*data_thresholds.yaml",
        ),
        (lambda t: t.replace("OURS-001", "MODEL-X"), "entry MODEL-X: .*choose another id"),
        (lambda t: t.replace("OURS-001", "'../etc'"), "entry ../etc: `id`"),
        (
            lambda t: t.replace("our-wiki", "nowhere"),
            "entry OURS-001: source 'nowhere' is not in any sources.yaml; add it",
        ),
        (lambda t: t.replace("  provenance: seen\n", ""), "entry OURS-001: `provenance` is missing; add it"),
        (lambda t: t.replace("provenance: seen", "provenance: heard"), "entry OURS-001: `provenance`.*'seen'"),
        (lambda t: t.replace("locator:", "locatr:"), "entry OURS-001: `locatr` is not a known key"),
        (lambda t: t.replace("kind: fact", "kind: rumour"), "entry OURS-001: `kind`"),
        (lambda t: t.replace("kind: fact", "kind: decision"), "entry OURS-001: a decision needs its question"),
        (lambda t: t.replace("  locator", "  steps: [a]\n  locator"), "steps does not belong to a fact"),
        (lambda t: t.replace("min: 640, ", ""), "figure 'recommended_examples' states nothing"),
        (lambda t: t.replace("model_size: 8B", "model_size: eight"), "model_size 'eight' is not of the form 7B"),
        (lambda t: t.replace("  locator", "  related: [GONE-1]\n  locator"), "related entry 'GONE-1' does not exist"),
        (lambda t: t.replace("entries:", "entrys:"), "`entries` is missing"),
        (lambda t: t.replace("  id", "\tid").replace("- id", "-\tid: ["), "not valid YAML"),
        (lambda t: "", "empty; add entries or remove the file"),
        (lambda t: "- 1\n- 2\n", "a file of entries has `topic:` and a list `entries:`"),
        (lambda t: "entries:\n- just text\n", "entries"),
        (lambda t: "entries: " + "[" * 5000, "not valid YAML"),
    ],
)
def test_a_faulty_file_is_refused_with_file_entry_and_remedy(folder, change, words):
    (folder / "ours.yaml").write_text(change(ENTRY))

    with pytest.raises(KnowledgeBaseError, match=words) as refusal:
        load_base([folder])
    assert str(folder / "ours.yaml") in str(refusal.value)


def test_all_problems_are_told_at_once(folder):
    (folder / "ours.yaml").write_text(ENTRY.replace("provenance: seen", "provenance: heard"))
    (folder / "more.yaml").write_text(ENTRY.replace("OURS-001", "DATA-001"))

    with pytest.raises(KnowledgeBaseError) as refusal:
        load_base([folder])
    assert len(refusal.value.problems) == 2


def test_the_same_source_twice_is_refused(folder):
    (folder / "sources.yaml").write_text(SOURCES.replace("our-wiki", "lima"))

    with pytest.raises(KnowledgeBaseError, match="source lima: this id is taken already"):
        load_base([folder])


def test_a_binary_file_is_refused(folder):
    (folder / "ours.yaml").write_bytes(b"\x00\x01\x02\xff")

    with pytest.raises(KnowledgeBaseError, match="not valid YAML"):
        load_base([folder])


def test_a_huge_file_is_refused_unread(folder):
    (folder / "ours.yaml").write_bytes(b"#" * (8 * 1024 * 1024 + 1))

    with pytest.raises(KnowledgeBaseError, match="larger than 8 MiB"):
        load_base([folder])


def test_python_objects_in_yaml_are_never_made(folder):
    (folder / "ours.yaml").write_text("entries: !!python/object/apply:os.getcwd []\n")

    with pytest.raises(KnowledgeBaseError, match="not valid YAML"):
        load_base([folder])


@pytest.mark.parametrize(("name", "words"), [("missing", "not a folder"), ("hollow", "holds no YAML file")])
def test_a_folder_without_entries_is_refused(tmp_path, name, words):
    (tmp_path / "hollow").mkdir()

    with pytest.raises(KnowledgeBaseError, match=words):
        load_base([tmp_path / name])
