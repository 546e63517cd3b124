"""Our own time per turn, against a bare LangGraph graph with one interrupt and the same SQLite checkpointer.

Our own time is what is left of a turn without the time spent waiting for the knowledge server.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from langgraph.graph import START, StateGraph
from langgraph.types import Command, interrupt
from typing_extensions import TypedDict

from benchmarks.projects import answers_for, copy_of
from fine_tuning_specialist import Answer, Knowledge, Query, build_graph, open_knowledge
from fine_tuning_specialist.runs.store import open_store


class Bare(TypedDict, total=False):
    """One value that a person gives."""

    reply: str


class TimedKnowledge:
    """A knowledge base that adds up how long it was waited for."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self.seconds = 0.0

    async def consult(self, queries: Sequence[Query]) -> list[Answer]:
        """Pass the queries on."""
        begin = time.perf_counter()
        try:
            return await self._knowledge.consult(queries)
        finally:
            self.seconds += time.perf_counter() - begin


def run() -> Iterator[str]:
    """Print the median of a whole run's turns and its ratio to the bare graph."""
    ours, bare = asyncio.run(measure())
    yield f"the step                  {statistics.median(ours) * 1000:8.1f} ms a turn, the median of {len(ours)}"
    yield f"slowest turn              {max(ours) * 1000:8.1f} ms"
    yield f"a bare graph              {bare * 1000:8.1f} ms a turn"
    yield f"ratio                     {statistics.median(ours) / bare:8.1f} times the bare graph (held to: under 50 ms)"


async def measure() -> tuple[list[float], float]:
    """Both graphs on SQLite files of their own, with the store's own settings."""
    with tempfile.TemporaryDirectory() as folder:
        async with open_store(str(Path(folder) / "ours.sqlite")) as store, open_knowledge("embedded") as knowledge:
            waiting = TimedKnowledge(knowledge)
            graph = build_graph(knowledge=waiting).compile(checkpointer=store.saver)
            await knowledge.tools()
            ours = await drive(graph, waiting, {"project_dir": str(copy_of("support-assistant", Path(folder)))})
        async with open_store(str(Path(folder) / "bare.sqlite")) as store:
            bare = await drive_bare(bare_graph(store.saver), 30)
    return ours, bare


async def drive(graph: Any, waiting: TimedKnowledge, start: dict[str, Any]) -> list[float]:
    """Answer every question as the example's answers do; returns our own seconds of each turn."""
    config = {"configurable": {"thread_id": "benchmark"}, "recursion_limit": 1000}
    await graph.ainvoke(start, config, durability="sync")
    taken: list[float] = []
    answers = answers_for("support-assistant")
    while (state := await graph.aget_state(config)).interrupts:
        pending = state.interrupts[0]
        reply = answers(pending.value["question_key"])
        begin, waited = time.perf_counter(), waiting.seconds
        await graph.ainvoke(Command(resume={pending.id: reply}), config, durability="sync")
        taken.append(time.perf_counter() - begin - (waiting.seconds - waited))
    return taken


def bare_graph(checkpointer: Any) -> Any:
    """A graph that asks one question again and again, and nothing else."""
    graph = StateGraph(Bare)
    graph.add_node("ask", lambda _: {"reply": interrupt({"question": "?"})})
    graph.add_edge(START, "ask")
    graph.add_conditional_edges("ask", lambda _: "ask", ["ask"])
    return graph.compile(checkpointer=checkpointer)


async def drive_bare(graph: Any, turns: int) -> float:
    """The median seconds of a turn of the bare graph."""
    config = {"configurable": {"thread_id": "bare"}}
    await graph.ainvoke({"reply": ""}, config, durability="sync")
    taken = []
    for number in range(turns):
        pending = (await graph.aget_state(config)).interrupts[0]
        begin = time.perf_counter()
        await graph.ainvoke(Command(resume={pending.id: str(number)}), config, durability="sync")
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken)
