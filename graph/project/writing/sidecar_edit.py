"""Changing values in a YAML text by splicing, so that every byte beside them stays as it was."""

import re
from collections.abc import Sequence

from .yaml_geometry import Geometry, Splice, walk
from .yaml_text import Value, content_lines, entry_lines, flow_text, is_inline, item_lines, scalar_text
from .yaml_tree import Node, SidecarError, aliases, parse

Key = str | int
_COMMA = re.compile(r"\s*,?")
_REST_OF_LINE = re.compile(r"(?P<comma>[ \t]*,)?[ \t]*(?:[ \t]#[^\r\n]*)?(?=\r|\n)")


class SidecarEditor:
    """One YAML mapping under edit; each operation leaves a text that was parsed again.

    `changed` names what was changed, in order, and is empty when everything already was as wanted.
    """

    def __init__(self, text: str, name: str = "sidecar.yaml"):
        """Parse the text; a byte order mark is kept.

        Raises:
            SidecarError: the text is not one YAML mapping.
        """
        self.name = name
        self.changed: list[str] = []
        self._mark = "\ufeff" if text.startswith("\ufeff") else ""
        bare = text.removeprefix("\ufeff")
        self._at = Geometry(bare, parse(bare, name), name)

    @property
    def text(self) -> str:
        """The text as it now is."""
        return self._mark + self._at.text

    @property
    def root(self) -> Node:
        """The top-level mapping."""
        return self._at.root

    def find(self, *path: Key) -> Node | None:
        """The node at a path of keys and indexes, or None where there is none or a null stands for it."""
        node: Node | None = self.root
        for key in path:
            node = self._child(node, key) if node else None
        return None if node is None or node.is_null() else node

    def has(self, *path: str) -> bool:
        """Whether the key itself is there, whatever it holds."""
        node: Node | None = self.root
        for key in path:
            node = self._child(node, key) if node else None
        return node is not None

    def put(self, path: Sequence[Key], value: Value) -> None:
        """Make the path hold the value, adding what is missing on the way.

        Raises:
            SidecarError: something else stands on the way, or other parts of the file share what would change.
        """
        chain = [self.root]
        for depth, key in enumerate(path):
            parent, child = chain[-1], self._child(chain[-1], key)
            rest = _nested(path[depth + 1 :], value)
            if child is None:
                self._splice(path, chain, self._new_entry(parent, str(key), rest))
                return
            if depth == len(path) - 1:
                self._put_value(path, [*chain, child], value)
                return
            if child.is_null() or (child.kind == "mapping" and child.is_empty()):
                self._splice(path, [*chain, child], self._replacement(parent, child, rest))
                return
            chain.append(child)
        raise ValueError("an empty path")

    def append(self, path: Sequence[Key], values: Sequence[Value]) -> None:
        """Add items at the end of the list at the path, which is created where it is missing."""
        node = self.find(*path)
        if not values:
            return
        if node is None or (node.kind == "sequence" and node.is_empty()):
            self.put(path, list(values))
            return
        if node.kind != "sequence":
            raise self._unexpected(path, node, "a list")
        self._splice(path, [*self._chain(path)], self._new_items(node, values))

    def remove(self, path: Sequence[Key], index: int) -> None:
        """Take one item out of the list at the path; the last one leaves `[]`."""
        chain = self._chain(path)
        sequence = chain[-1]
        if len(sequence.items) == 1:
            item = sequence.items[0]
            if sequence.flow:
                following = _COMMA.match(self._at.text, item.content_end())
                splices = [Splice(item.start, following.end() if following else item.content_end(), "")]
            else:
                place = self._at.after_colon(chain[-2], sequence)
                splices = [Splice(place, place, " []"), self._at.item_lines(sequence, 0)]
        elif sequence.flow:
            start = sequence.items[index - 1].content_end() if index else sequence.items[0].start
            end = sequence.items[index].content_end() if index else sequence.items[1].start
            splices = [Splice(start, end, "")]
        else:
            splices = [self._at.item_lines(sequence, index)]
        self._splice(path, chain, splices)

    def holds(self, node: Node, value: Value) -> bool:
        """Whether a node already has the value."""
        node = self._resolved(node)
        if isinstance(value, list):
            pairs = zip(node.items, value, strict=False)
            return (
                node.kind == "sequence"
                and len(node.items) == len(value)
                and all(self.holds(item, wanted) for item, wanted in pairs)
            )
        if isinstance(value, dict):
            found = {key.value: item for key, item in node.entries()} if node.kind == "mapping" else {}
            return set(found) == set(value) and all(self.holds(found[key], wanted) for key, wanted in value.items())
        if node.kind != "scalar" or (value is None) != node.is_null():
            return False
        return node.plain_value() == value and (not isinstance(value, str) or node.is_text())

    def _put_value(self, path: Sequence[Key], chain: list[Node], value: Value) -> None:
        parent, child = chain[-2:]
        if self.holds(child, value):
            return
        if isinstance(value, list) and child.kind == "sequence" and child.items and value:
            self._put_items(path, chain, value)
        elif isinstance(value, list) and not value and child.kind == "sequence":
            for index in reversed(range(len(child.items))):
                self.remove(path, index)
        else:
            self._splice(path, chain, self._replacement(parent, child, value))

    def _put_items(self, path: Sequence[Key], chain: list[Node], values: list[Value]) -> None:
        """Bring a list of texts in line item by item, so that comments between the items stay."""
        sequence = chain[-1]
        replacements = [
            splice
            for item, value in zip(sequence.items, values, strict=False)
            if not self.holds(item, value)
            for splice in self._replacement(sequence, item, value)
        ]
        additions = values[len(sequence.items) :]
        if additions:
            replacements += self._new_items(sequence, additions)
        if replacements:
            self._splice(path, chain, replacements)
        for index in reversed(range(len(values), len(sequence.items))):
            self.remove(path, index)

    def _splice(self, path: Sequence[Key], chain: Sequence[Node], splices: Sequence[Splice]) -> None:
        shared = aliases(self.root)
        for node in chain:
            if node.anchor in shared:
                raise SidecarError(
                    f"{self.name}: `{_dotted(path)}` is shared with another key through the anchor `&{node.anchor}`; "
                    "write the value out in both places"
                )
        text = _spliced(self._at.text, splices)
        try:
            self._at = Geometry(text, parse(text, self.name), self.name)
        except SidecarError as error:
            raise SidecarError(
                f"{self.name}: `{_dotted(path)}` is written in a way that can't be updated safely"
            ) from error
        self.changed.append(_dotted(path))

    def _child(self, parent: Node, key: Key) -> Node | None:
        if isinstance(key, int):
            return parent.items[key] if parent.kind == "sequence" and key < len(parent.items) else None
        if parent.kind != "mapping":
            if parent.is_null():
                return None
            raise self._unexpected((key,), parent, "a mapping", above=True)
        found = [value for name, value in parent.entries() if name.kind == "scalar" and name.value == key]
        if len(found) > 1:
            line = self._at.line(found[1].start)
            raise SidecarError(f"{self.name} line {line}: the key `{key}` stands twice; keep one of them")
        return found[0] if found else None

    def _chain(self, path: Sequence[Key]) -> list[Node]:
        chain = [self.root]
        for key in path:
            child = self._child(chain[-1], key)
            if child is None:
                raise KeyError(_dotted(path))
            chain.append(child)
        return chain

    def _resolved(self, node: Node) -> Node:
        if node.kind != "alias":
            return node
        anchored = [item for item in walk(self.root) if item.anchor == node.value and item.start < node.start]
        return anchored[-1] if anchored else node

    def _unexpected(self, path: Sequence[Key], node: Node, wanted: str, *, above: bool = False) -> SidecarError:
        line = self._at.line(node.start)
        where = f"what stands above `{_dotted(path)}`" if above else f"`{_dotted(path)}`"
        return SidecarError(f"{self.name} line {line}: {where} should be {wanted}, and is {_article(node)}")

    def _replacement(self, parent: Node, child: Node, value: Value) -> list[Splice]:
        below_key = child.kind in ("sequence", "mapping") and not child.flow and parent.kind == "mapping"
        start = self._at.after_colon(parent, child) if below_key else child.start
        end = start + len(self._at.text[start : child.content_end()].rstrip())
        quote = self._at.quotes_keys(parent)
        if parent.flow or is_inline(value) or (child.flow and child.is_empty() and _is_short(value)):
            if isinstance(value, list | dict):
                text = flow_text(value, quote_keys=quote)
            else:
                text = scalar_text(value, child.style if child.kind == "scalar" and not child.is_null() else '"')
            return [Splice(start, end, self._lead(start) + text if below_key or start == end else text)]
        if not below_key:
            start = len(self._at.text[:start].rstrip(" \t"))
        column = self._at.column(self._at.key_of(parent, child).start)
        lines = content_lines(value, column, self._at.layout(), quote_keys=quote)
        return [Splice(start, end, ""), self._at.lines_below(child, lines, parent)]

    def _lead(self, start: int) -> str:
        """What must stand between a key or dash and the value that it did not have."""
        return " " if self._at.text[start - 1] in ":-" else ": "

    def _new_entry(self, parent: Node, key: str, value: Value) -> list[Splice]:
        quote = self._at.quotes_keys(parent)
        if parent.flow:
            return self._flow_addition(parent, [flow_text({key: value}, quote_keys=quote)[1:-1]])
        column = self._at.column(parent.items[0].start)
        lines = entry_lines(key, value, column, self._at.layout(), quote_keys=quote)
        return [self._at.lines_below(parent, lines, parent)]

    def _new_items(self, sequence: Node, values: Sequence[Value]) -> list[Splice]:
        quote = self._at.quotes_keys(self.root)
        if sequence.flow:
            return self._flow_addition(sequence, [flow_text(value, quote_keys=quote) for value in values])
        last = sequence.items[-1]
        dash = self._at.dash(sequence, len(sequence.items) - 1)
        between = self._at.text[dash + 1 : last.start]
        gap = len(between) if between and not between.strip(" ") else 1
        column, layout = self._at.column(dash), self._at.layout()
        lines: list[str] = []
        for value in values:
            if last.kind == "mapping" and last.flow:
                lines.append(" " * column + "-" + " " * gap + flow_text(value, quote_keys=quote))
            else:
                lines += item_lines(value, column, layout, gap=gap, quote_keys=quote)
        return [self._at.lines_below(sequence, lines, sequence)]

    def _flow_addition(self, collection: Node, texts: list[str]) -> list[Splice]:
        """Further parts of a collection in brackets, each on its own line where the last part has its own."""
        if collection.is_empty():
            return [Splice(collection.end - 1, collection.end - 1, ", ".join(texts))]
        width = 2 if collection.kind == "mapping" else 1
        start, end = collection.items[-width].start, collection.items[-1].content_end()
        indent = self._at.text[start - self._at.column(start) : start]
        rest = _REST_OF_LINE.match(self._at.text, end)
        if not indent.strip() and rest and indent:
            separator = self._at.newline(start) + indent
            if rest["comma"]:
                return [Splice(rest.end(), rest.end(), "".join(f"{separator}{text}," for text in texts))]
            return [
                Splice(end, end, ","),
                Splice(rest.end(), rest.end(), ",".join(f"{separator}{text}" for text in texts)),
            ]
        is_tight = len(collection.items) > width and self._at.text[start - 1] == ","
        separator = "," if is_tight else ", "
        return [Splice(end, end, "".join(separator + text for text in texts))]


def _spliced(text: str, splices: Sequence[Splice]) -> str:
    parts: list[str] = []
    position = 0
    for splice in sorted(splices, key=lambda item: (item.start, item.end)):
        parts += [text[position : splice.start], splice.text]
        position = splice.end
    return "".join([*parts, text[position:]])


def _nested(path: Sequence[Key], value: Value) -> Value:
    for key in reversed(path):
        value = {str(key): value}
    return value


def _is_short(value: Value) -> bool:
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return not any(isinstance(item, list | dict) for item in items)


def _dotted(path: Sequence[Key]) -> str:
    return ".".join(str(key) for key in path)


def _article(node: Node) -> str:
    return {"scalar": "a single value", "sequence": "a list", "mapping": "a mapping", "alias": "an alias"}[node.kind]
