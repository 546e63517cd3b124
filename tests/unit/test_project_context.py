"""LOAD CONTEXT: what is found around a project, what is refused, and what is merely told."""

import os
import time
from pathlib import Path

import pytest

from fine_tuning_specialist.project.context import load_project
from fine_tuning_specialist.project.errors import ProjectError
from fine_tuning_specialist.project.facts import ProjectContext
from fine_tuning_specialist.project.persona import persona_text

SIDECAR = """\
# state of the workflow
project_name: router-support
user_name: Ada
architecture: hybrid   # decided in step 2
currentStep: "4"
stepsCompleted: [1, "2a", 3, 4]
tech_stack:
  vector_db: Qdrant
  tracking: wandb
decisions:
  - {id: arch-001, choice: hybrid, rationale: both}
  - {id: EMB-001, choice: bge-m3}
  - not a decision
stories:
  step_4_embeddings: [{id: EMB-S01}, {id: EMB-S02}]
"""
MANDATORY = [
    "phase-1-feature/embeddings-spec.md",
    "phase-0-scoping/architecture-decision.md",
    "phase-0-scoping/business-requirements.md",
    "decision-log.md",
    "phase-0-scoping/tech-stack-decision.md",
]


def write(folder: Path, files: dict[str, str | bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "out" / "router-support"
    files: dict[str, str | bytes] = dict.fromkeys(MANDATORY, "# Title\n\nText.\n")
    files["phase-0-scoping/tech-stack-decision.md"] = "### Experiment Tracking\n- **Tool:** MLflow\n"
    write(folder, {"sidecar.yaml": SIDECAR, **files})
    return folder


def statuses(context: ProjectContext) -> dict[str, str]:
    return {document.path: document.status for document in context.documents}


def refusal(project: Path) -> ProjectError:
    with pytest.raises(ProjectError) as caught:
        load_project(project)
    assert caught.value.problem
    assert caught.value.remedy
    return caught.value


def test_a_whole_project_is_read(project: Path) -> None:
    context = load_project(project)

    assert (context.project_name, context.user_name, context.architecture) == ("router-support", "Ada", "hybrid")
    assert (context.current_step, context.embedding_stories) == ("4", 2)
    assert context.decisions == [{"id": "arch-001", "choice": "hybrid"}, {"id": "EMB-001", "choice": "bge-m3"}]
    assert statuses(context) == dict.fromkeys(MANDATORY, "read")
    assert context.warnings == []
    assert context.folder_name is None
    assert context.project_dir == str(project)


def test_facts_keep_the_document_and_the_line_they_come_from(project: Path) -> None:
    tracking = load_project(project).facts["tracking"]

    assert [(fact.value, fact.source, fact.line) for fact in tracking] == [
        ("mlflow", "phase-0-scoping/tech-stack-decision.md", 2),
        ("wandb", "sidecar.yaml", 9),
    ]


def test_a_fact_comes_first_from_the_document_that_the_specification_names(project: Path) -> None:
    files = ["phase-0-scoping/architecture-decision.md", "phase-1-feature/data-pipeline-spec.md", "decision-log.md"]
    write(project, dict.fromkeys(files, "Training examples: 5,200\n\nDomain: finance\n"))
    write(project, {"phase-0-scoping/business-requirements.md": "Domain: medical\n"})

    facts = load_project(project).facts

    assert facts["data_volume"][0].source == "phase-1-feature/data-pipeline-spec.md"
    assert facts["domain"][0].source == "phase-0-scoping/business-requirements.md"


def test_the_context_is_plain_json(project: Path) -> None:
    context = load_project(project)

    assert ProjectContext.model_validate_json(context.model_dump_json()) == context


def test_documents_that_may_exist_are_read_where_they_do(project: Path) -> None:
    write(project, {"phase-1-feature/data-requirements.md": "Training examples: 5,200"})

    context = load_project(project)

    assert statuses(context)["phase-1-feature/data-requirements.md"] == "read"
    assert "phase-1-feature/data-pipeline-spec.md" not in statuses(context)
    assert context.facts["data_volume"][0].value == 5200


def test_a_missing_document_is_named_and_stops_nothing(project: Path) -> None:
    (project / "phase-1-feature" / "embeddings-spec.md").unlink()

    assert statuses(load_project(project))["phase-1-feature/embeddings-spec.md"] == "missing"


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x00\x00", b"caf\xe9 au lait", b"text\x00text"])
def test_a_document_that_is_no_text_counts_as_missing_with_a_warning(project: Path, content: bytes) -> None:
    write(project, {"phase-0-scoping/business-requirements.md": content})

    context = load_project(project)

    assert statuses(context)["phase-0-scoping/business-requirements.md"] == "unreadable"
    assert any("business-requirements.md" in warning for warning in context.warnings)


def test_a_folder_in_the_place_of_a_document_counts_as_missing(project: Path) -> None:
    (project / "phase-1-feature" / "embeddings-spec.md").unlink()
    (project / "phase-1-feature" / "embeddings-spec.md").mkdir()

    assert statuses(load_project(project))["phase-1-feature/embeddings-spec.md"] == "unreadable"


def test_a_named_pipe_in_the_place_of_a_document_is_not_waited_for(project: Path) -> None:
    (project / "phase-1-feature" / "embeddings-spec.md").unlink()
    os.mkfifo(project / "phase-1-feature" / "embeddings-spec.md")

    assert statuses(load_project(project))["phase-1-feature/embeddings-spec.md"] == "unreadable"


def test_of_a_huge_document_the_first_mebibyte_is_read_and_that_is_told(project: Path) -> None:
    path = project / "phase-0-scoping" / "business-requirements.md"
    with path.open("wb") as stream:
        stream.write(b"Training examples: 5,200\n\n")
        stream.seek(50 * 1024 * 1024 - 1)
        stream.write(b"x")
    path.write_bytes(path.read_bytes().replace(b"\0", b"x"))

    context = load_project(project)

    assert statuses(context)["phase-0-scoping/business-requirements.md"] == "truncated"
    assert any("50.0 MiB" in warning for warning in context.warnings)
    assert context.facts["data_volume"][0].value == 5200


def test_a_character_cut_by_the_limit_does_not_make_a_document_unreadable(project: Path) -> None:
    write(project, {"phase-0-scoping/business-requirements.md": "a" + "é" * (600 * 1024)})

    assert statuses(load_project(project))["phase-0-scoping/business-requirements.md"] == "truncated"


def test_a_link_that_leads_out_of_the_project_is_refused(project: Path, tmp_path: Path) -> None:
    write(tmp_path, {"secret.md": "Training examples: 7,000"})
    path = project / "phase-0-scoping" / "business-requirements.md"
    path.unlink()
    path.symlink_to(tmp_path / "secret.md")

    context = load_project(project)

    assert statuses(context)["phase-0-scoping/business-requirements.md"] == "unreadable"
    assert "data_volume" not in context.facts
    assert any("leads out of the project" in warning for warning in context.warnings)


def test_a_linked_folder_that_leads_out_is_refused_too(project: Path, tmp_path: Path) -> None:
    write(tmp_path / "elsewhere", {"data-requirements.md": "Training examples: 7,000", "embeddings-spec.md": "x"})
    (project / "phase-1-feature" / "embeddings-spec.md").unlink()
    (project / "phase-1-feature").rmdir()
    (project / "phase-1-feature").symlink_to(tmp_path / "elsewhere")

    assert "data_volume" not in load_project(project).facts


def test_a_link_inside_the_project_is_followed(project: Path) -> None:
    write(project, {"notes/requirements.md": "Training examples: 7,000"})
    path = project / "phase-0-scoping" / "business-requirements.md"
    path.unlink()
    path.symlink_to(Path("..") / "notes" / "requirements.md")

    assert load_project(project).facts["data_volume"][0].value == 7000


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("RAG-only", "rag-only"),
        ("Hybrid", "hybrid"),
        ("FINE-TUNING", "fine-tuning"),
        ("'fine-tuning'", "fine-tuning"),
        ("rag_only", "rag-only"),
    ],
)
def test_the_architecture_is_compared_without_case(project: Path, written: str, meant: str) -> None:
    write(project, {"sidecar.yaml": SIDECAR.replace("hybrid   #", f"{written}   #")})

    assert load_project(project).architecture == meant


@pytest.mark.parametrize("written", ["null", "", "~", "agents", "[hybrid]", "{a: b}", "7", "true"])
def test_an_architecture_that_is_undecided_or_unknown_stops_with_its_line(project: Path, written: str) -> None:
    write(project, {"sidecar.yaml": SIDECAR.replace("hybrid   #", f"{written}   #")})

    error = refusal(project)

    assert error.line == 4
    assert error.file.endswith("sidecar.yaml")
    assert "architecture" in error.remedy


def test_a_sidecar_without_architecture_stops(project: Path) -> None:
    write(project, {"sidecar.yaml": "project_name: router-support\n"})

    assert "architecture" in refusal(project).problem


def test_a_missing_sidecar_stops_and_says_how_to_start_one(project: Path) -> None:
    (project / "sidecar.yaml").unlink()

    assert "init" in refusal(project).remedy


def test_a_missing_folder_stops(tmp_path: Path) -> None:
    assert "init" in refusal(tmp_path / "nowhere").remedy


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"project_name: x\narchitecture: [hybrid\n", 3),
        (b"project_name: x\n\tarchitecture: hybrid\n", 2),
        (b"- a\n- b\n", 1),
        (b"just text", 1),
        (b"", 1),
        (b"[" * 100_000, 1),
        (b"a: " + b"{a: " * 50_000, 1),
    ],
)
def test_a_malformed_sidecar_stops_with_its_line(project: Path, content: bytes, line: int) -> None:
    write(project, {"sidecar.yaml": content})

    assert refusal(project).line == line


@pytest.mark.parametrize("content", [b"\x00\x01", b"project_name: caf\xe9\n", b"# " + b"x" * 2_000_000])
def test_an_undecodable_or_endless_sidecar_stops(project: Path, content: bytes) -> None:
    write(project, {"sidecar.yaml": content})

    assert "cannot be read" in refusal(project).problem


@pytest.mark.parametrize(
    "content", ["!!python/object/apply:os.system ['true']", "architecture: !!python/name:os.system x"]
)
def test_a_sidecar_executes_nothing(project: Path, content: str) -> None:
    write(project, {"sidecar.yaml": content})

    refusal(project)


def test_a_sidecar_with_a_byte_order_mark_and_windows_line_ends_is_read(project: Path) -> None:
    write(project, {"sidecar.yaml": b"\xef\xbb\xbf" + SIDECAR.replace("\n", "\r\n").encode()})

    context = load_project(project)

    assert (context.project_name, context.architecture) == ("router-support", "hybrid")


@pytest.mark.parametrize(
    "name", ["../x", "/etc", "a/b", "'..'", "'.'", "'a\\b'", "'C:x'", '"a\\nb"', '"a\\0b"', "[a]", "{a: b}"]
)
def test_a_project_name_that_is_a_path_is_refused(project: Path, name: str) -> None:
    write(project, {"sidecar.yaml": f"project_name: {name}\narchitecture: hybrid\n"})

    assert refusal(project).line == 1


def test_a_project_name_that_differs_from_the_folder_is_recorded_and_warned_about(project: Path) -> None:
    write(project, {"sidecar.yaml": "project_name: another\narchitecture: hybrid\n"})

    context = load_project(project)

    assert (context.project_name, context.folder_name) == ("another", "router-support")
    assert any("another" in warning and "router-support" in warning for warning in context.warnings)


def test_without_a_project_name_the_folder_gives_it(project: Path) -> None:
    write(project, {"sidecar.yaml": "architecture: hybrid\n"})

    context = load_project(project)

    assert (context.project_name, context.folder_name, context.warnings) == ("router-support", None, [])


def test_an_undecodable_decision_log_stops_because_it_is_appended_to(project: Path) -> None:
    write(project, {"decision-log.md": b"## ARCH-001\ncaf\xe9\n"})

    assert "decision-log.md" in refusal(project).file


def test_entries_of_this_step_in_the_decision_log_are_not_read_back(project: Path) -> None:
    log = "## TRAIN-002: Approach\nTraining examples: 9,999\n\n---\n\n## DATA-001: Data\nTraining examples: 5,200\n"
    write(project, {"decision-log.md": log})

    volumes = load_project(project).facts["data_volume"]

    assert [(fact.value, fact.line) for fact in volumes] == [(5200, 7)]


def test_documents_can_be_supplied_without_a_folder() -> None:
    context = load_project(
        None,
        {
            "sidecar.yaml": SIDECAR,
            "phase-0-scoping/business-requirements.md": "Training examples: 5,200",
            "router-support/phase-0-scoping/tech-stack-decision.md": "Experiment tracking: Comet",
        },
    )

    assert context.project_dir == ""
    assert context.facts["data_volume"][0].source == "phase-0-scoping/business-requirements.md"
    assert context.facts["tracking"][0].value == "comet"
    assert statuses(context)["decision-log.md"] == "missing"


def test_supplied_documents_take_precedence_over_files(project: Path) -> None:
    context = load_project(project, {"phase-0-scoping/tech-stack-decision.md": "Experiment tracking: Comet"})

    assert context.facts["tracking"][0].value == "comet"


def test_supplied_documents_without_a_sidecar_stop() -> None:
    with pytest.raises(ProjectError):
        load_project(None, {"decision-log.md": "x"})


def test_our_persona_is_the_default(project: Path) -> None:
    persona = load_project(project).persona

    assert persona.name == "Fine-Tuning Specialist"
    assert persona.icon
    assert persona_text(persona).startswith("# Fine-Tuning Specialist")


def test_loading_a_project_is_quick(project: Path) -> None:
    paragraph = (
        "The team answers 800 tickets a day. We have ~5.2k training examples. Training runs on 2x A10G (24 GB).\n\n"
    )
    for name in MANDATORY:
        write(project, {name: "# Title\n\n" + paragraph * 20 + "- **Tool:** MLflow\n" * 20})
    load_project(project)
    times = []
    for _ in range(3):
        start = time.process_time()
        load_project(project)
        times.append(time.process_time() - start)

    assert min(times) < 0.25
