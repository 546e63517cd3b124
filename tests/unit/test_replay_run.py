"""A recorded run is executed again from its journal and leaves the same, or it is said where it does not."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from recorded_run import record, recording
from scripted_conversation import ScriptedKnowledge

from fine_tuning_specialist.replay.replaying import replay
from fine_tuning_specialist.runs.store import RunStore, open_store

MakeProject = Callable[..., Path]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[RunStore]:
    async with open_store(str(tmp_path / "data" / "runs.sqlite")) as opened:
        yield opened


async def test_a_finished_run_leaves_the_same_files_again(
    store: RunStore, project: MakeProject, knowledge: ScriptedKnowledge
) -> None:
    session = await record(store, project(), knowledge)
    assert session.finished
    asked = len(knowledge.queries)
    report = await replay(await recording(store, session.run.name))
    assert report.differences == []
    assert "phase-2-training/training-spec.md" in report.files
    assert report.edited == []
    assert report.unused == []
    assert len(knowledge.queries) == asked
