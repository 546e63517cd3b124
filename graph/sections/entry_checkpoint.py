"""Entry checkpoint: the architecture guard."""

from typing import Literal

from ..state import State
from .section import Section

SECTION = Section(
    node="entry_checkpoint",
    number="Entry",
    title="Architecture Guard",
    kind="confirm",
    depends_on=("architecture",),
)


def after_entry(state: State) -> Literal["skip_training", "welcome", "defer_training"]:
    """A rag-only project skips the step whatever the answer; otherwise Y goes on and N defers."""
    if state["context"]["architecture"] == "rag-only":
        return "skip_training"
    return "welcome" if state["sections"]["entry_checkpoint"]["fields"]["proceed"] else "defer_training"
