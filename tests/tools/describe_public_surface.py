"""Describes what embedders rely on; `python tests/tools/describe_public_surface.py` rewrites the fixture."""

import inspect
import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

import fine_tuning_specialist as package
from fine_tuning_specialist.cli.step import NoKnowledge
from fine_tuning_specialist.fields import fields_of
from fine_tuning_specialist.interrupts import Progress, Question, Recommendation, Resume

FIXTURE = Path(__file__).parents[1] / "fixtures" / "public-surface.json"


def surface() -> dict[str, Any]:
    """Names and signatures, the schemas of input, output and replies, and the shape of a question."""
    graph = package.build_graph(knowledge=NoKnowledge()).compile()
    return {
        "names": {name: described(getattr(package, name)) for name in sorted(package.__all__)},
        "input": graph.get_input_jsonschema(),
        "output": graph.get_output_jsonschema(),
        "reply": TypeAdapter(Resume).json_schema(),
        "question": shape(example_question().payload()),
        "nodes": sorted(graph.nodes),
    }


def described(thing: Any) -> Any:
    """The parameters, with the public methods of a class; a plain value as it is."""
    if not callable(thing):
        return thing
    if not inspect.isclass(thing):
        return parameters(thing)
    methods = {
        name: parameters(method)
        for name, method in inspect.getmembers(thing, inspect.isfunction)
        if not name.startswith("_") and method.__module__.startswith("fine_tuning_specialist")
    }
    if issubclass(thing, dict) or hasattr(thing, "__total__"):
        return {"keys": sorted(thing.__annotations__)}
    if hasattr(thing, "model_fields"):
        return {"fields": sorted(thing.model_fields), "methods": methods}
    return {"parameters": parameters(thing.__init__), "methods": methods}


def parameters(function: Any) -> list[str]:
    """Names and defaults; annotations are spelled differently by each version of Python."""
    return [
        f"{part.name}={getattr(part.default, '__name__', repr(part.default))}"
        if part.default is not inspect.Parameter.empty
        else part.name
        for part in inspect.signature(function).parameters.values()
    ]


def example_question() -> Question:
    """A question with a field and a recommendation."""
    field = next(field for field in fields_of("configure_peft") if field.name == "rank")
    advice = Recommendation(value=16, why="little data", evidence=["K1"])
    return Question(
        kind="question",
        question_key="configure_peft",
        section="6",
        title="PEFT",
        message="Which rank?",
        fields=(field,),
        recommended={"rank": advice},
        progress=Progress(done=1, of=2),
    )


def shape(value: Any) -> Any:
    """The types of a JSON value, by key."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in sorted(value.items())}
    if isinstance(value, list | tuple):
        return [shape(item) for item in value[:1]]
    return type(value).__name__


if __name__ == "__main__":
    FIXTURE.write_text(json.dumps(surface(), indent=1, sort_keys=True, default=str) + "\n", encoding="utf-8")
