"""A YAML document as a tree that knows where in the text each node stands.

Nodes come from parser events rather than composed nodes, because only events tell where an alias stands.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

import yaml

Kind = Literal["scalar", "alias", "sequence", "mapping"]
Canonical = str | int | None | tuple["Canonical", ...]

DEEPEST = 100
"""Levels of nesting that are read; no project state needs as many."""
FAST: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml where it is there, which finds the same events at the same places."""

_TEXT_TAG = "tag:yaml.org,2002:str"
_INTEGER_TAG = "tag:yaml.org,2002:int"
_NULL_TAG = "tag:yaml.org,2002:null"
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})


class SidecarError(ValueError):
    """A sidecar that can't be updated safely; nothing was changed."""


@dataclass
class Node:
    """One value (or key) with its span in the text."""

    kind: Kind
    start: int
    end: int
    """For block collections this is where the next token begins: use `content_end` for where the content ends."""
    value: str = ""
    style: str | None = None
    """Of a scalar: None is plain, else the quote or block indicator."""
    flow: bool = False
    tag: str | None = None
    anchor: str | None = None
    items: list["Node"] = field(default_factory=list)
    """Of a sequence its items, of a mapping its keys and values in turn."""

    def entries(self) -> list[tuple["Node", "Node"]]:
        """The keys and values of a mapping."""
        return list(zip(self.items[::2], self.items[1::2], strict=True))

    def get(self, key: str) -> "Node | None":
        """The value under a plain text key, or None."""
        return next((value for name, value in self.entries() if name.kind == "scalar" and name.value == key), None)

    def content_end(self) -> int:
        """Where the last character of the content stands, plus one."""
        if self.kind in ("sequence", "mapping") and not self.flow and self.items:
            return max(self.items[-1].content_end(), self.items[-2].content_end() if self.kind == "mapping" else 0)
        return self.end

    def last_leaf(self) -> "Node":
        """The node with which the content ends."""
        return self if self.flow or not self.items else self.items[-1].last_leaf()

    def is_null(self) -> bool:
        """Whether it is a null, written out or left empty."""
        if self.kind != "scalar" or self.tag is not None:
            return self.kind == "scalar" and self.tag == _NULL_TAG
        return self.style is None and self.value in _NULLS

    def is_empty(self) -> bool:
        """Whether it is a collection without items."""
        return self.kind in ("sequence", "mapping") and not self.items

    def plain_value(self) -> str | int | None:
        """The scalar as text, whole number or None; other YAML types stay text."""
        if self.is_null():
            return None
        digits = self.value[1:] if self.value[:1] in ("+", "-") else self.value
        is_number = self.tag == _INTEGER_TAG or (self.style is None and self.tag is None)
        if is_number and digits.isascii() and digits.isdigit():
            return int(self.value)
        return self.value

    def is_text(self) -> bool:
        """Whether every YAML reader takes the scalar for text, and none for a date or a truth value."""
        if self.kind != "scalar" or self.style is not None or self.tag is not None:
            return self.kind == "scalar" and self.tag in (None, "!", _TEXT_TAG)
        resolver = yaml.SafeLoader("")
        tag = resolver.resolve(yaml.ScalarNode, self.value, (True, False))  # type: ignore[no-untyped-call]
        return bool(tag == _TEXT_TAG)

    def canonical(self) -> Canonical:
        """The node without positions, for comparing two texts; aliases stay names, so that nothing expands."""
        if self.kind == "scalar":
            # Whether a scalar is quoted decides its type; which quotes it has does not.
            return ("scalar", self.tag, self.anchor, self.value, "plain" if self.style is None else "quoted")
        if self.kind == "alias":
            return ("alias", self.value)
        return (self.kind, self.tag, self.anchor, *(item.canonical() for item in self.items))


def parse(text: str, name: str) -> Node:
    """The top-level mapping of a text with exactly one document.

    Raises:
        SidecarError: not YAML, more than one document, or something other than a mapping at the top.
    """
    try:
        root, documents = _read(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f" line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise SidecarError(f"{name}{where}: not valid YAML: {error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise SidecarError(f"{name}: not valid YAML: {' '.join(str(error).split())}") from error
    if documents > 1:
        raise SidecarError(f"{name}: holds {documents} YAML documents; keep one, without further `---` lines")
    if root is None or root.kind != "mapping":
        raise SidecarError(f"{name}: the top level must be a mapping of keys such as `project_name:`")
    return root


def _read(text: str) -> tuple[Node | None, int]:
    try:
        return _build(text, FAST)
    except (yaml.YAMLError, UnicodeEncodeError):
        return _build(text, yaml.SafeLoader)  # it decides what is refused, and its words say why


def _build(text: str, loader: Any) -> tuple[Node | None, int]:
    root: Node | None = None
    stack: list[Node] = []
    documents = 0
    for event in yaml.parse(text, Loader=loader):
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            if event.end_mark is not None:
                stack[-1].end = event.end_mark.index
            stack.pop()
        elif isinstance(event, yaml.NodeEvent):
            node = _node(event)
            if stack:
                stack[-1].items.append(node)
            elif root is None:
                root = node
            if node.kind in ("sequence", "mapping"):
                stack.append(node)
            if len(stack) > DEEPEST:
                raise yaml.YAMLError(f"nested more than {DEEPEST} levels deep")
    return root, documents


def _node(event: yaml.NodeEvent) -> Node:
    if event.start_mark is None or event.end_mark is None:
        raise TypeError("a YAML event without its place in the text")
    start, end = event.start_mark.index, event.end_mark.index
    if isinstance(event, yaml.ScalarEvent):
        return Node("scalar", start, end, event.value, event.style or None, tag=event.tag, anchor=event.anchor)
    if isinstance(event, yaml.AliasEvent):
        return Node("alias", start, end, str(event.anchor))
    if isinstance(event, yaml.CollectionStartEvent):
        kind: Kind = "sequence" if isinstance(event, yaml.SequenceStartEvent) else "mapping"
        return Node(kind, start, end, flow=bool(event.flow_style), tag=event.tag, anchor=event.anchor)
    raise TypeError(f"unexpected YAML event {type(event).__name__}")


def aliases(node: Node) -> set[str]:
    """Names that aliases in the tree refer to."""
    if node.kind == "alias":
        return {node.value}
    return set().union(*(aliases(item) for item in node.items))
