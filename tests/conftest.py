"""Conversations over the real graph, with an in-memory checkpointer and the embedded base in process."""

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent / "support"))

from router_project import write_project
from scripted_conversation import Conversation, ScriptedKnowledge, Walk

from fine_tuning_knowledge import Base, load_base


@pytest.fixture(scope="session")
def knowledge_base() -> Base:
    """The embedded knowledge base, loaded once."""
    return load_base()


@pytest.fixture
def knowledge(knowledge_base: Base) -> ScriptedKnowledge:
    """What answers the queries, and remembers them."""
    return ScriptedKnowledge(knowledge_base)


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Path]:
    """Writes a project folder: `project(examples=…, pairs=…, architecture=…)`."""

    def write(**stated: Any) -> Path:
        folder = tmp_path / str(stated.pop("name", "router-help"))
        write_project(folder, **stated)
        return folder

    return write


@pytest.fixture
def conversation(knowledge: ScriptedKnowledge, project: Callable[..., Path]) -> Callable[..., Conversation]:
    """A conversation that has not begun: `conversation(examples=…)`, or over an existing folder or documents."""

    def begin(folder: Path | None = None, *, documents: dict[str, str] | None = None, **stated: Any) -> Conversation:
        if documents is not None:
            return Conversation(knowledge, inputs={"documents": documents})
        return Conversation(knowledge, inputs={"project_dir": str(folder or project(**stated))})

    return begin


@pytest.fixture(scope="session")
def walks() -> dict[str, Walk]:
    """Walks that tests have begun already, by project."""
    return {}


@pytest.fixture
def at(knowledge_base: Base, walks: dict[str, Walk]) -> Callable[..., Awaitable[Conversation]]:
    """A conversation at a question, without walking there again: `await at("configure_peft", pairs=1800)`."""

    async def stand(key: str, answers: dict[str, Any] | None = None, **stated: Any) -> Conversation:
        walk = walks.setdefault(repr((stated, answers)), Walk(knowledge_base, stated, answers or {}))
        return await walk.at(key)

    return stand
