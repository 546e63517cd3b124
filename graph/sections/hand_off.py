"""Step completion: the run is audited against the specification's own metrics, then handed to Step 6."""

from pathlib import Path
from typing import Any, Literal

from ..documenting.audit import AuditItem, audit
from ..documenting.outcomes import design_of
from ..documenting.store import ProjectStore
from ..nodes import StepNode
from ..project.facts import ProjectContext
from ..state import State
from ..texts import render, text


def hand_off(store: ProjectStore) -> StepNode:
    """The node that checks the run, marks the hand-off, and reads the next step whole."""

    def close_step(state: State) -> dict[str, Any]:
        context = ProjectContext.model_validate(state["context"])
        day = state["day"]
        design = design_of(state, day)
        known = {**state.get("documents", {}), **state.get("artifacts", {})}
        problems = store.problems(context, design, known, "documented")
        if problems and not store.problems(context, design, known, "handed_off"):
            problems = []  # handed off already: a crash came before it was remembered, or this is a fork
        items = audit(state, problems)
        checked = [item.model_dump() for item in items]
        if any(not item.passed for item in items):
            return {"audit": checked, "announcement": render("audit.md.j2", items=items), "goto": "present_menu"}
        texts = store.write(context, design, known, "handed_off")
        status = state["ending"]
        next_text = next_step_text(context)
        return {
            "audit": checked,
            "goto": "",
            "documents": dict.fromkeys(state.get("documents", {})),  # a next project's must not mix with them
            "status": status,
            "artifacts": texts,
            "next_step": context.next_step.file,
            "next_step_text": next_text,
            "message": farewell(status, context, items),
        }

    return close_step


def after_hand_off(state: State) -> Literal["present_menu", "__end__"]:
    """An item that fails holds [C] back."""
    return "present_menu" if state.get("goto") == "present_menu" else "__end__"


def next_step_text(context: ProjectContext) -> str:
    """The next step's file, whole, where the workflow has one; empty otherwise."""
    path = context.next_step.path
    if not path:
        return ""
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def farewell(status: str, context: ProjectContext, items: list[AuditItem]) -> str:
    """Where the user goes from here, with the audit."""
    said = text("handoff", status, next_step=context.next_step.file, path=context.next_step.path or "")
    return f"{said}\n\n{render('audit.md.j2', items=items)}"
