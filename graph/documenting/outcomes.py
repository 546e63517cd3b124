"""The design of each outcome, from the recorded state."""

from datetime import date
from typing import Literal

from ..project.facts import ProjectContext
from ..project.writing.design import TrainingDesign
from ..state import State
from .assemble import assemble
from .configuration import configure
from .recorded import RecordedRun


def bare_design(context: ProjectContext, outcome: Literal["skipped", "deferred_no"], day: str) -> TrainingDesign:
    """An outcome without decisions."""
    return TrainingDesign(
        project_name=context.project_name, architecture=context.architecture, date=day, outcome=outcome
    )


def recorded_design(state: State, day: str) -> TrainingDesign:
    """The design that the user confirmed, with its configuration files."""
    context = ProjectContext.model_validate(state["context"])
    configuration = configure(context, state["sections"])
    return assemble(
        context,
        state["sections"],
        state.get("findings", {}),
        state.get("evidence", {}),
        date.fromisoformat(day),
        configuration,
    )


def design_of(state: State, day: str) -> TrainingDesign:
    """The design of whatever outcome the state has reached."""
    context = ProjectContext.model_validate(state["context"])
    if state.get("ending") == "skipped":
        return bare_design(context, "skipped", day)
    run = RecordedRun(state["sections"])
    if run.declined or "document_decisions" not in run.sections:
        return bare_design(context, "deferred_no", day)
    return recorded_design(state, day)
