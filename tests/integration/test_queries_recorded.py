"""Every mandatory query of the specification, on every path, as an independent server received it.

What is demanded is read from the specification's own text, and compared with the server's record.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from fine_tuning_specialist import build_graph, open_knowledge

SPECIFICATION = (Path(__file__).parents[1] / "fixtures" / "specification.md").read_text(encoding="utf-8")
SEQUENCE = SPECIFICATION.split("## TRAINING PIPELINE SEQUENCE")[1]
QUALITY = dict.fromkeys(("accurate", "consistent", "diverse", "uncontaminated", "pii_removed"), True)
ASSESSMENT = {"verified": "all", "coverage": "full", "minimum_examples": 1000, "minimum_pairs": 500, **QUALITY}


def section(number: str) -> str:
    """The text of one numbered section; of 5 only what the letter names."""
    text = re.split(rf"^### {number[0]}\. ", SEQUENCE, flags=re.MULTILINE)[1]
    text = re.split(r"^### \d+\. ", text, flags=re.MULTILINE)[0]
    if len(number) == 1:
        return text
    return re.split(rf"^\*\*{number[1]}\. ", text, flags=re.MULTILINE)[1].split(
        "\n**D. " if number[1] == "C" else "\n---\n"
    )[0]


def demanded(number: str, approach: str) -> list[tuple[str, str]]:
    """Tool and template of every query that a section demands on this approach."""
    found, endpoint = [], "search_knowledge"
    text = section(number)
    if number == "7" and "dpo" not in approach:
        text = re.sub(r"\*\*B\. DPO-Specific.*?\*\*C\. ", "", text, flags=re.DOTALL)
    for line in text.splitlines():
        if match := re.match(r"Endpoint: (\w+)", line):
            endpoint = match[1]
        elif match := re.match(r'(?:Query|Topic): "([^"]+)"', line):
            found.append((endpoint, match[1]))
        elif match := re.search(r'- Query: `(\w+)` with "([^"]+)"', line):
            found.append((match[1], match[2]))
        elif line.startswith("|") and (match := re.search(r'Query: "([^"]+)"', line)):
            found.append(("search_knowledge", match[1]))
    return found


def answers(template: str, text: str) -> bool:
    """Whether a text is the template with its placeholders filled, or left out where nothing is known."""
    words = [r"(?:\S+(?: \S+)?)?" if part.startswith("{") else re.escape(part) for part in template.split()]
    return re.fullmatch(r"\s*".join(words), text) is not None


async def drive(graph: Any, project: Path, replies: dict[str, Any]) -> dict[str, Any]:
    config = {"configurable": {"thread_id": "recorded"}, "recursion_limit": 500}
    await graph.ainvoke({"project_dir": str(project)}, config, durability="exit")
    for _ in range(40):
        state = await graph.aget_state(config)
        if not state.interrupts:
            return dict(state.values)
        pending = state.interrupts[0]
        key = pending.value["question_key"]
        fields = {"present_menu": {"choice": "C"}, "document_decisions": {"confirm": True}}.get(key, {})
        reply = {"fields": {**fields, **replies.get(key, {})}, "accept_recommended": True}
        await graph.ainvoke(Command(resume={pending.id: reply}), config, durability="exit")
    raise AssertionError("the conversation does not end")


SCARCE = {"sft_examples": 100, "preference_pairs": 0}
PATHS = [
    ("sft", ("5A",), {"sft_examples": 5000, "preference_pairs": 0}, {}),
    ("dpo", ("5B",), {"sft_examples": 0, "preference_pairs": 3000}, {}),
    ("sft+dpo", ("5D",), {"sft_examples": 5000, "preference_pairs": 3000}, {}),
    (
        "sft",
        ("5C", "5A"),
        {"sft_examples": 100, "preference_pairs": 0},
        {"strategy": "augment", "target_examples": 2000},
    ),
    ("", ("5C",), {"sft_examples": 100, "preference_pairs": 0}, {"strategy": "rag-first"}),
]


@pytest.mark.parametrize(("approach", "letters", "data", "strategy"), PATHS, ids=lambda item: str(item)[:24])
async def test_every_mandatory_query_reaches_the_server(
    start_server: Callable[..., Any],
    tmp_path: Path,
    project: Callable[..., Path],
    approach: str,
    letters: tuple[str, ...],
    data: dict[str, int],
    strategy: dict[str, Any],
) -> None:
    server = start_server("stdio")
    replies = {
        "welcome": {"task_type": "chat", "domain": "customer-support", "data_volume": 5000, "data_source": "tickets"},
        "assess_training_data": {**ASSESSMENT, **data},
        "resolve_insufficient_data": strategy,
    }
    async with open_knowledge(server.address) as knowledge:
        graph = build_graph(knowledge=knowledge).compile(checkpointer=InMemorySaver())
        values = await drive(graph, project(examples=5000), replies)
    assert values["status"] == ("completed" if approach else "deferred")

    received = [
        (call["tool"], next(value for name, value in call["arguments"].items() if name in ("query", "topic")))
        for call in server.calls()
    ]
    numbers = ["2", "3", "4", *letters, *(["6", "7"] if approach else [])]
    wanted = [query for number in numbers for query in demanded(number, approach)]
    missing = [
        (tool, template)
        for tool, template in wanted
        if not any(tool == called and answers(template, text) for called, text in received)
    ]
    assert len(wanted) >= 10
    assert missing == []
    assert not [text for _, text in received if re.search(r"[{}]|  |^ | $", text)]
