"""What a reply to the menu leads to."""

from typing import Any

from ..dialogue.consult import announce
from ..dialogue.overview import overview
from ..dialogue.progression import out_of_scope
from ..dialogue.reasons import reasons
from ..dialogue.settled_findings import settled_findings
from ..facilitation.parsing.questions import names_something, why_about
from ..facilitation.protocol import Interpretation
from ..findings import Finding
from ..interrupts import Reply
from ..state import MenuState
from ..texts import render, text
from .constraints import ConstraintError, read_constraints
from .putting import again, put_menu, put_other
from .revisiting import leave_for, revisit

MENU = "present_menu"
CONFIRMING = "document_decisions"


def respond(state: MenuState, reply: Reply, understood: Interpretation) -> dict[str, Any]:
    """Follow the reply; whatever isn't a choice is responded to, and the menu is put again."""
    if understood.findings:
        return settle_findings(state, understood.findings)
    if understood.kind == "command":
        return command(state, understood)
    if understood.kind == "out_of_scope":
        return again(state, out_of_scope(understood.owner_step))
    if understood.kind == "question":
        if (about := why_about(understood.question or "")) and (said := reasons(state.get("sections", {}), about)):
            return again(state, said)
        return {"outcome": "answer", "user_question": understood.question or reply.text or ""}
    asking = state.get("asking") or "choice"
    if understood.unsure and understood.fields.get("choice") == "C":
        return again(state, text("model", "plain_menu"))
    if asking == "accept":
        return accepted(state, understood)
    if [problem.field for problem in understood.problems] == ["node"]:
        return revisit(state, "", understood.problems[0].message)
    if understood.kind == "unclear" or understood.problems:
        problems = "\n".join(problem.message for problem in understood.problems)
        return again(state, problems or text("menu", "unclear"))
    if asking == "node":
        return revisit(state, str(understood.fields.get("node") or ""))
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
            return put_menu(f"{progress(state)}\n\n{state.get('summary', '')}")
        case "C":
            return {"outcome": "leave", "goto": "", "revisit": ""}
        case _:
            return again(state, text("menu", "unclear"))


def progress(state: MenuState) -> str:
    """Every section with what was decided in it."""
    return render("progress.md.j2", sections=overview(state.get("sections", {})), current=MENU)


def change(constraints: Any) -> dict[str, Any]:
    """[Q]: query again with changed constraints; asked for where none were named."""
    which = text("menu", "which_constraints")
    if not constraints:
        return put_other("constraints", which)
    try:
        changed = read_constraints(constraints)
    except ConstraintError as error:
        return put_other("constraints", which, str(error))
    return {"outcome": "requery", "constraints": changed, "asking": "choice", "put": "", "notice": ""}


def accepted(state: MenuState, understood: Interpretation) -> dict[str, Any]:
    """Which lines of the comparison the user takes."""
    lines = understood.lines
    if lines is None or any(line < 1 or line > len(state["changes"]) for line in lines):
        return again(state, text("menu", "which_lines", count=len(state["changes"])))
    if not lines:
        return put_menu(text("menu", "nothing_accepted"))
    chosen = [row for number, row in enumerate(state["changes"], 1) if number in lines]
    return {"outcome": "apply", "changes": chosen, "asking": "choice", "put": "", "notice": ""}


def settle_findings(state: MenuState, settlements: dict[str, str]) -> dict[str, Any]:
    """What is settled here changes what was written, so the design is put for confirmation again."""
    known = {key: Finding.model_validate(item) for key, item in state.get("findings", {}).items()}
    updates, notes = settled_findings(known, settlements)
    if not updates:
        return again(state, "\n".join(notes))
    said = "\n".join([*notes, text("menu", "confirm_again")])
    return {**leave_for(CONFIRMING), "findings": updates, "announcement": said}


def command(state: MenuState, understood: Interpretation) -> dict[str, Any]:
    """The commands that make sense at the menu."""
    match understood.command:
        case "progress" | "sections":
            return again(state, progress(state))
        case "findings":
            known = [Finding.model_validate(item) for item in state.get("findings", {}).values()]
            return again(state, render("findings.md.j2", findings=known))
        case "why" | "evidence" | "sources":
            said = reasons(state.get("sections", {}), understood.argument)
            if not said and understood.command == "why" and names_something(understood.argument):
                return {"outcome": "answer", "user_question": f"why {understood.argument}"}
            return again(state, said or text("menu", "no_reason"))
        case "about":
            return again(state, text("menu", "about"))
        case "quit":
            announce({"event": "leave"})
            return again(state, text("dialogue", "leaving"))
        case "back":
            return leave_for(CONFIRMING) if (state.get("asking") or "choice") == "choice" else put_menu("")
        case _:
            return again(state, text("menu", "help"))
