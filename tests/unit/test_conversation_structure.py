"""The shape of the graph: names, schemas, pictures, and what a run stores."""

from typing import get_type_hints

import pytest
from scripted_conversation import DAY

from fine_tuning_specialist.builder import build_graph
from fine_tuning_specialist.sections.order import NODES
from fine_tuning_specialist.state import MenuState, SectionOutput, SectionState, State, StepOutput

DESIGN_NODES = [
    "load_context",
    "entry_checkpoint",
    "skip_training",
    "defer_training",
    "welcome",
    "query_methodologies",
    "assess_training_data",
    "select_base_model",
    "train_with_sft",
    "align_with_dpo",
    "combine_sft_and_dpo",
    "resolve_insufficient_data",
    "configure_peft",
    "configure_hyperparameters",
    "choose_infrastructure",
    "document_decisions",
    "generate_stories",
    "present_menu",
    "hand_off",
]


@pytest.fixture
def step(knowledge):
    return build_graph(knowledge, clock=lambda: DAY)


def test_the_nodes_are_those_of_the_specification_and_no_others(step):
    assert sorted(step.nodes) == sorted(DESIGN_NODES)
    assert list(NODES) == DESIGN_NODES


def test_the_graph_can_be_drawn_and_its_sections_too(step):
    compiled = step.compile()
    picture = compiled.get_graph().draw_mermaid()
    for node in DESIGN_NODES:
        assert node in picture
    inner = compiled.get_graph(xray=1).draw_mermaid()
    for node in ("consult", "advise", "ask", "interpret", "settle"):
        assert node in inner


def test_input_and_output_are_narrow_and_have_schemas(step):
    compiled = step.compile()
    assert set(compiled.get_input_jsonschema()["properties"]) == {
        "project_dir",
        "output_dir",
        "workflow_dir",
        "documents",
    }
    assert set(compiled.get_output_jsonschema()["properties"]) == set(get_type_hints(StepOutput))


async def test_every_node_returns_only_channels_of_its_schema(conversation):
    talk = await conversation(examples=600, pairs=1800, tracking="wandb").until("configure_peft")
    for reply in ("why?", "What is LoRA?", "rank 32", "back", "back"):
        await talk.reply(reply)
    await talk.until("present_menu")
    for reply in ("P", "A", "back", "Q priority: speed", "What is LoRA?"):
        await talk.reply(reply)
    assert {section for section, _, _ in talk.updates} >= {"", "configure_peft", "present_menu"}
    for section, node, returned in talk.updates:
        allowed = (
            set(get_type_hints(State))
            if not section
            else set(get_type_hints(MenuState if section == "present_menu" else SectionState))
        )
        if not section and node not in (
            "load_context",
            "generate_stories",
            "hand_off",
            "skip_training",
            "defer_training",
        ):
            allowed = set(get_type_hints(SectionOutput))
        assert set(returned) <= allowed, (section, node, set(returned) - allowed)


async def test_the_state_is_plain_json(at):
    import json

    talk = await at("present_menu")
    assert json.loads(json.dumps(talk.values)) == talk.values


async def test_evidence_is_kept_once_and_cited_by_its_place(at):
    talk = await at("present_menu")
    order = talk.values["evidence_order"]
    assert len(order) == len(set(order))
    for label, item in talk.values["evidence"].items():
        assert order[int(label[1:]) - 1] == item["id"]


async def test_the_order_of_events_of_a_turn(conversation):
    talk = await conversation().until("welcome")
    talk.updates.clear()
    await talk.reply({"fields": {"task_type": "chat", "data_source": "tickets"}, "accept_recommended": True})
    assert [(section, node) for section, node, _ in talk.updates] == [
        ("welcome", "ask"),
        ("welcome", "interpret"),
        ("welcome", "settle"),
        ("", "welcome"),
        ("query_methodologies", "consult"),
        ("query_methodologies", "advise"),
        ("", "query_methodologies"),
        ("assess_training_data", "consult"),
        ("assess_training_data", "advise"),
    ]
