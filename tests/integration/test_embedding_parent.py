"""The step as a node of a larger workflow: the one in `examples/`, and others that use it differently."""

import asyncio
import importlib.util
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command
from router_project import project_documents
from scripted_conversation import ACCEPT, DAY, USUAL, ScriptedKnowledge
from typing_extensions import TypedDict

from fine_tuning_knowledge import Base
from fine_tuning_specialist import Answer, Query, TextStore, build_graph

SPEC = "phase-2-training/training-spec.md"
EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("parent_workflow", EXAMPLES / "parent_workflow.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Driver:
    """Drives one thread of a compiled parent; questions are answered by their id."""

    def __init__(self, graph: Any, thread: str = "workflow") -> None:
        self.graph = graph
        self.config: Any = {"configurable": {"thread_id": thread}, "recursion_limit": 500}
        self.pending: Any = None
        self.values: dict[str, Any] = {}
        self.asked: list[str] = []

    async def go(self, value: Any, config: Any = None) -> "Driver":
        await self.graph.ainvoke(value, config or self.config, durability="sync")
        await self.look()
        return self

    async def look(self) -> None:
        state = await self.graph.aget_state(self.config)
        self.values = state.values
        self.pending = state.interrupts[0] if state.interrupts else None
        if self.pending is not None:
            self.asked.append(self.key)

    @property
    def key(self) -> str:
        return str(self.pending.value["question_key"]) if self.pending else ""

    async def reply(self, value: Any) -> "Driver":
        return await self.go(Command(resume={self.pending.id: value}))

    async def until(self, key: str, answers: Mapping[str, Any] | None = None) -> "Driver":
        while self.key != key:
            assert self.pending is not None, f"the workflow ended before {key}"
            await self.reply({**USUAL, **(answers or {})}.get(self.key, ACCEPT))
        return self

    async def checkpoint(self, node: str, namespace: str = "") -> Any:
        """The configuration of the newest checkpoint from which this node is next."""
        where = {"configurable": {**self.config["configurable"], "checkpoint_ns": namespace}}
        async for state in self.graph.aget_state_history(where):
            if state.next == (node,):
                return {**state.config, "recursion_limit": 500}
        raise AssertionError(f"no checkpoint before {node}")


@pytest.fixture
def workflow(example: ModuleType, knowledge: ScriptedKnowledge) -> Callable[..., Driver]:
    def build(thread: str = "workflow", store: Any = None) -> Driver:
        compiled = example.build_workflow(knowledge, store).compile(checkpointer=InMemorySaver())
        return Driver(compiled, thread)

    return build


async def test_what_both_name_alike_is_shared_and_nothing_else(workflow: Any, project: Any) -> None:
    driver = await workflow().go({"project_dir": str(project())})
    assert set(driver.values) <= {"project_dir", "stories", "done", "artifacts"}
    await driver.until("")
    assert set(driver.values) == {"project_dir", "status", "next_step", "artifacts", "stories", "done"}
    assert driver.values["done"] == [
        "step 4",
        "step 5: completed",
        "step 6 as in 3-inference/step-06-rag-specialist.md",
    ]


async def test_a_reducer_of_the_parent_gets_each_story_once(workflow: Any, project: Any) -> None:
    driver = await (await workflow().go({"project_dir": str(project())})).until("")
    assert [story["id"] for story in driver.values["stories"]] == [
        "EMB-S01",
        *(f"TRAIN-S0{number}" for number in range(1, 6)),
    ]


async def test_questions_of_the_step_are_interrupts_of_the_parent_in_the_form_of_inboxes(
    workflow: Any, project: Any
) -> None:
    driver = await workflow().go({"project_dir": str(project())})
    question = driver.pending.value
    assert question["action_requests"][0]["name"] == question["question_key"] == "entry_checkpoint"
    assert "approve" in question["review_configs"][0]["allowed_decisions"]


@pytest.mark.parametrize(
    "reply",
    [
        "rank 64, alpha 128, the rest as you recommend",
        {"fields": {"rank": 64, "alpha": 128}, "accept_recommended": True},
        {
            "decisions": [
                {
                    "type": "edit",
                    "edited_action": {"name": "configure_peft", "args": {"rank": 64, "alpha": 128}},
                }
            ]
        },
    ],
    ids=["text", "fields", "decisions"],
)
async def test_a_question_is_answered_in_any_form(workflow: Any, project: Any, reply: Any) -> None:
    driver = await workflow().go({"project_dir": str(project())})
    await (await driver.until("configure_peft")).reply(reply)
    assert driver.key == "configure_hyperparameters"
    await driver.until("")
    assert "rank 64" in driver.values["artifacts"]["decision-log.md"].lower()


async def test_an_approval_takes_the_recommendation(workflow: Any, project: Any) -> None:
    driver = await workflow().go({"project_dir": str(project())})
    await (await driver.until("select_base_model")).reply({"decisions": [{"type": "approve"}]})
    assert driver.key == "train_with_sft"


async def test_a_project_without_training_is_skipped_and_the_parent_goes_on(workflow: Any, project: Any) -> None:
    driver = await workflow().go({"project_dir": str(project(architecture="rag-only"))})
    await driver.reply("Y")
    assert driver.values["done"][1] == "step 5: skipped"
    assert "SKIPPED" in driver.values["artifacts"][SPEC]


async def test_a_no_defers_the_step_and_the_parent_goes_on(workflow: Any, project: Any) -> None:
    driver = await workflow().go({"project_dir": str(project())})
    await driver.reply({"decisions": [{"type": "reject"}]})
    assert driver.values["done"][1] == "step 5: deferred"
    assert SPEC not in driver.values["artifacts"]
    assert driver.pending is None


async def test_the_parent_goes_back_to_before_the_step_and_everything_is_asked_again(
    workflow: Any, project: Any
) -> None:
    driver = await (await workflow().go({"project_dir": str(project())})).until("")
    first = driver.values["status"]
    before = await driver.checkpoint("step_5")
    await driver.go(None, before)
    assert driver.key == "entry_checkpoint"
    await driver.reply("N")
    assert (first, driver.values["status"]) == ("completed", "deferred")
    assert driver.values["done"].count("step 4") == 1


async def test_the_parent_goes_back_into_a_section_and_what_came_before_it_stands(workflow: Any, project: Any) -> None:
    driver = await (await workflow().go({"project_dir": str(project())})).until("", {"welcome": WELCOME})
    inside = await driver.checkpoint("configure_peft", "step_5")
    await driver.go(None, inside)
    assert driver.key == "configure_peft"
    driver.asked.clear()
    await driver.reply({"fields": {"rank": 8, "alpha": 16}, "accept_recommended": True})
    await driver.until("")
    assert "welcome" not in driver.asked
    assert "select_base_model" not in driver.asked
    log = driver.values["artifacts"]["decision-log.md"].lower()
    assert "rank 8" in log
    assert driver.values["status"] == "completed"


WELCOME = {"fields": {"task_type": "chat", "data_source": "support tickets"}, "accept_recommended": True}


class TwoProjects(TypedDict, total=False):
    project_dir: str
    second: str
    status: str
    artifacts: dict[str, str]
    kept: Annotated[list[dict[str, str]], lambda old, new: [*(old or []), *new]]


def two_steps(knowledge: Any) -> Any:
    """One compiled step as two nodes, over two projects."""
    step = build_graph(knowledge, clock=lambda: DAY).compile(checkpointer=True)

    def turn_over(state: TwoProjects) -> TwoProjects:
        return {"project_dir": state["second"], "kept": [state["artifacts"]]}

    parent = StateGraph(TwoProjects)
    parent.add_node("first_step", step)
    parent.add_node("turn_over", turn_over)
    parent.add_node("second_step", step)
    parent.add_edge(START, "first_step")
    parent.add_edge("first_step", "turn_over")
    parent.add_edge("turn_over", "second_step")
    parent.add_edge("second_step", END)
    return parent.compile(checkpointer=InMemorySaver())


async def test_two_steps_in_one_parent_do_not_meet(knowledge: ScriptedKnowledge, project: Any) -> None:
    first, second = project(name="first"), project(name="second", architecture="fine-tuning", pairs=1800)
    driver = await Driver(two_steps(knowledge)).go({"project_dir": str(first), "second": str(second)})
    await driver.until("train_with_sft")
    await driver.until("entry_checkpoint")
    assert driver.asked.count("entry_checkpoint") == 2
    await driver.until("")
    assert "first" in driver.values["kept"][0][SPEC]
    assert "second" in driver.values["artifacts"][SPEC]
    assert "combine_sft_and_dpo" in driver.asked
    assert "trl-dpo.yaml" not in "".join(driver.values["kept"][0])


async def test_a_step_that_a_parent_enters_again_begins_anew(knowledge: ScriptedKnowledge, project: Any) -> None:
    step = build_graph(knowledge, clock=lambda: DAY).compile(checkpointer=True)

    def turn_over(state: TwoProjects) -> TwoProjects:
        return {"project_dir": state["second"], "kept": [state["artifacts"]]}

    parent = StateGraph(TwoProjects)
    parent.add_node("step", step)
    parent.add_node("turn_over", turn_over)
    parent.add_edge(START, "step")
    parent.add_edge("turn_over", "step")
    parent.add_conditional_edges("step", lambda state: END if state.get("kept") else "turn_over", ["turn_over", END])
    first, second = project(name="first"), project(name="second", pairs=1800)
    driver = await Driver(parent.compile(checkpointer=InMemorySaver())).go(
        {"project_dir": str(first), "second": str(second)}
    )
    await driver.until("present_menu")
    await driver.reply("C")
    assert driver.key == "entry_checkpoint"
    driver.asked.clear()
    await driver.until("")
    assert driver.asked == [
        "welcome",
        "assess_training_data",
        "select_base_model",
        "combine_sft_and_dpo",
        "configure_peft",
        "configure_hyperparameters",
        "choose_infrastructure",
        "document_decisions",
        "present_menu",
    ]
    assert "second" in driver.values["artifacts"][SPEC]


async def test_fifty_runs_at_once_in_one_process_keep_to_themselves(
    example: ModuleType, knowledge: ScriptedKnowledge
) -> None:
    graph = build_graph(knowledge, clock=lambda: DAY).compile(checkpointer=InMemorySaver())

    async def converse(number: int) -> str:
        documents = project_documents(name=f"shop-{number}")
        budget = {"fields": {"budget": f"{7100 + number} USD"}, "accept_recommended": True}
        driver = await Driver(graph, f"run-{number}").go({"documents": documents})
        await driver.until("", {"choose_infrastructure": budget})
        return str(driver.values["artifacts"][SPEC])

    specs = await asyncio.gather(*(converse(number) for number in range(50)))
    for number, spec in enumerate(specs):
        named = [other for other in range(50) if f"{7100 + other}" in spec or f"{7100 + other:,}" in spec]
        assert named == [number]
        assert f"shop-{number}" in spec


class SlowKnowledge(ScriptedKnowledge):
    """Answers when it is let go."""

    def __init__(self, base: Base) -> None:
        super().__init__(base)
        self.asked = asyncio.Event()
        self.go_on = asyncio.Event()

    async def consult(self, queries: Sequence[Query]) -> list[Answer]:
        self.asked.set()
        await self.go_on.wait()
        return await super().consult(queries)


async def test_a_parent_that_cancels_in_mid_turn_finds_the_reply_taken_in(
    example: ModuleType, knowledge_base: Base, project: Any
) -> None:
    knowledge = SlowKnowledge(knowledge_base)
    driver = Driver(example.build_workflow(knowledge).compile(checkpointer=InMemorySaver()))
    await driver.go({"project_dir": str(project())})
    await driver.until("welcome")
    turn = asyncio.create_task(driver.reply(WELCOME))
    await knowledge.asked.wait()
    turn.cancel()
    with pytest.raises(asyncio.CancelledError):
        await turn
    knowledge.go_on.set()
    await driver.go(None)
    assert driver.key == "assess_training_data"
    await driver.until("")
    assert driver.values["status"] == "completed"


async def test_a_timeout_of_the_parent_ends_the_turn_and_it_can_go_on(
    example: ModuleType, knowledge_base: Base, project: Any
) -> None:
    knowledge = SlowKnowledge(knowledge_base)
    driver = Driver(example.build_workflow(knowledge).compile(checkpointer=InMemorySaver()))
    await driver.go({"project_dir": str(project())})
    await driver.until("welcome")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await driver.reply(WELCOME)
    knowledge.go_on.set()
    await driver.go(None)
    assert driver.key == "assess_training_data"


async def test_documents_go_in_and_artifacts_come_back_without_a_folder(knowledge: ScriptedKnowledge) -> None:
    graph = build_graph(knowledge, clock=lambda: DAY).compile(checkpointer=InMemorySaver())
    driver = await (await Driver(graph).go({"documents": project_documents()})).until("")
    assert "## Base Model" in driver.values["artifacts"][SPEC]
    assert "TRAIN-001" in driver.values["artifacts"]["sidecar.yaml"]
    assert driver.values["documents"] == {}, "a second project on this thread would be read together with the first"


async def test_writing_is_switched_off_by_a_store_of_texts(workflow: Any, project: Any) -> None:
    folder = project()
    untouched = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    driver = await workflow(store=TextStore(clock=lambda: DAY)).go({"project_dir": str(folder)})
    await driver.until("")
    assert {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()} == untouched
    assert driver.values["status"] == "completed"
    assert "Edited by hand: keep the comments" in driver.values["artifacts"]["sidecar.yaml"]
    assert "currentStep: 6" in driver.values["artifacts"]["sidecar.yaml"]


async def test_a_parent_keeps_the_files_itself_and_they_are_those_that_the_disk_would_hold(
    workflow: Any, project: Any, example: ModuleType, knowledge: ScriptedKnowledge
) -> None:
    kept: dict[str, dict[str, str]] = {}
    store = TextStore(clock=lambda: DAY, keep=lambda place, texts: kept.setdefault(place, {}).update(texts))
    folder = project()
    await (await workflow(store=store).go({"project_dir": str(folder)})).until("")
    graph = build_graph(knowledge, clock=lambda: DAY).compile(checkpointer=InMemorySaver())
    await (await Driver(graph, "disk").go({"project_dir": str(folder)})).until("")
    assert list(kept) == [str(folder)]
    assert {path: (folder / path).read_text(encoding="utf-8") for path in kept[str(folder)]} == kept[str(folder)]
    assert SPEC in kept[str(folder)]


async def test_the_example_runs_over_the_example_project(
    example: ModuleType, knowledge: ScriptedKnowledge, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    compiled = example.build_workflow(knowledge).compile(checkpointer=InMemorySaver())
    left = await example.run(compiled, EXAMPLES / "support-assistant", tmp_path / "copy")
    assert left["done"][1] == "step 5: completed"
    assert (tmp_path / "copy" / SPEC).read_text(encoding="utf-8") == left["artifacts"][SPEC]
    assert "Base Model Selection" in capsys.readouterr().out
