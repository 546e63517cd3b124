"""Reading a recorded run: fields, origins and reasons across all confirmed sections."""

from collections.abc import Mapping
from typing import Any

from ..facilitation.parsing import format_value
from ..fields import fields_of
from ..project.writing.design import Stated
from ..sections.order import NODES


class RecordedRun:
    """The confirmed sections of a run, asked for by field."""

    def __init__(self, sections: Mapping[str, Mapping[str, Any]]) -> None:
        self.sections = {node: sections[node] for node in NODES if sections.get(node, {}).get("confirmed")}

    def record(self, node: str) -> Mapping[str, Any]:
        """A section's record; empty where the section was not passed."""
        return self.sections.get(node, {})

    def value(self, node: str, name: str) -> Any:
        """A decided value, or None."""
        return self.record(node).get("fields", {}).get(name)

    def last(self, name: str) -> Any:
        """The value of a field from the last section that holds it."""
        found = [record["fields"][name] for record in self.sections.values() if record["fields"].get(name) is not None]
        return found[-1] if found else None

    def reason(self, node: str, name: str) -> str:
        """Why the value was recommended, or that it is the user's own."""
        record = self.record(node)
        if reason := record.get("reasons", {}).get(name):
            return str(reason)
        origin = record.get("origins", {}).get(name, "user")
        return "the user's choice" if origin == "user" else ""

    def shown(self, node: str, name: str) -> str:
        """The value as people read it."""
        value = self.value(node, name)
        field = next((field for field in fields_of(node) if field.name == name), None)
        if value is None and field is not None and name in self.record(node).get("open", ()):
            return field.open_as
        if value is None or field is None:
            return "unknown" if value is None else str(value)
        return str(format_value(field, value))

    def stated(self, node: str, name: str, *, text: float | str | None = None) -> Stated:
        """The value with its origin, as the files state it; `text` says it in other words or as a plain number."""
        record = self.record(node)
        return Stated(
            value=text
            if text is not None
            else (self.shown(node, name) if self.value(node, name) is not None else None),
            origin=record.get("origins", {}).get(name, "user"),
            evidence=tuple(record.get("evidence", {}).get(name, ())),
            evidence_free=bool(record.get("without_evidence")) and bool(record.get("reasons", {}).get(name)),
        )

    @property
    def approach(self) -> str | None:
        """The training approach on the path taken."""
        value = self.last("approach")
        return str(value) if value else None

    @property
    def declined(self) -> bool:
        """Whether the last word at the entry checkpoint was a no."""
        return self.value("entry_checkpoint", "proceed") is False

    @property
    def rag_first(self) -> bool:
        """Whether the step ends in a deferral because data have to be collected first."""
        return bool(self.value("resolve_insufficient_data", "strategy") == "rag-first")
