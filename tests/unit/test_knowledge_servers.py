"""Which server is chosen, and in which words a choice is refused."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from fine_tuning_specialist.knowledge.errors import KnowledgeConfigError
from fine_tuning_specialist.knowledge.server_settings import ServerSpec
from fine_tuning_specialist.knowledge.servers import choose_server

PATH = {"PATH": str(Path(sys.executable).parent)}
PYTHON = Path(sys.executable).name


def settings(folder: Path, **servers: Any) -> Path:
    file = folder / ".mcp.json"
    file.write_text(json.dumps({"mcpServers": servers}), encoding="utf-8")
    return file


def chosen(choice: str | None = None, **places: Any) -> ServerSpec:
    return choose_server(choice, **{"environment": PATH, **places})


def test_a_fresh_machine_gets_the_embedded_server(tmp_path: Path):
    server = chosen(project_dir=tmp_path, workflow_dir=tmp_path)
    assert [server.command, *server.args] == [sys.executable, "-m", "fine_tuning_knowledge", "serve"]
    assert server.describe() == "the embedded knowledge server"


@pytest.mark.parametrize(
    ("url", "transport"),
    [
        ("http://127.0.0.1:8000/mcp", "http"),
        ("https://kb.example/api", "http"),
        ("http://kb.example/sse", "sse"),
        ("http://kb.example/v1/sse/?key=1", "sse"),
        ("HTTP://kb.example/assess", "http"),
    ],
)
def test_a_url_is_reached_over_http_or_sse(url: str, transport: str):
    assert (chosen(url).transport, chosen(url).url) == (transport, url)


@pytest.mark.parametrize("url", ["http://", "http://[oops", "http://host:99999/mcp", "https:///mcp"])
def test_a_url_that_can_not_be_one_is_refused_with_an_example(url: str):
    with pytest.raises(KnowledgeConfigError, match="should read like http://"):
        chosen(url)


def test_a_command_line_is_split_as_a_shell_would_and_gets_the_environment():
    server = chosen(f"{PYTHON} 'my server.py' --flag \"a b\" '${{NOT_A_SETTING}}'")
    assert (server.command, server.args) == (PYTHON, ("my server.py", "--flag", "a b", "${NOT_A_SETTING}"))
    assert server.inherit_environment
    assert server.expanded({}) is server


def test_the_environment_variable_equals_the_option_and_the_option_wins():
    environment = {**PATH, "FINE_TUNING_KNOWLEDGE": "http://from.variable/mcp"}
    assert chosen(environment=environment).url == "http://from.variable/mcp"
    assert chosen("embedded", environment=environment).name == "embedded"


def test_the_server_with_knowledge_in_its_name_is_taken_and_no_other(tmp_path: Path):
    settings(tmp_path, files={"command": "never"}, team_Knowledge={"url": "http://kb.example/mcp"})
    assert chosen(workflow_dir=tmp_path).url == "http://kb.example/mcp"
    settings(tmp_path, files={"command": "never"})
    assert chosen(workflow_dir=tmp_path).name == "embedded"


def test_a_faulty_entry_of_another_server_is_no_fault(tmp_path: Path):
    settings(tmp_path, other={"command": 3}, knowledge={"url": "http://kb.example/mcp"})
    assert chosen(workflow_dir=tmp_path).name == "knowledge"


def test_the_file_beside_config_yaml_comes_before_that_of_the_repository(tmp_path: Path):
    workflow = tmp_path / "workflow"
    workflow.mkdir()
    settings(tmp_path, knowledge={"url": "http://repository/mcp"}, extra={"url": "http://extra/mcp"})
    assert chosen(workflow_dir=workflow, repository_root=tmp_path).url == "http://repository/mcp"
    settings(workflow, knowledge={"url": "http://workflow/mcp"})
    assert chosen(workflow_dir=workflow, repository_root=tmp_path).url == "http://workflow/mcp"
    assert chosen("extra", workflow_dir=workflow, repository_root=tmp_path).url == "http://extra/mcp"


def test_a_project_without_workflow_and_repository_may_bring_its_own_file(tmp_path: Path):
    settings(tmp_path, knowledge={"url": "http://project/mcp"})
    assert chosen(project_dir=tmp_path).url == "http://project/mcp"
    assert chosen(project_dir=tmp_path, repository_root=tmp_path.parent).name == "embedded"


def test_a_command_of_the_file_runs_in_its_folder_with_its_own_variables_only(tmp_path: Path):
    settings(tmp_path, knowledge={"command": "kb", "args": ["--port", 8000], "env": {"LEVEL": 2}})
    server = chosen(workflow_dir=tmp_path)
    assert (server.transport, server.command, server.args) == ("stdio", "kb", ("--port", "8000"))
    assert (server.env, server.cwd, server.inherit_environment) == ({"LEVEL": "2"}, str(tmp_path), False)


@pytest.mark.parametrize(
    ("entry", "transport"),
    [
        ({"type": "sse", "url": "http://kb/events"}, "sse"),
        ({"type": "streamable-http", "url": "http://kb/sse"}, "http"),
        ({"type": "http", "url": "http://kb/mcp", "command": "ignored"}, "http"),
        ({"url": "http://kb/sse"}, "sse"),
        ({"type": "stdio", "command": "kb", "url": "http://ignored"}, "stdio"),
    ],
)
def test_the_transport_is_what_the_file_says(tmp_path: Path, entry: dict[str, Any], transport: str):
    settings(tmp_path, knowledge=entry)
    assert chosen(workflow_dir=tmp_path).transport == transport


def test_variables_are_expanded_at_connection_and_never_kept(tmp_path: Path):
    environment = {**PATH, "KB_HOST": "kb.example", "KB_KEY": "s3cret"}
    entry = {"url": "https://${KB_HOST}/${KB_PATH:-mcp}", "headers": {"x-api-key": "${KB_KEY}"}}
    settings(tmp_path, knowledge=entry)
    server = chosen(workflow_dir=tmp_path, environment=environment)
    assert "s3cret" not in repr(server) + str(server.headers)
    ready = server.expanded(environment)
    assert (ready.url, ready.headers) == ("https://kb.example/mcp", {"x-api-key": "s3cret"})


def test_a_variable_that_is_not_set_is_named_with_file_and_remedy(tmp_path: Path):
    file = settings(tmp_path, knowledge={"command": "kb", "env": {"KEY": "${KB_KEY}"}})
    with pytest.raises(KnowledgeConfigError, match=r"KB_KEY.*set it") as caught:
        chosen(workflow_dir=tmp_path)
    assert str(file) in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", ":1: not valid JSON"),
        ("[]", "should read like"),
        ('{"mcpServers": []}', "should read like"),
        ('{"mcpServers": {"knowledge": 3}}', "'knowledge'"),
        ('{"mcpServers": {"knowledge": {}}}', "neither a url nor a command"),
        ('{"mcpServers": {"knowledge": {"type": "stdio"}}}', "has no command"),
        ('{"mcpServers": {"knowledge": {"type": "pigeon", "url": "x"}}}', "unknown; use stdio, http or sse"),
        ('{"mcpServers": {"knowledge": {"command": "kb", "args": "x"}}}', "args: .*list"),
        ("\udcff", "can't be read"),
    ],
)
def test_a_malformed_file_is_refused_by_name(tmp_path: Path, text: str, words: str):
    file = tmp_path / ".mcp.json"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(KnowledgeConfigError, match=words) as caught:
        chosen(workflow_dir=tmp_path)
    assert str(file) in str(caught.value)
    assert chosen("embedded", workflow_dir=tmp_path).name == "embedded"


def test_an_unknown_name_is_refused_with_the_known_ones(tmp_path: Path):
    settings(tmp_path, knowledge={"url": "http://kb/mcp"}, other={"url": "http://kb/mcp"})
    with pytest.raises(KnowledgeConfigError, match=r"'mystery' is neither.*knowledge, other"):
        chosen("mystery", workflow_dir=tmp_path)


def test_a_command_line_that_can_not_be_split_is_refused():
    with pytest.raises(KnowledgeConfigError, match="can't be read"):
        chosen("python 'unclosed")


def test_two_servers_that_could_be_meant_are_asked_about(tmp_path: Path):
    settings(tmp_path, knowledge_a={"url": "http://a/mcp"}, knowledge_b={"url": "http://b/mcp"})
    with pytest.raises(KnowledgeConfigError, match=r"knowledge_a, knowledge_b.*--knowledge NAME"):
        chosen(workflow_dir=tmp_path)
    assert chosen("knowledge_b", workflow_dir=tmp_path).url == "http://b/mcp"


def test_the_endpoint_of_config_yaml_is_used_when_the_user_says_so(tmp_path: Path):
    endpoint = "http://127.0.0.1:9000/mcp"
    assert chosen("config", knowledge_endpoint=endpoint).url == endpoint
    assert chosen(knowledge_endpoint=endpoint).name == "embedded"
    with pytest.raises(KnowledgeConfigError, match=r"no knowledge_mcp.endpoint"):
        chosen("config")
    with pytest.raises(KnowledgeConfigError, match="must be a URL"):
        chosen("config", knowledge_endpoint="rm -rf /")


def test_describing_a_server_tells_no_secret(tmp_path: Path):
    settings(tmp_path, knowledge={"command": "kb", "args": ["--token", "s3cret"], "env": {"KEY": "s3cret"}})
    servers = [
        chosen("https://user:s3cret@kb.example/mcp?key=s3cret"),
        chosen(f"{PYTHON} server.py --token s3cret"),
        chosen(workflow_dir=tmp_path),
    ]
    for server in servers:
        assert "s3cret" not in server.describe() + repr(server)
    assert servers[0].describe() == "https://kb.example/mcp (http, from --knowledge)"
