"""What a reply to the menu leads to."""

from typing import Any

from ..dialogue.overview import overview
from ..facilitation.protocol import Interpretation
from ..interrupts import Question, Reply
from ..sections.registry import SECTIONS
from ..state import MenuState
from ..texts import render, text
from .constraints import ConstraintError, read_constraints

MENU = "present_menu"


def respond(state: MenuState, question: Question, reply: Reply, understood: Interpretation) -> dict[str, Any]:
    """Follow the reply; whatever isn't a choice is responded to, and the menu is put again."""
    asking = state.get("asking") or "choice"
    if understood.kind == "command":
        return command(state, understood)
    if understood.kind == "out_of_scope":
        key = f"out_of_scope_{understood.owner_step}" if understood.owner_step in (6, 8) else "out_of_scope_other"
        return again(text("dialogue", key))
    if understood.kind == "question":
        return {"outcome": "answer", "user_question": understood.question or reply.text or ""}
    if asking == "accept":
        return accepted(state, understood)
    if understood.kind == "unclear" or (understood.problems and not understood.fields):
        problems = "\n".join(problem.message for problem in understood.problems)
        return again(problems or text("menu", "unclear"), asking)
    if asking == "node":
        return revisit(state, str(understood.fields.get("node", "")))
    if asking == "constraints":
        return change(understood.fields.get("constraints"))
    return choose(state, understood)


def choose(state: MenuState, understood: Interpretation) -> dict[str, Any]:
    """One of the four letters."""
    match understood.fields.get("choice"):
        case "A":
            return revisit(state, str(understood.fields.get("node") or ""))
        case "Q":
            return change(understood.fields.get("constraints"))
        case "P":
            shown = render("progress.md.j2", sections=overview(state.get("sections", {})), current=MENU)
            return again(f"{shown}\n\n{state.get('summary', '')}")
        case "C":
            return {"outcome": "leave", "goto": "", "revisit": ""}
        case _:
            return again(text("menu", "unclear"))


def revisit(state: MenuState, said: str) -> dict[str, Any]:
    """[A]: back to the section named; asked for where none, or an unknown one, was."""
    sections = [section for section in SECTIONS if section.asks and section.node in state.get("sections", {})]
    wanted = said.strip().casefold()
    if not wanted:
        return again(render("revisit.md.j2", sections=sections, said=""), "node", menu=False)
    for position, section in enumerate(sections, 1):
        names = {section.node, section.title.casefold(), section.number.casefold(), section.node.replace("_", " ")}
        if wanted in names or (wanted.isdigit() and wanted == str(position) and wanted not in numbers(sections)):
            return leave_for(section.node)
    partly = [
        section
        for section in sections
        if wanted in section.node.replace("_", " ") or wanted in section.title.casefold()
    ]
    if len(partly) == 1:
        return leave_for(partly[0].node)
    return again(render("revisit.md.j2", sections=sections, said=said), "node", menu=False)


def numbers(sections: list[Any]) -> set[str]:
    """The specification's own numbers, which win over positions in the list."""
    return {section.number.casefold() for section in sections}


def leave_for(node: str) -> dict[str, Any]:
    """Leave the menu for a section, which asks again."""
    return {"outcome": "leave", "goto": node, "revisit": node}


def change(constraints: Any) -> dict[str, Any]:
    """[Q]: query again with changed constraints; asked for where none were named."""
    if not constraints:
        return again(text("menu", "which_constraints"), "constraints", menu=False)
    try:
        changed = read_constraints(constraints)
    except ConstraintError as error:
        return again(f"{error}\n\n{text('menu', 'which_constraints')}", "constraints", menu=False)
    return {"outcome": "requery", "constraints": changed, "asking": "choice"}


def accepted(state: MenuState, understood: Interpretation) -> dict[str, Any]:
    """Which lines of the comparison the user takes."""
    lines = understood.lines
    if lines is None or any(line < 1 or line > len(state["changes"]) for line in lines):
        return again(text("menu", "which_lines", count=len(state["changes"])), "accept", menu=False)
    if not lines:
        return again(text("menu", "nothing_accepted"))
    chosen = [row for number, row in enumerate(state["changes"], 1) if number in lines]
    return {"outcome": "apply", "changes": chosen, "asking": "choice", "notice": ""}


def command(state: MenuState, understood: Interpretation) -> dict[str, Any]:
    """The commands that make sense at the menu."""
    if understood.command in ("progress", "sections"):
        return again(render("progress.md.j2", sections=overview(state.get("sections", {})), current=MENU))
    if understood.command == "back" and (state.get("asking") or "choice") == "choice":
        return leave_for("document_decisions")
    if understood.command == "back":
        return again("")
    if understood.command == "findings":
        return again(render("findings.md.j2", findings=list(state.get("findings", {}).values())))
    return again(text("menu", "help"))


def again(said: str, asking: str = "choice", *, menu: bool = True) -> dict[str, Any]:
    """Say something and put the menu, or the same sub-question, again."""
    parts = [said, text("questions", MENU) if menu and asking == "choice" else ""]
    return {"outcome": "ask", "asking": asking, "notice": "\n\n".join(part for part in parts if part)}
