"""What a run stores: bytes of the SQLite file, against the same run with LangGraph's own saver as it comes."""

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from benchmarks.projects import copy_of
from benchmarks.turns import TimedKnowledge, drive
from fine_tuning_specialist import build_graph, open_knowledge
from fine_tuning_specialist.runs.store import open_store


def run() -> Iterator[str]:
    """Print both sizes and their ratio."""
    ours, plain, turns = asyncio.run(measure())
    yield f"our store                 {ours / 1e6:8.2f} MB for {turns} turns (held to: under 2 MB)"
    yield f"AsyncSqliteSaver as it is {plain / 1e6:8.2f} MB"
    yield f"ratio                     {plain / ours:8.1f} times smaller"


async def measure() -> tuple[int, int, int]:
    """The same conversation in both stores."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with open_knowledge("embedded") as knowledge:
            waiting = TimedKnowledge(knowledge)
            graph = build_graph(knowledge=waiting)
            async with open_store(str(folder / "ours.sqlite")) as store:
                turns = await conversation(graph.compile(checkpointer=store.saver), waiting, folder / "a")
            async with AsyncSqliteSaver.from_conn_string(str(folder / "plain.sqlite")) as saver:
                await conversation(graph.compile(checkpointer=saver), waiting, folder / "b")
        sizes = [(folder / file).stat().st_size for file in ("ours.sqlite", "plain.sqlite")]
    return sizes[0], sizes[1], turns


async def conversation(graph: Any, waiting: TimedKnowledge, folder: Path) -> int:
    """One whole run; returns its number of turns."""
    folder.mkdir()
    return len(await drive(graph, waiting, {"project_dir": str(copy_of("support-assistant", folder))}))
