"""Store runs of this version of the graph: `PYTHONPATH=tests/support python tests/tools/store_runs.py`.

Run it when `GRAPH_VERSION` is raised, and only then: the files of earlier versions stay, and what they hold is not
made again, because the point of the corpus is that runs of yesterday's code can be continued by today's.
"""

import asyncio
import gzip
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from recorded_run import hold, open_run
from router_project import project_documents
from scripted_conversation import ScriptedKnowledge

from fine_tuning_knowledge import load_base
from fine_tuning_specialist.knowledge.evidence import Answer, Query
from fine_tuning_specialist.runs.store import open_store
from fine_tuning_specialist.state import GRAPH_VERSION

CORPUS = Path(__file__).parents[1] / "fixtures" / "stored-runs"

RUNS = {
    "at-first-question": ({}, "entry_checkpoint"),
    "in-section-6": ({"configure_peft": ["why rank?", "rank 24"]}, "configure_peft"),
    "knowledge-failed": ({}, "knowledge_failure"),
    "at-menu": ({"present_menu": ["P"]}, "present_menu"),
    "deferred": ({"resolve_insufficient_data": {"fields": {"strategy": "rag-first"}, "accept_recommended": True}}, ""),
    "skipped": ({}, ""),
}
"""What each run was told, and at which question it was left."""


class FewResults(ScriptedKnowledge):
    """Two results a query, so that the files stay small."""

    async def consult(self, queries: Sequence[Query]) -> list[Answer]:
        answers = await super().consult(queries)
        return [answer.model_copy(update={"results": answer.results[:2]}) for answer in answers]


async def make(target: Path) -> None:
    """Hold the runs on documents that are handed over, so that no path of this machine is in them."""
    base = load_base()
    async with open_store(str(target)) as store:
        for name, (told, until) in RUNS.items():
            stated: dict[str, object] = {"skipped": {"architecture": "rag-only"}, "deferred": {"examples": 40}}.get(
                name, {}
            )
            knowledge = FewResults(base)
            knowledge.failures = 1 if name == "knowledge-failed" else 0
            run = await store.runs.claim(Path("/projects/router-help"), name=name)
            session = await open_run(store, run, knowledge, {"documents": project_documents(**stated)})
            await hold(session, told, until)


def main() -> int:
    """Make the file, unless there is one."""
    target = CORPUS / f"graph-{GRAPH_VERSION}.sqlite"
    if target.with_name(f"{target.name}.gz").exists():
        sys.stderr.write(f"{target} is there already; raise GRAPH_VERSION first.\n")
        return 2
    CORPUS.mkdir(exist_ok=True)
    asyncio.run(make(target))
    with closing(sqlite3.connect(target, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("VACUUM")
    target.with_name(f"{target.name}.gz").write_bytes(gzip.compress(target.read_bytes(), 9, mtime=0))
    target.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
