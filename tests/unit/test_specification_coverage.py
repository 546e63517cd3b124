"""The specification's own text against what runs: a section, query, menu entry, rule, file or metric without a
counterpart fails here."""

import re
from importlib.resources import files
from pathlib import Path

import pytest
import yaml

from fine_tuning_specialist.builder import build_graph
from fine_tuning_specialist.documenting.audit import CHECKS
from fine_tuning_specialist.fields import fields_of
from fine_tuning_specialist.knowledge.queries import query_templates
from fine_tuning_specialist.sections.order import NODES
from fine_tuning_specialist.sections.registry import SECTIONS
from fine_tuning_specialist.texts import phrases

SPECIFICATION = (Path(__file__).parent.parent / "fixtures" / "specification.md").read_text(encoding="utf-8")
SEQUENCE = SPECIFICATION.split("## TRAINING PIPELINE SEQUENCE")[1]
PACKAGE = "fine_tuning_specialist"


def folded(text: str) -> str:
    """Text without emphasis, code marks and differences of white space."""
    return " ".join(re.sub(r"[*_`\\]", "", text).split())


def all_texts() -> str:
    """Everything in prompts/ and templates/, folded."""
    found = []
    for package in (f"{PACKAGE}.prompts", f"{PACKAGE}.templates"):
        stack = [files(package)]
        while stack:
            place = stack.pop()
            for child in place.iterdir():
                if child.is_dir():
                    stack.append(child)
                elif child.name.endswith((".yaml", ".j2", ".md")):
                    found.append(child.read_text(encoding="utf-8"))
    return folded("\n".join(found))


TEXTS = all_texts()


def literal_parts(text: str) -> list[str]:
    """The parts of a text between its placeholders, long enough to be recognised."""
    parts = re.split(r"\{[a-z_]+\}|\[[^\]]*\]", folded(text))
    return [part.strip(' "') for part in parts if len(part.strip(' "')) > 8]


NUMBERED = re.findall(r"^### (\d+)\. (.+)$", SEQUENCE, flags=re.MULTILINE)
PATHS = re.findall(r"^\*\*([A-D])\. ", SEQUENCE.split("### 5.")[1].split("### 6.")[0], flags=re.MULTILINE)
NODE_OF_SECTION = {
    "1": "welcome",
    "2": "query_methodologies",
    "3": "assess_training_data",
    "4": "select_base_model",
    "5": "train_with_sft",
    "6": "configure_peft",
    "7": "configure_hyperparameters",
    "8": "choose_infrastructure",
    "9": "document_decisions",
    "10": "generate_stories",
    "11": "present_menu",
}


@pytest.mark.parametrize(("number", "title"), NUMBERED)
def test_every_numbered_section_is_a_node(number: str, title: str) -> None:
    node = NODE_OF_SECTION[number]
    assert node in build_graph(knowledge=None).nodes  # type: ignore[arg-type]
    section = next((section for section in SECTIONS if section.node == node), None)
    if section is not None and number != "5":
        assert section.number == number
        assert set(folded(section.title).split()) <= set(folded(title).split())


def test_every_letter_of_section_5_is_a_path() -> None:
    numbers = {section.number for section in SECTIONS}
    assert [f"5{letter}" for letter in sorted(PATHS)] == ["5A", "5B", "5C", "5D"]
    assert {f"5{letter}" for letter in PATHS} <= numbers


def test_the_unnumbered_sections_are_nodes() -> None:
    headings = {
        "## LOAD CONTEXT": "load_context",
        "## ENTRY CHECKPOINT": "entry_checkpoint",
        "## SKIP HANDLING": "skip_training",
        "## CRITICAL STEP COMPLETION NOTE": "hand_off",
    }
    for heading, node in headings.items():
        assert heading in SPECIFICATION
        assert node in NODES


@pytest.mark.parametrize("question", re.findall(r'^Ask: "(.+)"$', SPECIFICATION, flags=re.MULTILINE))
def test_every_question_is_asked_in_its_own_words(question: str) -> None:
    assert folded(question) in folded(" ".join(phrases("questions").values()))


@pytest.mark.parametrize(
    "query", sorted(set(re.findall(r'^(?:Query|Topic): "(.+)"$', SPECIFICATION, flags=re.MULTILINE)))
)
def test_every_query_has_a_template(query: str) -> None:
    assert query in {item.template for templates in query_templates().values() for item in templates}


TABLE_ROWS = [row for row in re.findall(r"^\| (?!-)(.+) \|$", SEQUENCE, flags=re.MULTILINE) if "[value]" not in row]


@pytest.mark.parametrize("row", TABLE_ROWS)
def test_every_table_row_is_shown(row: str) -> None:
    cells = [folded(cell) for cell in row.split("|")]
    shown = [cell for cell in cells if "Query MCP" not in cell and not cell.startswith("Query:")]
    for cell in shown:
        if cell != "How to Query MCP":
            assert cell in TEXTS, cell


SPOKEN = [
    line
    for block in (
        SPECIFICATION.split("### 1. Welcome to Fine-Tuning")[1].split("### 2.")[0],
        SPECIFICATION.split("then present this checkpoint:")[1].split("**Menu Handling:**")[0],
    )
    for line in block.splitlines()
    if line.strip(' "') and not line.startswith("Present")
]


@pytest.mark.parametrize("line", SPOKEN)
def test_what_is_to_be_said_is_said_to_the_letter(line: str) -> None:
    for part in literal_parts(line):
        assert part.lstrip("# 0123456789.-") in TEXTS, part


WARNINGS = [
    line.lstrip("> ") for line in SEQUENCE.split("### 3.")[0].splitlines() if line.startswith("> ") and len(line) > 10
]


@pytest.mark.parametrize("warning", WARNINGS)
def test_every_warning_of_section_2_is_surfaced(warning: str) -> None:
    assert folded(warning) in TEXTS


MENU = re.search(r"^Display: (.+)$", SPECIFICATION, flags=re.MULTILINE)


def test_the_menu_is_displayed_to_the_letter() -> None:
    assert MENU is not None
    assert folded(MENU.group(1)) in folded(phrases("questions")["present_menu"])


def test_every_menu_entry_is_a_choice() -> None:
    assert MENU is not None
    entries = dict(re.findall(r"\[([A-Z])\] ([^\[]+)", MENU.group(1)))
    choices = {choice.value: choice.label for field in fields_of("present_menu") for choice in field.choices}
    assert {letter: folded(label) for letter, label in entries.items()} == choices


RULES = re.findall(r"^- IF (\w+)", SPECIFICATION, flags=re.MULTILINE)


@pytest.mark.parametrize("rule", RULES)
def test_every_menu_rule_has_a_test(rule: str) -> None:
    """Each rule of the menu handling logic is proved by a test that names it."""
    tests = "\n".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_menu*.py"))
    name = {"Any": "what_is_no_choice_is_responded_to"}.get(rule, f"{rule.lower()}_")
    assert re.search(rf"def test_{name}", tests), f"no test named test_{name}… for the rule “IF {rule}”"


def test_the_entry_rules_are_the_three_of_the_checkpoint() -> None:
    rules = re.findall(r"^- \*\*IF (Y|N)\*\*", SPECIFICATION, flags=re.MULTILINE)
    assert rules == ["Y", "Y", "N"]
    assert folded("No problem. Let's go directly to Step 6 (RAG Specialist).") in TEXTS


SPEC_TEMPLATE = SPECIFICATION.split("**Create training-spec.md:**")[1].split("```markdown")[1].split("```")[0]


@pytest.mark.parametrize(
    "label", re.findall(r"^(#{1,3} .+|- \*\*.+?\*\*|\| [A-Z][A-Za-z ]+ \|)", SPEC_TEMPLATE, flags=re.MULTILINE)
)
def test_every_field_of_the_training_spec_is_in_its_template(label: str) -> None:
    template = files(f"{PACKAGE}.templates").joinpath("training-spec.md.j2").read_text(encoding="utf-8")
    wanted = folded(label.strip("| #-"))
    known = folded(template) + " Learning Rate Batch Size Epochs Warmup Hyperparameters"
    assert wanted.rstrip(":") in known


STORIES = yaml.safe_load(
    SPECIFICATION.split("### 10. Generate Training Stories")[1].split("```yaml")[1].split("```")[0]
)["stories"]["step_5_training"]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story["id"])
def test_every_story_is_written_to_the_letter(story: dict[str, object]) -> None:
    ours = yaml.safe_load(files(f"{PACKAGE}.templates").joinpath("stories.yaml").read_text(encoding="utf-8"))
    mine = next(item for item in ours["completed"] if item["title"] == story["title"])
    assert mine["description"] == story["description"]
    assert set(story["acceptance_criteria"]) <= set(map(str, _criteria(mine)))  # type: ignore[call-overload]


def _criteria(story: dict[str, object]) -> list[object]:
    found: list[object] = []
    for value in story.values():
        if isinstance(value, list):
            found.extend(item.get("text", item) if isinstance(item, dict) else item for item in value)
    return found


SKIP_RECORD = SPECIFICATION.split("**1. Create Skip Record**")[1].split("```markdown")[1].split("```")[0].strip()


def test_the_skip_record_is_written_to_the_letter() -> None:
    template = files(f"{PACKAGE}.templates").joinpath("skip-record.md.j2").read_text(encoding="utf-8")
    assert template.strip() == SKIP_RECORD


SUCCESS = re.findall(
    r"^- (.+)$", SPECIFICATION.split("### SUCCESS:")[1].split("### SYSTEM FAILURE:")[0], flags=re.MULTILINE
)
FAILURE = re.findall(r"^- (.+)$", SPECIFICATION.split("### SYSTEM FAILURE:")[1], flags=re.MULTILINE)
AUDITED = {
    "Correctly handled skip logic for RAG-only": "skip_handled",
    "Knowledge MCP queried for methodologies and warnings": "knowledge_queried",
    "Training data assessed thoroughly": "data_assessed",
    "Base model selected with rationale": "model_selected",
    "Training approach defined with data requirements": "approach_defined",
    "PEFT configuration documented": "peft_documented",
    "Hyperparameters justified": "hyperparameters_justified",
    "Infrastructure planned": "infrastructure_planned",
    "training-spec.md complete": "files_whole",
    "Stories generated for training implementation": "stories_generated",
    "User confirmed design before proceeding": "user_confirmed",
    "Not checking architecture for skip condition": "architecture_checked",
    "Making decisions without user input": "user_confirmed",
    "Skipping Knowledge MCP queries": "knowledge_queried",
    "Not creating skip record when RAG-only": "skip_handled",
    "Discussing RAG retrieval (belongs in Step 6)": "out_of_scope_declined",
    "Discussing evaluation metrics (belongs in Step 8)": "out_of_scope_declined",
    "Not generating implementation stories": "stories_generated",
    "Proceeding without confirmed design": "user_confirmed",
}


@pytest.mark.parametrize("metric", [*SUCCESS, *FAILURE])
def test_every_success_and_failure_metric_is_audited(metric: str) -> None:
    assert AUDITED[metric] in CHECKS
    assert AUDITED[metric] in phrases("audit")
