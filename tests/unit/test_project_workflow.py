"""The surrounding workflow: finding its configuration, its persona and the next step."""

from pathlib import Path

import pytest

from fine_tuning_specialist.project.context import load_project
from fine_tuning_specialist.project.errors import ProjectError
from fine_tuning_specialist.project.persona import persona_text
from fine_tuning_specialist.project.workflow import find_workflow

NEXT = "3-inference/step-06-rag-specialist.md"
CONFIG = f"""\
paths:
  workflow_root: "{{project-root}}/flow"
  output_folder: "{{project-root}}/flow/projects"
  steps_folder: steps
  agents_folder: agents
knowledge_mcp:
  endpoint: https://knowledge.example/mcp
steps:
  "2a": {{file: x.md}}
  6: {{file: {NEXT}, agent: rag}}
"""


@pytest.fixture
def flow(tmp_path: Path) -> Path:
    """A workflow in a repository, with one project."""
    root = tmp_path / "flow"
    (tmp_path / ".git").mkdir()
    (root / "steps" / "3-inference").mkdir(parents=True)
    (root / "steps" / NEXT).write_text("# Step 6\n")
    (root / "config.yaml").write_text(CONFIG)
    project = root / "projects" / "demo"
    project.mkdir(parents=True)
    (project / "sidecar.yaml").write_text("project_name: demo\narchitecture: hybrid\n")
    return root


def project(flow: Path) -> Path:
    return flow / "projects" / "demo"


def test_the_configuration_above_the_project_is_found_and_expanded(flow: Path) -> None:
    workflow = find_workflow(project(flow))

    assert workflow.config_file == flow / "config.yaml"
    assert workflow.root == flow
    assert workflow.project_root == flow.parent
    assert workflow.output_folder == flow / "projects"
    assert workflow.knowledge_endpoint == "https://knowledge.example/mcp"


def test_a_configuration_of_something_else_is_passed_over(flow: Path) -> None:
    (flow / "projects" / "config.yaml").write_text("model: llama\nlearning_rate: 1e-4\n")

    assert load_project(project(flow)).config_file == str(flow / "config.yaml")


@pytest.mark.parametrize("key", ["6", '"6"'])
def test_the_next_step_is_found_whether_its_key_is_a_number_or_text(flow: Path, key: str) -> None:
    (flow / "config.yaml").write_text(CONFIG.replace("  6:", f"  {key}:"))

    step = load_project(project(flow)).next_step

    assert step.file == NEXT
    assert step.path == str(flow / "steps" / NEXT)


def test_a_next_step_without_a_file_is_named_only(flow: Path) -> None:
    (flow / "steps" / NEXT).unlink()

    step = load_project(project(flow)).next_step

    assert (step.file, step.path) == (NEXT, None)


def test_a_next_step_outside_the_workflow_is_not_read(flow: Path, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside.md"
    outside.write_text("secret")
    (flow / "config.yaml").write_text(CONFIG.replace(NEXT, str(outside)))

    assert load_project(project(flow)).next_step.path is None


def test_without_a_configuration_the_defaults_hold(tmp_path: Path) -> None:
    (tmp_path / "sidecar.yaml").write_text("architecture: hybrid\n")

    context = load_project(tmp_path)

    assert (context.config_file, context.knowledge_endpoint) == (None, None)
    assert (context.next_step.file, context.next_step.path) == (NEXT, None)


def test_a_workflow_can_be_named(flow: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "alone"
    elsewhere.mkdir()
    (elsewhere / "sidecar.yaml").write_text("architecture: hybrid\n")

    assert load_project(elsewhere, workflow_dir=flow).config_file == str(flow / "config.yaml")


def test_a_named_workflow_without_configuration_has_the_default_folders(flow: Path) -> None:
    (flow / "config.yaml").unlink()

    assert load_project(project(flow), workflow_dir=flow).next_step.path == str(flow / "steps" / NEXT)


def test_a_named_workflow_that_does_not_exist_stops(flow: Path) -> None:
    with pytest.raises(ProjectError):
        load_project(project(flow), workflow_dir=flow / "nowhere")


@pytest.mark.parametrize(("config", "line"), [("paths: [a\n", 2), ("paths:\n  a: b\n c: d\n", 3)])
def test_a_malformed_configuration_stops_with_its_line(flow: Path, config: str, line: int) -> None:
    (flow / "config.yaml").write_text(config)

    with pytest.raises(ProjectError) as caught:
        load_project(project(flow))

    assert caught.value.line == line
    assert caught.value.file == str(flow / "config.yaml")


@pytest.mark.parametrize(
    "config", ["paths:\nsteps: 7\n", "paths: {workflow_root: 3}\nsteps: [1]\n", "paths: a\nsteps: {6: {file: 9}}\n"]
)
def test_values_of_the_wrong_kind_give_way_to_the_defaults(flow: Path, config: str) -> None:
    (flow / "config.yaml").write_text(config)

    assert load_project(project(flow)).next_step.file == NEXT


def test_the_persona_of_the_workflow_is_used(flow: Path) -> None:
    agent = flow / "agents" / "fine-tuning-specialist.md"
    agent.parent.mkdir()
    agent.write_text("---\nname: Tess\nicon: 🔧\n---\n\n# Tess\n\nYou are Tess.\n", encoding="utf-8")

    persona = load_project(project(flow)).persona

    assert (persona.name, persona.icon, persona.source) == ("Tess", "🔧", str(agent))
    assert persona_text(persona) == "# Tess\n\nYou are Tess.\n"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("# Dr. Data\n\nYou are...", "Dr. Data"),
        ("---\nname: [broken\n---\n# Dr. Data\n", "Dr. Data"),
        ("---\nagent:\n  metadata: {name: Tess, icon: x}\n---\ntext", "Tess"),
        ("Only text.", "Fine-Tuning Specialist"),
    ],
)
def test_a_persona_is_named_by_its_front_matter_or_its_title(flow: Path, text: str, name: str) -> None:
    agent = flow / "agents" / "fine-tuning-specialist.md"
    agent.parent.mkdir()
    agent.write_text(text)

    assert load_project(project(flow)).persona.name == name


@pytest.mark.parametrize("content", [b"", b"  \n", b"\x00\x01", b"caf\xe9"])
def test_a_persona_that_cannot_be_read_gives_way_to_ours(flow: Path, content: bytes) -> None:
    agent = flow / "agents" / "fine-tuning-specialist.md"
    agent.parent.mkdir()
    agent.write_bytes(content)

    assert load_project(project(flow)).persona.name == "Fine-Tuning Specialist"
