"""Who answers a question: the file, the recommendations, or whoever types."""

from collections.abc import Mapping
from typing import Any

import pytest

from fine_tuning_specialist.cli.answers import AnswersFile, Entry
from fine_tuning_specialist.cli.errors import KnowledgeStoppedError, PausedError
from fine_tuning_specialist.cli.replies import Replies, Reply, Typist, means_stop
from fine_tuning_specialist.fields import fields_of
from fine_tuning_specialist.interrupts import Question
from fine_tuning_specialist.runs.session import Pending

RECOMMENDED = Reply({"fields": {}, "accept_recommended": True}, "recommended")


class Script(Typist):
    """Types the given lines, then nothing."""

    def __init__(self, *lines: str) -> None:
        self.lines = list(lines)

    async def read(self, question: Mapping[str, Any]) -> Any:
        if not self.lines:
            raise EOFError
        return self.lines.pop(0)


def pending(key: str) -> Pending:
    node = key.partition(".")[0]
    question = Question(kind="question", question_key=key, section="1", title="T", message="?", fields=fields_of(node))
    return Pending("id", question.payload())


def answers(**replies: list[Any]) -> AnswersFile:
    return AnswersFile("answers.yaml", {key: Entry(1, value) for key, value in replies.items()})


async def test_the_file_comes_first_then_whoever_types() -> None:
    replies = Replies(Script("typed"), answers=answers(welcome=["from the file"]))
    assert await replies.to(pending("welcome")) == Reply("from the file", "file")
    assert await replies.to(pending("welcome")) == Reply("typed", "typed")


async def test_recommendations_come_after_the_file_when_accepted() -> None:
    replies = Replies(Script("typed"), answers=answers(welcome=["x"]), accept_recommended=True)
    await replies.to(pending("welcome"))
    assert await replies.to(pending("configure_peft")) == RECOMMENDED


async def test_recommendations_never_confirm_the_whole_design() -> None:
    for key in ("document_decisions", "document_decisions.confirm"):
        with pytest.raises(PausedError):
            await Replies(Script(), answers=answers(), accept_recommended=True).to(pending(key))
    confirmed = Replies(Script(), answers=answers(document_decisions=["yes"]), accept_recommended=True)
    assert await confirmed.to(pending("document_decisions")) == Reply("yes", "file")


async def test_a_question_that_recommendations_do_not_settle_stops_instead_of_looping() -> None:
    replies = Replies(Script(), answers=answers(), accept_recommended=True)
    question = pending("welcome")
    assert await replies.to(question) == RECOMMENDED
    replies.settled(question, question)
    with pytest.raises(PausedError, match="welcome"):
        await replies.to(question)


async def test_a_question_asked_again_later_is_accepted_again() -> None:
    replies = Replies(Script(), accept_recommended=True)
    question = pending("configure_peft")
    assert await replies.to(question) == RECOMMENDED
    replies.settled(question, pending("configure_hyperparameters"))
    assert await replies.to(question) == RECOMMENDED


async def test_an_exhausted_file_means_continue_at_the_menu() -> None:
    replies = Replies(Script(), answers=answers(present_menu=["P"]))
    assert await replies.to(pending("present_menu")) == Reply("P", "file")
    assert await replies.to(pending("present_menu")) == Reply("C", "recommended")


async def test_without_a_file_the_menu_is_the_users() -> None:
    assert await Replies(Script("Q")).to(pending("present_menu")) == Reply("Q", "typed")


async def test_a_failing_knowledge_base_is_retried_once_and_then_stops() -> None:
    replies = Replies(Script(), accept_recommended=True)
    question = pending("knowledge_failure")
    assert (await replies.to(question)).value == {"fields": {"action": "retry"}}
    replies.settled(question, question)
    with pytest.raises(KnowledgeStoppedError):
        await replies.to(question)


async def test_the_file_may_decide_about_a_failing_knowledge_base() -> None:
    replies = Replies(Script(), answers=answers(knowledge_failure=["continue"]), accept_recommended=True)
    assert await replies.to(pending("knowledge_failure")) == Reply("continue", "file")


async def test_no_one_left_to_answer_is_a_pause() -> None:
    with pytest.raises(PausedError, match="welcome"):
        await Replies(Script()).to(pending("welcome"))
    with pytest.raises(KnowledgeStoppedError):
        await Replies(Script()).to(pending("knowledge_failure"))


@pytest.mark.parametrize(
    ("value", "stops"),
    [
        ("stop", True),
        ("Stop.", True),
        ("3", True),
        ("quit", True),
        ("sto", True),
        ({"fields": {"action": "stop"}}, True),
        ({"decisions": [{"type": "respond", "message": "stop"}]}, True),
        ({"decisions": [{"type": "edit", "edited_action": {"args": {"action": "stop"}}}]}, True),
        ("retry", False),
        ("continue", False),
        ("", False),
        ({"fields": {}, "accept_recommended": True}, False),
        ({"decisions": [{"type": "approve"}]}, False),
    ],
)
def test_what_means_stop_at_a_failing_knowledge_base(value: Any, stops: bool) -> None:
    assert means_stop(pending("knowledge_failure"), value) is stops


def test_stop_means_nothing_special_elsewhere() -> None:
    assert not means_stop(pending("welcome"), "stop")
