"""The parts around a model: differences, stopping, spending, what was said."""

import asyncio
from typing import Any

import pytest
from langchain_core.messages import AIMessage

from fine_tuning_specialist.facilitation.model.differences import without_declared, worded
from fine_tuning_specialist.facilitation.model.failures import AnswerStopped, failure_of
from fine_tuning_specialist.facilitation.model.said import is_literal, was_said, was_worked_out
from fine_tuning_specialist.facilitation.model.spending import Spending
from fine_tuning_specialist.facilitation.model.stopping import Stopper
from fine_tuning_specialist.facilitation.spent import by_section, total_of
from fine_tuning_specialist.fields import Field, all_fields, fields_of
from fine_tuning_specialist.interrupts import Recommendation

PEFT = fields_of("configure_peft")
OURS = {"rank": Recommendation(value=16, low=8, high=32), "method": Recommendation(value="qlora")}


def field(name: str) -> Field:
    return next(each for fields in all_fields().values() for each in fields if each.name == name)


@pytest.mark.parametrize(
    ("said", "theirs"),
    [
        ("It is broad.\nDIFFERS rank=64: more capacity", [("rank", 64)]),
        ("It is broad.\n- `DIFFERS method=lora: it fits`", [("method", "lora")]),
        ("I would use a rank of 64 here.", [("rank", 64)]),
        ("I recommend rank 16.", []),
        ("I would take rank 24, within the range.", []),
        ("Others report rank 64.", []),
        ("DIFFERS rank=16: the same", []),
        ("DIFFERS nonsense=1: no such field", []),
        ("DIFFERS rank=a lot: no number", []),
    ],
)
def test_a_recommendation_of_another_value_is_noticed(said: str, theirs: list[tuple[str, Any]]) -> None:
    text, found = without_declared(said, PEFT, OURS)
    assert [(each.field.name, each.theirs) for each in found] == theirs
    assert "DIFFERS" not in text


def test_a_difference_names_both_values_and_who_decides() -> None:
    _, found = without_declared("DIFFERS rank=64: more capacity", PEFT, OURS)
    said = worded(found)
    assert "the model would take 64, the calculation says 16" in said
    assert "more capacity" in said
    assert "you decide" in said
    assert not worded([])


@pytest.mark.parametrize(
    ("name", "value", "reply", "said"),
    [
        ("gpu_count", 2, "a couple of A10Gs", True),
        ("gpu_count", 2, "we have two of them", True),
        ("gpu_count", 4, "we have two of them", False),
        ("data_volume", 5000, "5k tickets", True),
        ("data_volume", 5200, "5.2k tickets", True),
        ("data_volume", 5000, "many tickets", False),
        ("size_limit", 8.0, "at most 8B", True),
        ("warmup_ratio", 0.03, "3 percent of warmup", True),
        ("learning_rate", 0.0002, "2e-4", True),
        ("base_model", "Qwen3-8B", "the qwen one", True),
        ("base_model", "Qwen3-8B", "whatever fits", False),
        ("data_paths", {"sft": ["data/a.jsonl"]}, "it is in data/a.jsonl", True),
    ],
)
def test_a_value_counts_as_said_only_where_the_reply_holds_it(name: str, value: Any, reply: str, said: bool) -> None:
    assert was_said(field(name), value, reply) is said


@pytest.mark.parametrize(
    ("value", "reply", "follows"),
    [
        (4900, "the dataset has 5200 rows of which 300 are duplicates", True),
        (5000, "2k gold + 3k silver", True),
        (5000, "half of our 10k tickets", True),
        (7000, "2k gold + 3k silver", False),
        (5000, "our 10k tickets", False),
    ],
)
def test_a_count_may_follow_from_what_is_said(value: int, reply: str, follows: bool) -> None:
    assert was_worked_out(field("sft_examples"), value, reply) is follows


@pytest.mark.parametrize(
    ("name", "value", "reply", "literal"),
    [
        ("method", "qlora", "let us do qlora", True),
        ("method", "qlora", "the cheap one", False),
        ("method", "lora", "not lora", False),
        ("confirm", True, "yes", True),
        ("confirm", True, "ship it", False),
        ("confirm", True, "no", False),
    ],
)
def test_an_option_or_a_yes_is_literal_only_by_its_own_words(name: str, value: Any, reply: str, literal: bool) -> None:
    assert is_literal(field(name), value, reply) is literal


async def test_stopping_ends_what_is_said_and_nothing_else() -> None:
    stopper = Stopper()
    begun = asyncio.Event()

    async def speak() -> None:
        begun.set()
        await asyncio.Event().wait()

    assert stopper.stop() is False
    waiting = asyncio.create_task(stopper.speak(speak()))
    await begun.wait()
    assert stopper.stop() is True
    with pytest.raises(AnswerStopped):
        await waiting
    assert stopper.stop() is False


async def test_a_pause_of_the_run_ends_the_speech_too() -> None:
    stopper = Stopper()
    begun, ended = asyncio.Event(), asyncio.Event()

    async def speak() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    waiting = asyncio.create_task(stopper.speak(speak()))
    await begun.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await ended.wait()


def test_tokens_and_money_are_added_where_they_are_reported() -> None:
    spending = Spending(calls=2)
    usage: Any = {
        "input_tokens": 100,
        "output_tokens": 20,
        "total_tokens": 120,
        "input_token_details": {"cache_read": 60},
    }
    spending.add(AIMessage("", usage_metadata=usage, response_metadata={"token_usage": {"cost": 0.25}}))
    spending.add(AIMessage("", usage_metadata=usage))
    entry = spending.entry("welcome", "advise")
    assert entry == {
        "node": "welcome",
        "operation": "advise",
        "calls": 2,
        "input_tokens": 200,
        "output_tokens": 40,
        "cached_tokens": 120,
        "cost_usd": 0.25,
    }
    assert total_of([entry, entry])["cost"] == 0.5
    assert total_of([])["cost"] is None
    counted = {"node": "welcome", "operation": "advise", "removed_citations": 1, "unverified_figures": 2}
    assert by_section([entry], [counted])["welcome"]["unverified_figures"] == 2


def test_an_error_of_our_own_is_no_failure_of_the_model() -> None:
    assert failure_of(KeyError("ours")) is None
    assert failure_of(TimeoutError()).kind == "timeout"  # type: ignore[union-attr]
    assert failure_of(ConnectionResetError()).kind == "connection"  # type: ignore[union-attr]
