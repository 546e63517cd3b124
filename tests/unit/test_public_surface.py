"""What embedders rely on changes only on purpose: `tests/tools/describe_public_surface.py` writes the fixture anew."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pydantic import TypeAdapter

import fine_tuning_specialist as package
from fine_tuning_specialist.interrupts import Resume

TESTS = Path(__file__).parents[1]
TOOL = TESTS / "tools" / "describe_public_surface.py"


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("describe_public_surface", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def found(tool: ModuleType) -> Any:
    return json.loads(json.dumps(tool.surface(), default=str))


@pytest.fixture(scope="module")
def frozen(tool: ModuleType) -> Any:
    return json.loads(tool.FIXTURE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("part", ["names", "input", "output", "reply", "question", "nodes"])
def test_the_public_surface_is_the_one_that_was_released(part: str, found: Any, frozen: Any) -> None:
    assert found[part] == frozen[part]


def test_everything_public_is_documented() -> None:
    values = {"GRAPH_VERSION"}
    assert [name for name in package.__all__ if name not in values and not getattr(package, name).__doc__] == []


def test_an_unknown_name_is_refused_by_its_name() -> None:
    with pytest.raises(AttributeError, match="no attribute 'build_step'"):
        package.build_step  # noqa: B018


def test_the_schema_of_replies_is_whole_and_allows_what_a_reply_may_be() -> None:
    schema = TypeAdapter(Resume).json_schema()
    assert "$ref" not in json.dumps(schema)
    assert schema["title"] == "Resume"
    forms = {form.get("title", form["type"]): form for form in schema["anyOf"]}
    assert set(forms) == {"string", "FieldsReply", "DecisionsReply"}
    decision = forms["DecisionsReply"]["properties"]["decisions"]["items"]
    assert decision["properties"]["type"]["enum"] == ["approve", "edit", "reject", "respond"]
    schema["anyOf"].clear()
    assert TypeAdapter(Resume).json_schema()["anyOf"], "what a caller does to its copy changes no other one"
