"""JSON Schema in one piece, for a schema that is asked for again and again."""

from typing import Any

from pydantic import TypeAdapter


def flat_schema(form: Any) -> dict[str, Any]:
    """The JSON Schema of a type with every definition in its place.

    Args:
        form: Any type that Pydantic knows and that does not contain itself.
    """
    schema = TypeAdapter(form).json_schema()
    placed: dict[str, Any] = _placed(schema, schema.get("$defs", {}))
    return placed


def _placed(part: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(part, list):
        return [_placed(item, definitions) for item in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        return _placed(definitions[part["$ref"].rpartition("/")[2]], definitions)
    return {key: _placed(value, definitions) for key, value in part.items() if key != "$defs"}
