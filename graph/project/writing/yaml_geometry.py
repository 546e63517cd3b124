"""Where things stand in a YAML text: columns, dashes, line ends, and how the file indents."""

import re
from dataclasses import dataclass

from .yaml_text import Layout
from .yaml_tree import Node, SidecarError

_LINE_BREAK = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True)
class Splice:
    """Replace the characters from start to end."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Geometry:
    """A text with its tree, asked about places and never changed."""

    text: str
    root: Node
    name: str

    def line(self, position: int) -> int:
        """The line number, counted from one."""
        return self.text.count("\n", 0, position) + 1

    def column(self, position: int) -> int:
        """Characters between the line's beginning and the position."""
        return position - max(self.text.rfind("\n", 0, position), self.text.rfind("\r", 0, position)) - 1

    def newline(self, position: int) -> str:
        """The line break in use just before a position, else the file's first one."""
        before = self.text[max(0, position - 2) : position]
        if before == "\r\n":
            return before
        if before.endswith(("\n", "\r")):
            return before[-1]
        found = _LINE_BREAK.search(self.text)
        return found.group() if found else "\n"

    def line_after(self, node: Node) -> int:
        """Where the first whole line below the node's content begins; the text's end where there is none."""
        end = node.content_end()
        if _is_block_scalar(node.last_leaf()) and self.text[end - 1 : end] in ("\r", "\n"):
            return end
        found = _LINE_BREAK.search(self.text, end)
        return found.end() if found else len(self.text)

    def lines_below(self, node: Node, lines: list[str], collection: Node) -> Splice:
        """Whole lines below the node's content.

        They go above the collection's last part where that is block text at the very end of a file without a final
        line break: a break after it would become part of it.
        """
        position = self.line_after(node)
        is_open = position == len(self.text) and self.text[-1:] not in ("\r", "\n")
        if is_open and node is collection and _is_block_scalar(node.last_leaf()):
            last = self.dash(node, len(node.items) - 1) if node.kind == "sequence" else node.items[-2].start
            position, is_open = last - self.column(last), False
        newline = self.newline(position)
        joined = newline.join(lines)
        return Splice(position, position, newline + joined if is_open else joined + newline)

    def item_lines(self, sequence: Node, index: int) -> Splice:
        """The removal of one item of a block sequence with the lines that it takes."""
        dash = self.dash(sequence, index)
        start = dash - self.column(dash)
        if self.text[start:dash].strip():
            raise SidecarError(f"{self.name} line {self.line(dash)}: a list inside a list can't be updated safely")
        return Splice(start, self.line_after(sequence.items[index]), "")

    def dash(self, sequence: Node, index: int) -> int:
        """Where the dash of an item of a block sequence stands."""
        position = sequence.items[index - 1].content_end() if index else sequence.start
        for line in self.text[position : sequence.items[index].start].splitlines(keepends=True):
            if line.lstrip().startswith("-"):
                return position + len(line) - len(line.lstrip())
            position += len(line)
        raise SidecarError(f"{self.name} line {self.line(position)}: this list can't be updated safely")

    def key_of(self, mapping: Node, child: Node) -> Node:
        """The key under which the child stands."""
        found = next((key for key, value in mapping.entries() if value is child), None)
        if found is None:
            raise ValueError("the child stands in another mapping")
        return found

    def after_colon(self, mapping: Node, child: Node) -> int:
        """The place right after the colon that follows the child's key."""
        return self.text.index(":", self.key_of(mapping, child).content_end()) + 1

    def quotes_keys(self, node: Node) -> bool:
        """Whether keys beside the node's own, or of the whole file, stand in double quotes."""
        items = node.items if node.kind == "mapping" and node.items else self.root.items
        return bool(items) and items[0].style == '"'

    def layout(self) -> Layout:
        """The indentation of the first nested mapping and the first list: the rest of the file is taken to follow."""
        steps: list[int] = []
        offsets: list[int] = []
        for node in walk(self.root):
            if node.kind != "mapping" or node.flow:
                continue
            for key, value in node.entries():
                if value.flow or not value.items:
                    continue
                if value.kind == "mapping":
                    steps.append(self.column(value.items[0].start) - self.column(key.start))
                else:
                    offsets.append(self.column(self.dash(value, 0)) - self.column(key.start))
        step = next((item for item in steps if item > 0), 2)
        return Layout(step, next((item for item in offsets if item >= 0), step))


def walk(node: Node) -> list[Node]:
    """The node and everything in it, in the order of the text."""
    return [node, *(inner for item in node.items for inner in walk(item))]


def _is_block_scalar(node: Node) -> bool:
    return node.style in ("|", ">")
