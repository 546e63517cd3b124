"""The client against scripted sessions: order, broadening, retries, reconnection, failure in words."""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from fine_tuning_specialist.knowledge.client import KnowledgeClient, Patience
from fine_tuning_specialist.knowledge.errors import CallFailed, KnowledgeUnavailable
from fine_tuning_specialist.knowledge.evidence import Query
from fine_tuning_specialist.knowledge.payloads import RawAnswer
from fine_tuning_specialist.knowledge.server_settings import ServerSpec

SERVER = ServerSpec(name="scripted", origin="a test", transport="stdio", command="none")
TEXT_TOOL = {"type": "object", "properties": {"topic": {"type": "string"}, "limit": {"type": "integer", "maximum": 5}}}
SEARCH = Query(tool="search_knowledge", text="LoRA rank 7B", broader="LoRA rank")
DECISIONS = Query(tool="get_decisions", text="SFT vs DPO chatbot pairs", broader="SFT vs DPO")

Reply = Callable[[str, Mapping[str, Any]], RawAnswer]


def found(*titles: str) -> RawAnswer:
    results = [{"id": title, "title": title, "content": title} for title in titles]
    return RawAnswer((json.dumps({"results": results}),))


class ScriptedSession:
    def __init__(self, reply: Reply, tools: tuple[str, ...] = ("search_knowledge", "get_decisions", "get_warnings")):
        self.reply = reply
        self.tools = dict.fromkeys(tools, TEXT_TOOL)
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.running = 0
        self.most_running = 0
        self.closed = False

    async def call(self, tool: str, arguments: Mapping[str, Any], seconds: float) -> RawAnswer:
        self.calls.append((tool, dict(arguments)))
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            await asyncio.sleep(0)
            return self.reply(tool, arguments)
        finally:
            self.running -= 1

    async def close(self) -> None:
        self.closed = True


class Scene:
    """A client, the sessions that it gets in turn, and the waits that it asked for."""

    def __init__(self, *sessions: ScriptedSession | CallFailed, patience: Patience | None = None):
        self.left = list(sessions)
        self.connections = 0
        self.waits: list[float] = []
        self.client = KnowledgeClient(SERVER, patience=patience, connect=self.connect, sleep=self.wait)

    async def connect(self, server: ServerSpec, seconds: float) -> ScriptedSession:
        self.connections += 1
        await asyncio.sleep(0)
        next_one = self.left.pop(0) if len(self.left) > 1 else self.left[0]
        if isinstance(next_one, CallFailed):
            raise CallFailed(next_one.reason, final=next_one.final)
        return next_one

    async def wait(self, seconds: float) -> None:
        self.waits.append(seconds)


def in_turn(*outcomes: RawAnswer | CallFailed) -> Reply:
    left = list(outcomes)

    def reply(tool: str, arguments: Mapping[str, Any]) -> RawAnswer:
        outcome = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(outcome, CallFailed):
            raise outcome
        return outcome

    return reply


async def test_all_queries_go_out_together_on_one_session_and_answers_keep_their_order():
    session = ScriptedSession(lambda tool, arguments: found(f"{tool}: {arguments['topic']}"))
    scene = Scene(session)
    queries = [SEARCH, DECISIONS, Query(tool="get_warnings", text="overfitting")]

    answers = await scene.client.consult(queries)

    assert [answer.query for answer in answers] == queries
    assert [answer.results[0].title for answer in answers] == [f"{q.tool}: {q.text}" for q in queries]
    assert session.most_running == 3
    assert scene.connections == 1


async def test_the_argument_takes_the_name_of_the_schema_and_the_limit_its_maximum():
    session = ScriptedSession(in_turn(found("a")))
    await Scene(session).client.consult([SEARCH])
    assert session.calls == [("search_knowledge", {"topic": "LoRA rank 7B", "limit": 5})]


async def test_start_returns_at_once_and_consult_waits_for_the_same_connection():
    scene = Scene(ScriptedSession(in_turn(found("a"))))
    scene.client.start()
    assert scene.connections == 0
    await scene.client.consult([SEARCH])
    assert scene.connections == 1


async def test_a_failed_start_in_the_background_is_tried_again_by_the_first_consultation():
    scene = Scene(CallFailed("not yet", final=True), ScriptedSession(in_turn(found("a"))))
    scene.client.start()
    for _ in range(5):
        await asyncio.sleep(0)
    answers = await scene.client.consult([SEARCH])
    assert answers[0].results


async def test_an_empty_answer_is_asked_again_more_broadly_and_both_are_recorded():
    session = ScriptedSession(lambda tool, arguments: found("a") if arguments["topic"] == "LoRA rank" else found())
    answers = await Scene(session).client.consult([SEARCH])
    assert [(answer.query.text, len(answer.results)) for answer in answers] == [("LoRA rank 7B", 0), ("LoRA rank", 1)]
    assert [answer.broadened_from for answer in answers] == [None, SEARCH]


async def test_a_server_that_matches_tags_only_is_finally_asked_for_the_tag():
    session = ScriptedSession(lambda tool, arguments: found("a") if arguments["topic"] == "fine-tuning" else found())
    answers = await Scene(session).client.consult([DECISIONS, SEARCH])
    texts = [answer.query.text for answer in answers]
    assert texts == ["SFT vs DPO chatbot pairs", "SFT vs DPO", "fine-tuning", "LoRA rank 7B", "LoRA rank"]
    assert [bool(answer.results) for answer in answers] == [False, False, True, False, False]


async def test_a_lost_session_is_replaced_once_for_all_calls_and_closed():
    dying = ScriptedSession(in_turn(CallFailed("it closed the connection", lost=True)))
    scene = Scene(dying, ScriptedSession(in_turn(found("a"))))
    answers = await scene.client.consult([SEARCH, DECISIONS])
    assert all(answer.results for answer in answers)
    assert scene.connections == 2
    await scene.client.close()
    assert dying.closed


async def test_attempts_end_after_the_bound_with_growing_waits():
    session = ScriptedSession(in_turn(RawAnswer(("<html>",))))
    scene = Scene(session)
    with pytest.raises(KnowledgeUnavailable, match="isn't JSON") as caught:
        await scene.client.consult([SEARCH])
    assert len(session.calls) == 3
    assert scene.waits == [0.5, 1.0]
    assert caught.value.server == "the server 'scripted' of a test"


async def test_a_malformed_answer_is_retried_and_may_come_out_well():
    session = ScriptedSession(in_turn(RawAnswer(("oops",)), found("a")))
    answers = await Scene(session).client.consult([SEARCH])
    assert answers[0].results[0].title == "a"


@pytest.mark.parametrize("where", ["error", "details"])
async def test_a_rate_limit_waits_as_long_as_the_server_asks(where: str):
    error = {"code": "rate_limited", "message": "slow down"}
    error |= {"retry_after": 3} if where == "error" else {"details": {"retry_after": 3}}
    scene = Scene(ScriptedSession(in_turn(RawAnswer((json.dumps({"error": error}),)), found("a"))))
    await scene.client.consult([SEARCH])
    assert scene.waits == [3.0]


async def test_a_wait_beyond_the_bound_is_the_users_to_decide():
    error = {"error": {"code": "rate_limited", "message": "slow down", "retry_after": 3600}}
    scene = Scene(ScriptedSession(in_turn(RawAnswer((json.dumps(error),)))))
    with pytest.raises(KnowledgeUnavailable, match="wait 3600 seconds"):
        await scene.client.consult([SEARCH])
    assert scene.waits == []


async def test_a_time_out_is_tried_twice_only():
    session = ScriptedSession(in_turn(CallFailed("it did not answer", lost=True, cost=2)))
    with pytest.raises(KnowledgeUnavailable, match="did not answer"):
        await Scene(session).client.consult([SEARCH])
    assert len(session.calls) == 2


async def test_a_missing_tool_is_unavailable_in_words_and_what_came_is_kept():
    session = ScriptedSession(in_turn(found("a")), tools=("search_knowledge",))
    with pytest.raises(KnowledgeUnavailable, match="no tool get_decisions") as caught:
        await Scene(session).client.consult([SEARCH, DECISIONS])
    came, missing = caught.value.answers
    assert came.results
    assert not missing.results
    assert "no tool get_decisions" in missing.metadata["unavailable"]
    assert len(session.calls) == 1


async def test_after_a_failure_a_later_consultation_tries_anew():
    gone = CallFailed("its process ended while starting", final=True)
    scene = Scene(gone, ScriptedSession(in_turn(found("a"))))
    with pytest.raises(KnowledgeUnavailable, match="ended while starting"):
        await scene.client.consult([SEARCH])
    assert (await scene.client.consult([SEARCH]))[0].results


async def test_a_server_that_comes_back_within_the_bound_is_not_noticed():
    scene = Scene(CallFailed("nothing answers"), ScriptedSession(in_turn(found("a"))))
    assert (await scene.client.consult([SEARCH]))[0].results
    assert scene.waits == [0.5]


async def test_closing_before_or_while_connecting_ends_without_a_session():
    unused = Scene(ScriptedSession(in_turn(found())))
    await unused.client.close()
    connecting = Scene(ScriptedSession(in_turn(found())))
    connecting.client.start()
    await connecting.client.close()
    await connecting.client.close()
    assert unused.connections == connecting.connections == 0


async def test_one_caller_that_gives_up_leaves_the_connection_to_the_others():
    scene = Scene(ScriptedSession(in_turn(found("a"))))
    first = asyncio.create_task(scene.client.consult([SEARCH]))
    second = asyncio.create_task(scene.client.consult([SEARCH]))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second)[0].results
    assert scene.connections == 1


async def test_no_queries_connect_to_nothing():
    scene = Scene(ScriptedSession(in_turn(found())))
    assert await scene.client.consult([]) == []
    assert scene.connections == 0
