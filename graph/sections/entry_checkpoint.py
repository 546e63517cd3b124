"""Entry checkpoint: the architecture guard."""

from typing import Literal

from ..interrupts import Recommendation
from ..state import State
from ..texts import text
from .section import Advice, Briefing, Section


def advise(briefing: Briefing) -> Advice:
    """Whoever chose an architecture with fine-tuning in it is expected to go on."""
    why = text("dialogue", "why_proceed", architecture=briefing.context.architecture)
    return Advice(recommended={"proceed": Recommendation(value=True, why=why, origin="document:sidecar.yaml")})


SECTION = Section(
    node="entry_checkpoint",
    kind="confirm",
    advise=advise,
    depends_on=("architecture",),
)


def after_entry(state: State) -> Literal["skip_training", "welcome", "defer_training"]:
    """A rag-only project skips the step whatever the answer; otherwise Y goes on and N defers."""
    if state["context"]["architecture"] == "rag-only":
        return "skip_training"
    return "welcome" if state["sections"]["entry_checkpoint"]["fields"]["proceed"] else "defer_training"
