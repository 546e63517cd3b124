"""How many tokens of an example are kept."""

from collections.abc import Sequence

from ..interrupts import Recommendation
from .consensus import consensus
from .figures import LabelledFigure
from .plan_facts import Method, PlanFacts
from .recommendation import calculated, from_sources
from .room import Room
from .rules import rule_book
from .texts import number, say

ROUNDED_TO = 256
SHORTEST = 128


def recommend_length(facts: PlanFacts, figures: Sequence[LabelledFigure], room: Room, method: Method) -> Recommendation:
    """The field max_length: what the data need, within what the model reads and what fits at batch 1.

    Args:
        facts: The project; `example_tokens` where the data were measured.
        figures: The figures of the evidence.
        room: The model on the user's GPUs.
        method: How it is trained.
    """
    situation = facts.situation(facts.stages[0], method=method)
    found = consensus(figures, ("max_length",), situation, rule_book().rule("max_length", situation), settled=True)
    if facts.example_tokens:
        wanted = max(SHORTEST, -(-facts.example_tokens // ROUNDED_TO) * ROUNDED_TO)
        advice = calculated(wanted, say("max_length.measured", tokens=number(facts.example_tokens)))
    else:
        wanted = round(found.value)
        advice = from_sources(say("max_length.task", task=facts.task_type or "this task"), found, value=wanted)
    limits: list[str] = []
    length = wanted
    if facts.context_length and length > facts.context_length:
        length = facts.context_length
        limits.append(say("max_length.context", context=number(length)))
    longest = room.longest(method, facts.stages, length)
    if longest and longest < length:
        limits.append(say("max_length.memory", method=method, wanted=number(length)))
        length = longest
    low = min(length, advice.low if advice.low is not None else length)
    high = max(length, min(advice.high or length, facts.context_length or float("inf")))
    origin = advice.origin if length == wanted else "calc"
    why = " ".join([advice.why, *limits])
    return advice.model_copy(update={"value": length, "why": why, "origin": origin, "low": low, "high": high})
