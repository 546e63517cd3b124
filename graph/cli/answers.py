"""Answer files: YAML of node name → a reply, or a list of replies used in turn."""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ..fields import all_fields, fields_of
from ..interrupts import REPLY_LIMIT
from ..sections.order import NODES
from .errors import BadInputError

SIZE_LIMIT = 1024 * 1024
"""Bytes of an answers file; more is no file of answers."""

BESIDE = ("accept_recommended", "findings")
"""What may stand beside `fields`."""


@dataclass
class Entry:
    """The replies for one question key that are not used yet."""

    line: int
    replies: list[Any]
    asked: bool = False


@dataclass
class AnswersFile:
    """The replies of a file, by question key."""

    path: str
    entries: dict[str, Entry] = field(default_factory=dict)

    def take(self, key: str) -> tuple[Any] | None:
        """The next reply for a question, in a tuple because a reply may be anything; None when there is none left."""
        entry = self.entries.get(key)
        if entry is None:
            return None
        entry.asked = True
        return (entry.replies.pop(0),) if entry.replies else None

    def names(self, key: str) -> bool:
        """Whether the file says anything about a question."""
        return key in self.entries

    def unused(self) -> list[tuple[str, Entry]]:
        """What was left over, and what was never asked."""
        return [(key, entry) for key, entry in self.entries.items() if entry.replies]


class _JsonLoader(yaml.SafeLoader):
    """YAML as plain JSON values: a date stays text."""


_JsonLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_answers(path: Path) -> AnswersFile:
    """Read and check an answers file before anything runs.

    Raises:
        BadInputError: It cannot be read, or names an unknown node or field; says the line.
    """
    return _Reader(path).read()


class _Reader:
    """Reads one file; keeps its name for the errors."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._loader: _JsonLoader

    def read(self) -> AnswersFile:
        self._loader = _JsonLoader(self._text())
        try:
            root = self._loader.get_single_node()
            return AnswersFile(str(self._path), self._entries(root))
        except yaml.MarkedYAMLError as error:
            raise self._yaml_error(error) from error
        except yaml.YAMLError as error:
            raise self._error("This is not valid YAML.", None) from error
        except RecursionError as error:
            raise self._error("This is nested too deeply.", None) from error
        finally:
            self._loader.dispose()

    def _text(self) -> str:
        try:
            with self._path.open("rb") as file:
                content = file.read(SIZE_LIMIT + 1)
        except OSError as error:
            raise self._error(f"The answers file cannot be read ({error.strerror}).", None) from error
        if len(content) > SIZE_LIMIT:
            raise self._error("The answers file is larger than 1 MiB.", None)
        try:
            text = content.decode("utf-8-sig")
            aliases = [event for event in yaml.parse(text) if isinstance(event, yaml.AliasEvent)]
        except UnicodeDecodeError as error:
            raise self._error("The answers file is not UTF-8 text.", None) from error
        except yaml.reader.ReaderError as error:
            line = text[: int(error.position)].count("\n")
            raise self._error("This holds a control character.", line) from error
        except yaml.MarkedYAMLError as error:
            raise self._yaml_error(error) from error
        if aliases:
            mark = aliases[0].start_mark
            raise self._error("An answers file cannot refer to its own parts.", mark.line if mark else None)
        return text

    def _entries(self, root: yaml.Node | None) -> dict[str, Entry]:
        if root is None:
            return {}
        if not isinstance(root, yaml.MappingNode):
            raise self._error("An answers file maps node names to replies.", root.start_mark.line)
        entries: dict[str, Entry] = {}
        for key_node, value_node in root.value:
            key, line = self._name(key_node), key_node.start_mark.line
            if key in entries:
                raise self._error(f"{key} stands here a second time.", line, "Use a list of replies.")
            self._check_key(key, line)
            nodes = value_node.value if isinstance(value_node, yaml.SequenceNode) else [value_node]
            entries[key] = Entry(line + 1, [self._reply(key, node) for node in nodes])
        return entries

    def _check_key(self, key: str, line: int) -> None:
        node, _, follow_up = key.partition(".")
        if key in all_fields() or (node in NODES and fields_of(node) and follow_up == "confirm"):
            return
        if key in NODES:
            raise self._error(f"{key} asks nothing.", line, "Remove it.")
        known = ", ".join(all_fields())
        raise self._error(f"There is no node {key!r}.", line, f"The nodes that ask are: {known}.")

    def _reply(self, key: str, node: yaml.Node) -> Any:
        value = self._loader.construct_object(node, deep=True)
        if isinstance(node, yaml.MappingNode):
            self._check_json(value, node)
            return self._fields_reply(key, node, value)
        if isinstance(value, bool):
            return "yes" if value else "no"
        if value is None or isinstance(node, yaml.SequenceNode):
            raise self._error(f"A reply of {key} is text, or fields.", node.start_mark.line)
        return self._text_reply(str(value) if not isinstance(value, str) else value, node)

    def _text_reply(self, reply: str, node: yaml.Node) -> str:
        if len(reply) > REPLY_LIMIT:
            raise self._error(f"A reply has {REPLY_LIMIT:,} characters at most.", node.start_mark.line)
        return reply

    def _fields_reply(self, key: str, node: yaml.MappingNode, value: dict[str, Any]) -> dict[str, Any]:
        """A bare mapping is the fields; `fields`, `accept_recommended` and `findings` may stand beside each other."""
        if set(value) == {"decisions"} and isinstance(value["decisions"], list):
            return value
        lines = {self._name(name): name.start_mark.line for name, _ in node.value}
        beside: dict[str, Any] = {name: value.pop(name) for name in BESIDE if name in value}
        fields = value
        if "fields" in value:
            inner = next(child for name, child in node.value if name.value == "fields")
            if not isinstance(inner, yaml.MappingNode) or len(value) > 1:
                raise self._error("`fields` is a mapping of field names to values.", lines["fields"])
            lines |= {self._name(name): name.start_mark.line for name, _ in inner.value}
            fields = value["fields"]
            beside |= {"findings": fields.pop("findings")} if "findings" in fields else {}
        self._check_beside(beside, lines)
        self._check_fields(key, fields, lines)
        return {"fields": fields, **beside}

    def _check_beside(self, beside: dict[str, Any], lines: dict[str, int]) -> None:
        if not isinstance(beside.get("accept_recommended", False), bool):
            raise self._error("`accept_recommended` is true or false.", lines["accept_recommended"])
        findings = beside.get("findings", {})
        if not isinstance(findings, dict) or not all(isinstance(item, str) for item in findings.values()):
            raise self._error("`findings` maps ids of findings to what settles them.", lines["findings"])

    def _check_fields(self, key: str, fields: dict[str, Any], lines: dict[str, int]) -> None:
        # A second confirmation asks what the first question of all asks: whether to proceed.
        asked = "entry_checkpoint" if key.endswith(".confirm") else key
        known = [item.name for item in fields_of(asked)]
        if not known:  # a follow-up question, whose fields depend on what it is about
            return
        for name in fields:
            if name not in known:
                raise self._error(f"{key} has no field {name!r}.", lines[name], f"Its fields are: {', '.join(known)}.")

    def _check_json(self, value: Any, node: yaml.Node) -> None:
        if isinstance(value, dict):
            for name, item in value.items():
                if not isinstance(name, str):
                    raise self._error(f"{name!r} is no name of a field.", node.start_mark.line, "Put it in quotes.")
                self._check_json(item, node)
        elif isinstance(value, list):
            for item in value:
                self._check_json(item, node)
        elif not isinstance(value, str | int | float | bool | None) or (
            isinstance(value, float) and not math.isfinite(value)
        ):
            raise self._error("A value is text, a number, yes or no, or a list of them.", node.start_mark.line)

    def _name(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise self._error("A name is one word.", node.start_mark.line)
        return str(node.value)

    def _yaml_error(self, error: yaml.MarkedYAMLError) -> BadInputError:
        mark = error.problem_mark or error.context_mark
        return self._error(f"This is not valid YAML ({error.problem}).", mark.line if mark else None)

    def _error(self, problem: str, line: int | None, remedy: str = "") -> BadInputError:
        return BadInputError(problem, remedy, file=str(self._path), line=None if line is None else line + 1)
