"""Each mode's score on the corpus of messy replies; `pytest tests/evaluation -s` prints it.

With FINE_TUNING_MODEL set, the model named there is scored too.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from replies import Read, as_read, corpus, evaluate, marker, turn

from fine_tuning_specialist.facilitation.guided import GuidedFacilitator
from fine_tuning_specialist.facilitation.model.choice import BASE_URL_VARIABLE, MODEL_VARIABLE, choose_model, open_model
from fine_tuning_specialist.facilitation.model.facilitator import ModelFacilitator, model_facilitator
from fine_tuning_specialist.facilitation.protocol import Interpretation
from fine_tuning_specialist.interrupts import Question
from fine_tuning_specialist.knowledge.errors import KnowledgeUnavailable
from fine_tuning_specialist.knowledge.evidence import Answer, Query

SERVER = Path(__file__).parents[1] / "integration" / "servers" / "chat_completions_server.py"
ENTRIES = corpus()


class NoKnowledge:
    """Reading a reply needs none."""

    async def consult(self, queries: list[Query]) -> list[Answer]:
        raise KnowledgeUnavailable("none is needed", "none")


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[str]:
    """A server that reads every reply of the corpus as people would."""
    script = tmp_path / "script.json"
    readings = {marker(entry["reply"]): as_read(entry) for entry in ENTRIES}
    script.write_text(json.dumps({"interpret": {"by_reply": readings}}), encoding="utf-8")
    command = [sys.executable, str(SERVER), "--script", str(script), "--record", str(tmp_path / "record.jsonl")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.kill()


def reader(facilitator: ModelFacilitator) -> Read:
    async def read(reply: str, question: Question) -> Interpretation:
        return await facilitator.interpret(reply, question, turn(question.question_key))

    return read


def test_the_corpus_is_broad_enough() -> None:
    assert len(ENTRIES) >= 60


async def test_guided_mode_asks_back_what_it_cannot_read(capsys: pytest.CaptureFixture[str]) -> None:
    guided = GuidedFacilitator()
    score = await evaluate("guided", guided.interpret, ENTRIES)
    with capsys.disabled():
        print(f"\n{str(score).splitlines()[0]}")  # noqa: T201
    assert score.guessed == 0


async def test_a_model_that_understands_people_is_understood(endpoint: str, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("langchain_openai", reason="needs the `openai` extra")
    environ = {BASE_URL_VARIABLE: endpoint}
    choice = choose_model("openai:scripted-model", environ)
    assert choice is not None
    facilitator = model_facilitator(open_model(choice, environ), NoKnowledge())
    score = await evaluate("scripted model", reader(facilitator), ENTRIES)
    with capsys.disabled():
        print(f"\n{score}")  # noqa: T201
    assert score.share >= 0.95
    assert score.guessed == 0


@pytest.mark.skipif(not os.environ.get(MODEL_VARIABLE), reason=f"{MODEL_VARIABLE} names no model to evaluate")
async def test_the_configured_model_is_scored(capsys: pytest.CaptureFixture[str]) -> None:
    choice = choose_model(None)
    assert choice is not None
    score = await evaluate(str(choice), reader(model_facilitator(open_model(choice), NoKnowledge())), ENTRIES)
    with capsys.disabled():
        print(f"\n{score}")  # noqa: T201
    assert score.share >= 0.7
