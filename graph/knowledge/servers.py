"""Which knowledge server to use: the user's choice, the workflow's `.mcp.json`, or the embedded one."""

import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from .errors import KnowledgeConfigError
from .server_settings import ServerSpec, Transport, named_entries, read_entry

CHOICE_VARIABLE = "FINE_TUNING_KNOWLEDGE"
"""Environment variable that equals the `--knowledge` option."""


def choose_server(
    choice: str | None = None,
    project_dir: Path | None = None,
    workflow_dir: Path | None = None,
    repository_root: Path | None = None,
    knowledge_endpoint: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> ServerSpec:
    """Decide on one server; nothing is started, and no other server of `.mcp.json` ever is.

    Args:
        choice: A URL, the name of a server in `.mcp.json`, `config`, `embedded`, or a command line; None for the
            environment variable `FINE_TUNING_KNOWLEDGE`, then `.mcp.json`, then the embedded server.
        project_dir: The project folder; its `.mcp.json` counts where there is neither workflow nor repository.
        workflow_dir: The folder of `config.yaml`.
        repository_root: The folder with `.git`.
        knowledge_endpoint: `knowledge_mcp.endpoint` of `config.yaml`.
        environment: What variables are read from; the process's own by default.

    Raises:
        KnowledgeConfigError: The choice can't be used; the text names the place and the remedy.
    """
    known = os.environ if environment is None else environment
    places = _settings_files(project_dir, workflow_dir, repository_root)
    wanted, origin = (choice or "").strip(), "--knowledge"
    if not wanted:
        wanted, origin = known.get(CHOICE_VARIABLE, "").strip(), CHOICE_VARIABLE
    if not wanted:
        server = _from_settings(places)
    elif wanted in {"config", "embedded"}:
        server = embedded_server() if wanted == "embedded" else _from_endpoint(knowledge_endpoint)
    else:
        server = _from_choice(wanted, origin, places, known)
    server.expanded(known)
    return server


def embedded_server() -> ServerSpec:
    """The server that this package brings along, as a process of the running Python."""
    return ServerSpec(
        name="embedded",
        origin="this package",
        transport="stdio",
        command=sys.executable,
        args=("-m", "fine_tuning_knowledge", "serve"),
        inherit_environment=True,
    )


def _settings_files(
    project_dir: Path | None, workflow_dir: Path | None, repository_root: Path | None
) -> tuple[Path, ...]:
    folders = [folder for folder in (workflow_dir, repository_root) if folder]
    if not folders and project_dir:
        folders = [project_dir]
    files = [folder / ".mcp.json" for folder in folders]
    return tuple(dict.fromkeys(file for file in files if file.is_file()))


def _from_choice(choice: str, origin: str, places: tuple[Path, ...], environment: Mapping[str, str]) -> ServerSpec:
    if choice.lower().startswith(("http://", "https://")):
        return url_server(choice, origin)
    servers = named_entries(places)
    if choice in servers:
        return read_entry(servers[choice])
    return _from_command(choice, origin, tuple(servers), environment)


def _from_endpoint(endpoint: str | None) -> ServerSpec:
    if not endpoint:
        raise KnowledgeConfigError(
            "config.yaml states no knowledge_mcp.endpoint; add it there, or give --knowledge a URL or 'embedded'."
        )
    if not endpoint.lower().startswith(("http://", "https://")):
        raise KnowledgeConfigError("config.yaml: knowledge_mcp.endpoint must be a URL that begins with http.")
    return url_server(endpoint, origin="knowledge_mcp.endpoint of config.yaml")


def url_server(url: str, origin: str) -> ServerSpec:
    """The server at a URL; the SSE transport when its path ends in `/sse`, else streamable HTTP.

    Raises:
        KnowledgeConfigError: The URL has no host or an impossible port.
    """
    try:
        parts = urlsplit(url)
        complete = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        complete = False
    if not complete:
        raise KnowledgeConfigError(f"{origin}: not a complete URL; it should read like http://127.0.0.1:8000/mcp.")
    transport: Transport = "sse" if parts.path.rstrip("/").endswith("/sse") else "http"
    return ServerSpec(name=parts.hostname or "", origin=origin, transport=transport, url=url)


def _from_command(choice: str, origin: str, names: tuple[str, ...], environment: Mapping[str, str]) -> ServerSpec:
    try:
        words = shlex.split(choice)
    except ValueError as error:
        raise KnowledgeConfigError(f"{origin}: the command line can't be read ({error}).") from error
    program = words[0] if words else ""
    if not program or shutil.which(program, path=environment.get("PATH")) is None:
        known = f"servers in .mcp.json: {', '.join(names)}" if names else "no .mcp.json names a server"
        raise KnowledgeConfigError(
            f"{origin}: '{program}' is neither a known server ({known}) nor a command that can be run. "
            "Give a URL, a server's name, a command line, 'config' or 'embedded'."
        )
    return ServerSpec(
        name=Path(program).name,
        origin=origin,
        transport="stdio",
        command=program,
        args=tuple(words[1:]),
        inherit_environment=True,
        literal=True,
    )


def _from_settings(places: tuple[Path, ...]) -> ServerSpec:
    servers = named_entries(places)
    fitting = [name for name in servers if "knowledge" in name.lower()]
    if not fitting:
        return embedded_server()
    if len(fitting) > 1 and "knowledge" not in fitting:
        files = ", ".join(str(place) for place in places)
        raise KnowledgeConfigError(
            f"{files}: several servers have 'knowledge' in their name ({', '.join(fitting)}); "
            "say which with --knowledge NAME."
        )
    return read_entry(servers["knowledge" if "knowledge" in fitting else fitting[0]])
