"""The step inside a larger workflow: a Step 4 before it and a Step 6 after it, one graph, one checkpointer.

    python examples/parent_workflow.py examples/support-assistant --output playground/workflow

answers the questions from the project's `answers.yaml`, then with the recommendations, and shows what each step left.
"""

# ruff: noqa: T201, ASYNC240  (a script: it prints, and nothing else waits for it)

import argparse
import asyncio
import tempfile
from collections.abc import Iterator
from operator import add
from pathlib import Path
from typing import Annotated, Any

import yaml
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command
from typing_extensions import TypedDict

from fine_tuning_specialist import Knowledge, ProjectStore, build_graph, open_knowledge


class WorkflowState(TypedDict, total=False):
    """The parent's own state. It shares with the step what it names alike, and nothing else."""

    project_dir: str
    """Shared, read by the step."""
    output_dir: str
    status: str
    """Shared, written by the step."""
    next_step: str
    artifacts: dict[str, str]
    stories: Annotated[list[Any], add]
    """Shared, with a reducer of the parent's: the step adds its stories, once."""
    done: Annotated[list[str], add]
    """The parent's alone; the step never sees it."""


def embed_documents(_: WorkflowState) -> WorkflowState:
    """Stands for Step 4: what comes before ours."""
    return {"stories": [{"id": "EMB-S01", "title": "Index the documents"}], "done": ["step 4"]}


def design_retrieval(state: WorkflowState) -> WorkflowState:
    """Stands for Step 6: it goes on from what our step left."""
    return {"done": [f"step 5: {state['status']}", f"step 6 as in {state['next_step']}"]}


def build_workflow(knowledge: Knowledge, store: ProjectStore | None = None) -> StateGraph[WorkflowState]:
    """The parent's graph, uncompiled."""
    # checkpointer=True gives the step's sections a history of their own, so that the parent can go back into them.
    step_5 = build_graph(knowledge=knowledge, store=store).compile(checkpointer=True)
    workflow = StateGraph(WorkflowState)
    workflow.add_node("step_4", embed_documents)
    workflow.add_node("step_5", step_5)
    workflow.add_node("step_6", design_retrieval)
    workflow.add_edge(START, "step_4")
    workflow.add_edge("step_4", "step_5")
    workflow.add_edge("step_5", "step_6")
    workflow.add_edge("step_6", END)
    return workflow


async def run(workflow: CompiledStateGraph[Any, Any, Any, Any], project: Path, output: Path) -> dict[str, Any]:
    """Drive the workflow: each question is an interrupt of the parent, and is answered by its id."""
    config: RunnableConfig = {"configurable": {"thread_id": project.name}, "recursion_limit": 500}
    replies = Replies(project / "answers.yaml")
    given: Any = {"project_dir": str(project.resolve()), "output_dir": str(output.resolve())}
    while True:
        await workflow.ainvoke(given, config, durability="sync")
        state = await workflow.aget_state(config)
        if not state.interrupts:
            return dict(state.values)
        question = state.interrupts[0]
        reply = replies.to(question.value["question_key"])
        print(f"{question.value['section']:>3}  {question.value['title']}: {reply}")
        given = Command(resume={question.id: reply})


class Replies:
    """The replies of an answers file, and the recommendations after them."""

    def __init__(self, file: Path) -> None:
        content = yaml.safe_load(file.read_text(encoding="utf-8")) if file.exists() else {}
        self._left: dict[str, Iterator[Any]] = {
            node: iter(replies if isinstance(replies, list) else [replies]) for node, replies in content.items()
        }

    def to(self, question_key: str) -> Any:
        """Text as a person types it, or fields as a program fills them in."""
        reply = next(self._left.get(question_key, iter(())), None)
        if reply is None:
            return "C" if question_key == "present_menu" else {"fields": {}, "accept_recommended": True}
        return {"fields": reply} if isinstance(reply, dict) else reply


async def main() -> None:
    """Run the workflow over a project and show what it left."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=Path)
    parser.add_argument("--output", type=Path, help="where the copy of the project goes; a scratch folder by default")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        async with open_knowledge() as knowledge:
            workflow = build_workflow(knowledge).compile(checkpointer=InMemorySaver())
            left = await run(workflow, options.project, options.output or Path(scratch) / options.project.name)
    print("\n" + "\n".join(left["done"]))
    print("stories: " + ", ".join(story["id"] for story in left["stories"]))
    print("artifacts:\n  " + "\n  ".join(sorted(left["artifacts"])))


if __name__ == "__main__":
    asyncio.run(main())
