"""A section's four queries: on the one open session, against a session per call.

A session per call is what the tools of `MultiServerMCPClient.get_tools` open by default.
"""

import asyncio
import sys
from collections.abc import Iterator

from langchain_mcp_adapters.client import MultiServerMCPClient

from benchmarks.timing import median_seconds
from fine_tuning_specialist import Query, open_knowledge

QUERIES = [
    Query(tool="search_knowledge", text="fine-tuning chat 5000-examples single-gpu"),
    Query(tool="get_decisions", text="SFT vs DPO chatbot preference-data-available"),
    Query(tool="get_warnings", text="fine-tuning chat 8B"),
    Query(tool="search_knowledge", text="instruction dataset creation customer-support expert-annotation"),
]
SERVER = {"command": sys.executable, "args": ["-m", "fine_tuning_knowledge", "serve"], "transport": "stdio"}


def run() -> Iterator[str]:
    """Print both medians and their ratio."""
    ours, theirs = asyncio.run(measure())
    yield f"one open session          {ours * 1000:8.1f} ms for {len(QUERIES)} queries together"
    yield f"a session per call        {theirs * 1000:8.1f} ms for the same queries"
    yield f"ratio                     {theirs / ours:8.0f} times faster (held to: at least 50)"


async def measure() -> tuple[float, float]:
    """Both ways over the same embedded server."""
    async with open_knowledge("embedded") as knowledge:
        ours = await median_seconds(lambda: knowledge.consult(QUERIES), 20)
    client = MultiServerMCPClient({"knowledge": SERVER})
    tools = {tool.name: tool for tool in await client.get_tools()}

    async def session_per_call() -> None:
        for query in QUERIES:
            name = "query" if query.tool == "search_knowledge" else "topic"
            await tools[query.tool].ainvoke({name: query.text, "limit": query.limit})

    return ours, await median_seconds(session_per_call, 3)
