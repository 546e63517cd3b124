"""The client against a real, independent MCP server: every transport, every peculiarity, every failure."""

import asyncio
import json
import logging
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fine_tuning_specialist.knowledge.client import KnowledgeClient, Patience, open_knowledge
from fine_tuning_specialist.knowledge.errors import KnowledgeConfigError, KnowledgeUnavailable
from fine_tuning_specialist.knowledge.evidence import Query
from fine_tuning_specialist.knowledge.queries import queries_for, query_templates
from fine_tuning_specialist.knowledge.servers import choose_server

TRANSPORTS = ["stdio", "http", "sse"]
QUICK = Patience(start_seconds=20, call_seconds=20, backoff_seconds=0.01)
IMPATIENT = Patience(start_seconds=20, call_seconds=0.3, backoff_seconds=0.01)
QUERIES = [
    Query(tool="search_knowledge", text="learning rate 7B 5000-examples", broader="learning rate"),
    Query(tool="get_decisions", text="SFT vs DPO chatbot", broader="SFT vs DPO"),
    Query(tool="get_patterns", text="LoRA QLoRA configuration 7B chat", broader="LoRA QLoRA configuration"),
    Query(tool="get_warnings", text="fine-tuning chat 7B", broader="fine-tuning"),
]


async def consult(address: str, queries: list[Query] = QUERIES, patience: Patience = QUICK):
    async with open_knowledge(address, patience=patience) as knowledge:
        return await knowledge.consult(queries)


def asked(calls: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(call["tool"], call["arguments"].get("topic", call["arguments"].get("query"))) for call in calls]


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_every_mandatory_query_arrives_as_it_was_filled_on_one_session(start_server, transport):
    server = start_server(transport)
    values = {"task_type": "chat", "model_size": 7, "domain": "customer support", "dataset_size": 5000}
    queries = [query for node in query_templates() for query in queries_for(node, values, "sft+dpo")]

    answers = await consult(server.address, queries)

    calls = server.calls()
    assert sorted(asked(calls)) == sorted((query.tool, query.text) for query in queries)
    assert len({call["pid"] for call in calls}) == 1
    assert [answer.query for answer in answers] == queries
    assert all(answer.results for answer in answers)
    assert not any(set("{}") & set(text) for _, text in asked(calls))


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_evidence_keeps_figures_and_sources(start_server, transport):
    found = (await consult(start_server(transport).address))[0].results[0]
    assert (found.kind, found.source_title, found.locator) == (
        "chunk",
        "A Handbook of Fine-Tuning",
        "chapter 3, section Data, p. 41",
    )
    assert [(figure.quantity, figure.value, figure.min) for figure in found.figures] == [
        ("min_examples", 1000.0, None),
        ("learning_rate", None, 1e-4),
    ]


async def test_all_calls_run_at_the_same_time(start_server):
    server = start_server("stdio", "--slow", "1")
    async with open_knowledge(server.address, patience=QUICK) as knowledge:
        await knowledge.tools()
        async with asyncio.timeout(3):
            await knowledge.consult(QUERIES)


async def test_the_program_goes_on_while_the_server_starts(start_server):
    server = start_server("stdio", "--slow-start", "0.3")
    async with open_knowledge(server.address, patience=QUICK) as knowledge:
        knowledge.start()
        assert server.calls() == []
        assert all(answer.results for answer in await knowledge.consult(QUERIES))


async def test_nothing_is_started_that_is_not_needed(start_server, tmp_path):
    marker = tmp_path / "started"
    command = shlex.join([sys.executable, "-c", f"open({str(marker)!r}, 'w')"])
    async with open_knowledge(command):
        await asyncio.sleep(0)
    assert not marker.exists()


@pytest.mark.parametrize(
    "options",
    [
        ["--argument-name", "query"],
        ["--argument-name", "text"],
        ["--no-limit"],
        ["--largest-limit", "3"],
        ["--structured"],
        ["--bare"],
        ["--results", "400"],
        ["--results", "100", "--size", "8000"],
        ["--hostile"],
    ],
    ids=" ".join,
)
async def test_differences_between_servers_do_not_matter(start_server, options):
    answers = await consult(start_server("stdio", *options).address)
    assert len(answers) == len(QUERIES)
    for answer in answers:
        assert 1 <= len(answer.results) <= 8
        for found in answer.results:
            assert found.title
            assert 0 < len(found.text) <= 2000
            assert all(character.isprintable() or character == "\n" for character in found.text)
        json.dumps(answer.model_dump(mode="json"), allow_nan=False).encode()


async def test_very_large_answers_arrive_over_http_too(start_server):
    answers = await consult(start_server("http", "--results", "300", "--size", "10000").address)
    assert [answer.metadata["returned"] for answer in answers] == [300] * 4


async def test_a_long_topic_that_brings_nothing_is_broadened_and_both_are_recorded(start_server):
    server = start_server("stdio", "--empty-above", "2")
    answers = await consult(server.address, [QUERIES[0]])
    assert asked(server.calls()) == [
        ("search_knowledge", "learning rate 7B 5000-examples"),
        ("search_knowledge", "learning rate"),
    ]
    assert [bool(answer.results) for answer in answers] == [False, True]
    assert answers[1].broadened_from == QUERIES[0]


async def test_a_server_of_tags_is_finally_asked_for_the_tag(start_server):
    server = start_server("stdio", "--tags-only")
    answers = await consult(server.address, [QUERIES[1]])
    assert [text for _, text in asked(server.calls())] == ["SFT vs DPO chatbot", "SFT vs DPO", "fine-tuning"]
    assert answers[-1].results


@pytest.mark.parametrize("transport", ["stdio", "sse"])
async def test_a_hanging_server_ends_in_words_within_the_bound(start_server, transport):
    server = start_server(transport, "--slow", "60")
    async with asyncio.timeout(20):
        with pytest.raises(KnowledgeUnavailable, match=r"did not answer within 0.3 seconds"):
            await consult(server.address, [QUERIES[0]], IMPATIENT)
    assert len(server.calls()) == 2


async def test_a_server_that_hangs_once_is_asked_again(start_server):
    server = start_server("stdio", "--slow", "60", "--first", "1")
    answers = await consult(server.address, [QUERIES[0]], Patience(call_seconds=1.5, backoff_seconds=0.01))
    assert answers[0].results


async def test_a_process_that_dies_in_mid_run_is_started_anew(start_server):
    server = start_server("stdio", "--die-after", "2")
    answers = await consult(server.address)
    assert all(answer.results for answer in answers)
    assert len({call["pid"] for call in server.calls()}) == 2


async def test_a_process_that_always_dies_ends_in_words(start_server):
    server = start_server("stdio", "--die-after", "0")
    with pytest.raises(KnowledgeUnavailable, match=r"process ended|closed the connection"):
        await consult(server.address, [QUERIES[0]])
    assert len(server.calls()) == 3


@pytest.mark.parametrize("transport", ["http", "sse"])
async def test_a_web_server_that_dies_in_mid_answer_is_noticed_at_once(start_server, transport):
    server = start_server(transport, "--die-after", "0")
    async with asyncio.timeout(10):
        with pytest.raises(KnowledgeUnavailable, match=r"nothing answers at http://127\.0\.0\.1"):
            await consult(server.address)


@pytest.mark.parametrize("transport", ["http", "sse"])
async def test_the_user_may_try_again_when_the_server_has_come_back(start_server, transport):
    server = start_server(transport)
    port = server.address.split(":")[2].split("/")[0]
    async with open_knowledge(server.address, patience=QUICK) as knowledge:
        assert all(answer.results for answer in await knowledge.consult(QUERIES))
        server.kill()
        with pytest.raises(KnowledgeUnavailable):
            await knowledge.consult(QUERIES)
        start_server(transport, "--port", port)
        assert all(answer.results for answer in await knowledge.consult(QUERIES))


async def test_a_session_that_the_server_has_forgotten_is_replaced(start_server):
    server = start_server("http")
    port = server.address.split(":")[2].split("/")[0]
    async with open_knowledge(server.address, patience=QUICK) as knowledge:
        await knowledge.consult(QUERIES)
        server.kill()
        start_server("http", "--port", port)
        assert all(answer.results for answer in await knowledge.consult(QUERIES))


@pytest.mark.parametrize(
    ("options", "words", "calls"),
    [
        (["--not-json"], "isn't JSON", 3),
        (["--error", "internal"], "It broke", 3),
        (["--tool-error"], "the index is gone", 3),
        (["--rate-limit", "--retry-after", "600"], "wait 600 seconds", 1),
        (["--without-tool", "search_knowledge"], "no tool search_knowledge", 0),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
async def test_a_misbehaving_server_ends_in_words_after_the_bound(start_server, options, words, calls):
    server = start_server("stdio", *options)
    with pytest.raises(KnowledgeUnavailable, match=words):
        await consult(server.address, [QUERIES[0]])
    assert len(server.calls()) == calls


@pytest.mark.parametrize(
    "options", [["--not-json"], ["--error", "internal"], ["--tool-error"], ["--rate-limit", "--retry-after", "0"]]
)
async def test_a_server_that_recovers_is_asked_until_it_does(start_server, options):
    server = start_server("stdio", *options, "--first", "2")
    answers = await consult(server.address, [QUERIES[0]])
    assert answers[0].results
    assert len(server.calls()) == 3


async def test_one_failure_keeps_what_the_other_queries_brought(start_server):
    server = start_server("stdio", "--without-tool", "get_patterns")
    with pytest.raises(KnowledgeUnavailable) as caught:
        await consult(server.address)
    assert [bool(answer.results) for answer in caught.value.answers] == [True, True, False, True]


@pytest.mark.parametrize(
    ("status", "words"),
    [("429", "asks to wait 7 seconds"), ("500", "fails with HTTP 500"), ("403", "refuses access")],
)
async def test_http_errors_in_mid_run_are_told_in_words(start_server, status, words):
    server = start_server("http", "--http-status", status)
    patience = Patience(backoff_seconds=0.01, longest_wait_seconds=5)
    async with asyncio.timeout(10):
        with pytest.raises(KnowledgeUnavailable, match=words):
            await consult(server.address, [QUERIES[0]], patience)


async def test_a_single_http_error_is_overcome(start_server):
    server = start_server("http", "--http-status", "503", "--first", "1")
    assert (await consult(server.address, [QUERIES[0]]))[0].results


async def test_headers_of_the_settings_reach_the_server_and_their_lack_is_told(start_server, tmp_path, monkeypatch):
    server = start_server("http", "--key", "s3cret")
    entry = {"type": "http", "url": server.address, "headers": {"x-api-key": "${KB_KEY}"}}
    (tmp_path / ".mcp.json").write_text(json.dumps({"mcpServers": {"knowledge": entry}}), encoding="utf-8")
    monkeypatch.setenv("KB_KEY", "s3cret")
    spec = choose_server(workflow_dir=tmp_path)
    async with open_knowledge(spec, patience=QUICK) as knowledge:
        assert (await knowledge.consult([QUERIES[0]]))[0].results
    with pytest.raises(KnowledgeUnavailable, match="HTTP 401"):
        await consult(server.address, [QUERIES[0]])
    monkeypatch.delenv("KB_KEY")
    async with open_knowledge(spec, patience=QUICK) as knowledge:
        with pytest.raises(KnowledgeConfigError, match="KB_KEY"):
            await knowledge.consult([QUERIES[0]])


async def test_a_server_that_crashes_at_start_is_told_in_one_sentence_with_its_last_words(start_server, capfd):
    server = start_server("stdio", "--die-at-start")
    with pytest.raises(KnowledgeUnavailable) as caught:
        await consult(server.address, [QUERIES[0]])
    assert caught.value.reason.endswith("its last words: RuntimeError: the index file is missing")
    assert capfd.readouterr() == ("", "")


async def test_a_server_that_is_never_ready_is_given_up(start_server):
    server = start_server("stdio", "--slow-start", "60")
    async with asyncio.timeout(10):
        with pytest.raises(KnowledgeUnavailable, match=r"not ready within 0.5 seconds"):
            await consult(server.address, [QUERIES[0]], Patience(start_seconds=0.5))


async def test_a_command_that_has_gone_is_told_with_the_remedy(tmp_path):
    program = tmp_path / "kb"
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    program.chmod(0o755)
    spec = choose_server(str(program))
    program.unlink()
    async with open_knowledge(spec, patience=QUICK) as knowledge:
        with pytest.raises(KnowledgeUnavailable, match="was not found; install it"):
            await knowledge.consult(QUERIES)


@pytest.mark.parametrize("path", ["mcp", "sse"])
async def test_a_port_where_nothing_listens_is_told_with_the_address(path):
    with pytest.raises(KnowledgeUnavailable, match=rf"nothing answers at http://127\.0\.0\.1:9/{path}; start"):
        await consult(f"http://user:pw@127.0.0.1:9/{path}?key=s3cret", [QUERIES[0]])


async def test_closing_ends_our_process_even_one_that_will_not_go(start_server):
    server = start_server("stdio", "--ignore-end")
    async with asyncio.timeout(15):
        await consult(server.address, [QUERIES[0]])
    with pytest.raises(ProcessLookupError):
        os.kill(server.calls()[0]["pid"], 0)


async def test_closing_in_mid_call_does_not_hang(start_server):
    server = start_server("stdio", "--slow", "60")
    async with asyncio.timeout(15):
        async with open_knowledge(server.address, patience=QUICK) as knowledge:
            await knowledge.tools()
            task = asyncio.create_task(knowledge.consult(QUERIES))
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def test_a_session_opened_in_one_task_may_be_closed_in_another(start_server):
    knowledge = KnowledgeClient(choose_server(start_server("stdio").address), patience=QUICK)
    await asyncio.create_task(knowledge.consult([QUERIES[0]]))
    await asyncio.create_task(knowledge.close())


async def test_failures_are_told_by_us_and_not_by_the_sdk_on_the_terminal(start_server, capfd, monkeypatch):
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    server = start_server("http", "--http-status", "500")
    with pytest.raises(KnowledgeUnavailable):
        await consult(server.address, [QUERIES[0]])
    assert capfd.readouterr() == ("", "")


def test_importing_the_client_loads_no_mcp_library():
    program = "import sys, fine_tuning_specialist.knowledge.client\nsys.exit('mcp' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False, cwd=Path(__file__).parent).returncode == 0
