"""The step inside another workflow: as a node, twice at once, over documents instead of a folder, and on SQLite."""

import asyncio
from typing import Annotated, Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from router_project import project_documents, write_project
from scripted_conversation import DAY, Conversation, ScriptedKnowledge
from typing_extensions import TypedDict

from fine_tuning_specialist.builder import build_graph
from fine_tuning_specialist.runs.sqlite import open_sqlite

OURS = {"status", "message", "next_step", "next_step_text", "decisions", "stories", "artifacts"}


def notes(current: list[str], update: list[str]) -> list[str]:
    return [*current, *update]


class Parent(TypedDict, total=False):
    documents: dict[str, str]
    project_dir: str
    log: Annotated[list[str], notes]
    status: str
    next_step: str
    decisions: dict[str, Any]
    stories: list[Any]
    artifacts: dict[str, str]
    findings: str
    """A name that the step uses inside for something else."""


def parent(knowledge: ScriptedKnowledge, checkpointer: Any) -> Any:
    graph = StateGraph(Parent)
    graph.add_node("before", lambda _: {"log": ["before"], "findings": "the parent's own"})
    graph.add_node("step_5", build_graph(knowledge, clock=lambda: DAY).compile(checkpointer=checkpointer))
    graph.add_node("after", lambda state: {"log": [f"after: {state['status']}"]})
    graph.add_edge(START, "before")
    graph.add_edge("before", "step_5")
    graph.add_edge("step_5", "after")
    graph.add_edge("after", END)
    return graph.compile(checkpointer=InMemorySaver())


@pytest.mark.parametrize("checkpointer", [None, True])
async def test_the_step_is_a_node_whose_questions_surface_in_the_parent(knowledge, checkpointer):
    graph = parent(knowledge, checkpointer)
    inputs = {"documents": project_documents(), "log": []}
    talk = await Conversation(knowledge, inputs, graph=graph).until("present_menu")
    await talk.reply("What is LoRA?")
    await talk.reply("A configure_peft")
    await talk.reply("rank 8, the rest as you recommend")
    await talk.until("end")
    assert talk.values["log"] == ["before", "after: completed"]
    assert talk.values["findings"] == "the parent's own"
    assert set(talk.values) - {"documents", "log", "findings", "project_dir"} <= OURS
    assert list(talk.values["decisions"]) == ["TRAIN-001", "TRAIN-002", "TRAIN-003"]
    assert "phase-2-training/training-spec.md" in talk.values["artifacts"]


@pytest.mark.parametrize("checkpointer", [None, True])
async def test_two_runs_of_one_parent_do_not_meet(knowledge, checkpointer):
    graph = parent(knowledge, checkpointer)
    first = Conversation(knowledge, {"documents": project_documents(examples=5200), "log": []}, graph=graph, thread="1")
    second = Conversation(knowledge, {"documents": project_documents(examples=200), "log": []}, graph=graph, thread="2")
    await asyncio.gather(first.until("select_base_model"), second.until("select_base_model"))
    await asyncio.gather(first.reply("ok"), second.reply("ok"))
    assert (first.key, second.key) == ("train_with_sft", "resolve_insufficient_data")
    later = {"resolve_insufficient_data": {"fields": {"strategy": "rag-first"}, "accept_recommended": True}}
    await asyncio.gather(first.until("end"), second.until("end", later))
    assert (first.values["status"], second.values["status"]) == ("completed", "deferred")


async def test_two_projects_at_once_in_one_process_are_written_apart(knowledge, tmp_path):
    write_project(tmp_path / "one", examples=5200)
    write_project(tmp_path / "two", examples=0, architecture="rag-only")
    one = Conversation(knowledge, {"project_dir": str(tmp_path / "one")}, thread="1")
    two = Conversation(knowledge, {"project_dir": str(tmp_path / "two")}, thread="2")
    await asyncio.gather(one.until("end"), two.until("end"))
    assert "SKIPPED" in two.file("phase-2-training/training-spec.md")
    assert "## Base Model" in one.file("phase-2-training/training-spec.md")


async def test_documents_are_answered_with_documents_and_no_disk_is_touched(knowledge, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    documents = project_documents()
    talk = await Conversation(knowledge, {"documents": documents}).until("end")
    assert list(tmp_path.rglob("*")) == []
    artifacts = talk.values["artifacts"]
    assert {"phase-2-training/training-spec.md", "decision-log.md", "sidecar.yaml"} <= set(artifacts)
    assert artifacts["sidecar.yaml"].startswith(documents["sidecar.yaml"].splitlines()[0])
    assert "currentStep: 6" in artifacts["sidecar.yaml"]
    assert "# decided in Step 2" in artifacts["sidecar.yaml"]


async def test_a_run_on_sqlite_goes_on_where_it_was_and_stays_small(knowledge, tmp_path):
    write_project(tmp_path / "project", pairs=1800)
    inputs = {"project_dir": str(tmp_path / "project")}
    file = tmp_path / "runs.sqlite"
    async with open_sqlite(file) as (saver, *_):
        first = await Conversation(knowledge, inputs, saver=saver).until("configure_peft")
        await first.reply("rank 32")
    async with open_sqlite(file) as (saver, *_):
        again = Conversation(knowledge, inputs, saver=saver)
        await again.look()
        assert again.question == first.question
        await again.reply("ok")
        assert again.decided("configure_peft")["rank"] == 32
        for aside in ("why?", "What is LoRA?", "progress", "What is DPO beta?"):
            await again.reply(aside)
        await again.until("end")
    assert again.values["status"] == "completed"
    assert file.stat().st_size < 2_000_000
