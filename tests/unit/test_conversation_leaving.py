"""Leaving in words: the question stays, and whoever drives the graph is told."""

from collections.abc import Callable

import pytest
from langgraph.types import Command
from scripted_conversation import Conversation


@pytest.mark.parametrize("key", ["welcome", "present_menu"])
async def test_a_goodbye_is_told_to_the_driver_and_the_question_stays(
    conversation: Callable[..., Conversation], key: str
) -> None:
    talk = await conversation().until(key)
    resumed = Command(resume={talk._interrupt: "bye"})
    parts = talk.graph.astream(resumed, talk.config, stream_mode=["custom"], subgraphs=True, durability="sync")
    events = [event async for _, _, event in parts]
    await talk.look()
    assert {"event": "leave"} in events
    assert talk.key == key
    assert "nothing is lost" in talk.message
    await talk.until("end")
    assert talk.values["status"] == "completed"
