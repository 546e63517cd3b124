"""[A]: which section to revisit."""

from typing import Any

from ..sections.registry import SECTIONS
from ..sections.section import Section
from ..state import MenuState
from ..texts import render
from .putting import put_other


def revisit(state: MenuState, said: str, problem: str = "") -> dict[str, Any]:
    """Back to the section named; asked for where none, an unknown one, or one that was not passed was named.

    Args:
        state: The menu's channels.
        said: What the user named; empty for nothing.
        problem: Why what they named is no section, where that is known already.
    """
    records = state.get("sections", {})
    passed = [section for section in SECTIONS if section.asks and records.get(section.node, {}).get("confirmed")]
    found = named(passed, said.strip().casefold())
    if found is not None:
        return leave_for(found.node)
    put = render("revisit.md.j2", sections=passed)
    unknown = render("unknown-section.md.j2", said=said.strip()) if said.strip() else problem
    return put_other("node", put, unknown)


def named(sections: list[Section], wanted: str) -> Section | None:
    """By name, title or the specification's number; else by a part of a name that only one has."""
    if not wanted:
        return None
    for section in sections:
        if wanted in (
            section.node,
            section.node.replace("_", " "),
            section.title.casefold(),
            section.number.casefold(),
        ):
            return section
    partly = [
        section
        for section in sections
        if wanted in section.node.replace("_", " ") or wanted in section.title.casefold()
    ]
    return partly[0] if len(partly) == 1 else None


def leave_for(node: str) -> dict[str, Any]:
    """Leave the menu for a section, which asks again."""
    return {"outcome": "leave", "goto": node, "revisit": node}
