"""Writing values as YAML text that any YAML 1.1 or 1.2 reader takes for exactly these values."""

import json
import re
from dataclasses import dataclass

Scalar = str | int | None
Value = Scalar | list["Value"] | dict[str, "Value"]

_SAFE_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_-]*\Z")
_RESERVED = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"})
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_SINGLE_LINE = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]*\Z")


@dataclass(frozen=True)
class Layout:
    """How a file indents: columns from a key to the keys, and to the dashes, below it."""

    mapping_step: int = 2
    sequence_offset: int = 2


def quoted(text: str) -> str:
    """The text in double quotes, on one line, whatever it holds."""
    escaped = json.dumps(_SURROGATES.sub("\ufffd", text), ensure_ascii=False)
    return _ESCAPED.sub(lambda match: f"\\u{ord(match.group()):04x}", escaped)


def scalar_text(value: Scalar, style: str | None = '"') -> str:
    """A scalar, in the quotes of the value that it replaces where those can hold it.

    Args:
        value: what to write.
        style: `"`, `'`, or None for a value that stood without quotes.
    """
    if value is None:
        return "null"
    if isinstance(value, int):
        return str(value)
    if style is None and _SAFE_PLAIN.match(value) and value.lower() not in _RESERVED:
        return value
    if style == "'" and _SINGLE_LINE.match(value):
        return "'" + value.replace("'", "''") + "'"
    return quoted(value)


def flow_text(value: Value, *, quote_keys: bool = False) -> str:
    """The value on one line."""
    if isinstance(value, list):
        return "[" + ", ".join(flow_text(item, quote_keys=quote_keys) for item in value) + "]"
    if isinstance(value, dict):
        entries = (
            f"{key_text(key, quote=quote_keys)}: {flow_text(item, quote_keys=quote_keys)}"
            for key, item in value.items()
        )
        return "{" + ", ".join(entries) + "}"
    return scalar_text(value)


def key_text(key: str, *, quote: bool) -> str:
    """A key, quoted where its neighbours are."""
    return quoted(key) if quote else key


def entry_lines(key: str, value: Value, column: int, layout: Layout, *, quote_keys: bool = False) -> list[str]:
    """The lines of one entry of a block mapping whose keys stand in the given column."""
    head = " " * column + key_text(key, quote=quote_keys) + ":"
    if is_inline(value):
        return [f"{head} {flow_text(value, quote_keys=quote_keys)}"]
    return [head, *content_lines(value, column, layout, quote_keys=quote_keys)]


def content_lines(value: Value, column: int, layout: Layout, *, quote_keys: bool = False) -> list[str]:
    """The lines below a key that stands in the given column."""
    if isinstance(value, dict):
        inner = column + layout.mapping_step
        return [
            line for key, item in value.items() for line in entry_lines(key, item, inner, layout, quote_keys=quote_keys)
        ]
    if isinstance(value, list):
        dash = column + layout.sequence_offset
        return [line for item in value for line in item_lines(item, dash, layout, quote_keys=quote_keys)]
    raise TypeError(f"a scalar has no lines below its key: {value!r}")


def item_lines(value: Value, dash: int, layout: Layout, *, gap: int = 1, quote_keys: bool = False) -> list[str]:
    """The lines of one item of a block sequence whose dashes stand in the given column.

    Args:
        value: the item.
        dash: column of the dash.
        layout: how the file indents.
        gap: spaces after the dash.
        quote_keys: whether keys are quoted.
    """
    lead = " " * dash + "-" + " " * gap
    if not isinstance(value, dict) or not value:
        return [lead + flow_text(value, quote_keys=quote_keys)]
    inner = dash + 1 + gap
    lines = [
        line for key, item in value.items() for line in entry_lines(key, item, inner, layout, quote_keys=quote_keys)
    ]
    return [lead + lines[0][inner:], *lines[1:]]


def is_inline(value: Value) -> bool:
    """Whether the value reads best on its key's line: scalars, empty collections, lists of numbers."""
    if isinstance(value, list):
        return all(isinstance(item, int) for item in value)
    return not isinstance(value, dict) or not value
