"""`history`: what was asked, answered, queried and decided in a run, and the tree of its checkpoints."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from langgraph.types import StateSnapshot

from ..facilitation.spent import by_section
from ..runs.records import RunRecord
from ..runs.session import Step
from .ancestry import checkpoints

GROWING = ("turns", "queries", "usage", "grounding")
"""Channels to which a section that is still under way adds what the step does not hold yet."""


async def history(run: RunRecord, look: Step) -> dict[str, Any]:
    """All that a run holds of its course, as plain data.

    Args:
        run: The run.
        look: The step compiled with the store's checkpointer; it is only looked at.

    Returns:
        `run` and what the list says of it; `turns` in order, each with node, question, reply, the queries made for it
        and what it decided; `decisions` and `files` of the step; `pending`; `checkpoints` with their parents; and,
        where a language model was used, `model_use` by node.
    """
    snapshot = await look.aget_state({"configurable": {"thread_id": run.name}}, subgraphs=True)
    values = _with_section_under_way(snapshot)
    waiting = None if values.get("status") else next(iter(snapshot.interrupts), None)
    spent = by_section(values.get("usage", []), values.get("grounding", []))
    return {
        "run": asdict(run),
        "turns": turns(values),
        "decisions": values.get("decisions", {}),
        "files": sorted(values.get("artifacts", {})),
        "pending": dict(waiting.value) if waiting else None,
        "checkpoints": [asdict(point) for point, _ in reversed((await checkpoints(look, run.name)).values())],
        **({"model_use": spent} if spent else {}),
    }


def turns(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The turns, each with the queries that were made for its section, and the decision at the section's last turn."""
    recorded = list(values.get("turns", []))
    queries = list(values.get("queries", []))
    last = {turn["node"]: number for number, turn in enumerate(recorded)}
    found = []
    for number, turn in enumerate(recorded):
        entering = number == 0 or recorded[number - 1]["node"] != turn["node"]
        made = _taken(queries, recorded, number) if entering else []
        record = values.get("sections", {}).get(turn["node"], {}) if last[turn["node"]] == number else {}
        found.append(
            {
                "number": number + 1,
                "node": turn["node"],
                "section": turn["section"],
                "question_key": turn["question_key"],
                "question": turn["message"],
                "reply": turn["reply"],
                "understood": turn["understood"],
                "queries": made,
                "decided": dict(record.get("fields", {})) if record.get("confirmed") else {},
                "origins": dict(record.get("origins", {})) if record.get("confirmed") else {},
            }
        )
    if found and queries:
        found[-1]["queries"] = [*found[-1]["queries"], *queries]
    return found


def _taken(queries: list[dict[str, Any]], recorded: Sequence[Mapping[str, Any]], number: int) -> list[dict[str, Any]]:
    """Take out the queries up to the last one of this visit of the section, silent sections before it included."""
    node = recorded[number]["node"]
    end = 0
    while end < len(queries) and (end == 0 or queries[end - 1]["node"] != node or queries[end]["node"] == node):
        end += 1
    if node not in {query["node"] for query in queries[:end]}:
        return []
    taken = queries[:end]
    del queries[:end]
    return taken


def _with_section_under_way(snapshot: StateSnapshot) -> dict[str, Any]:
    values = dict(snapshot.values)
    for task in snapshot.tasks:
        if isinstance(task.state, StateSnapshot):
            inner = task.state.values
            values |= {name: [*values.get(name, []), *inner.get(name, [])] for name in GROWING}
    return values
