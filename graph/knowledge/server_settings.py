"""One server's settings, and how they are read from `.mcp.json`."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from .errors import KnowledgeConfigError

Transport = Literal["stdio", "http", "sse"]

_VARIABLE = re.compile(r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}")
_LARGEST_FILE = 1024 * 1024


@dataclass(frozen=True)
class ServerSpec:
    """How to reach one server. Settings stay as written: `${VAR}` is expanded at connection, and never kept."""

    name: str
    origin: str
    """Where the choice came from: a file, an option, or `this package`."""
    transport: Transport
    command: str = ""
    args: tuple[str, ...] = field(default=(), repr=False)
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    url: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    cwd: str | None = None
    """Where the command runs; None for the current folder."""
    inherit_environment: bool = False
    """Whether the command gets the whole environment, or only the variables that every program needs."""
    literal: bool = False
    """Whether the settings were expanded by a shell already, so that `${…}` in them is plain text."""

    def describe(self) -> str:
        """The server in words, without arguments, credentials, query strings or headers."""
        if self.name == "embedded" and self.origin == "this package":
            return "the embedded knowledge server"
        if self.literal:
            return f"the command '{self.name}' given with {self.origin}"
        if self.transport == "stdio":
            return f"the server '{self.name}' of {self.origin}"
        return f"{self.address()} ({self.transport}, from {self.origin})"

    def address(self) -> str:
        """The URL's scheme, host, port and path; empty for a command."""
        parts = urlsplit(self.url)
        host = parts.netloc.rpartition("@")[2]
        return f"{parts.scheme}://{host}{parts.path}" if host else ""

    def expanded(self, environment: Mapping[str, str]) -> "ServerSpec":
        """The settings with every `${VAR}` and `${VAR:-default}` filled in, for connecting.

        Raises:
            KnowledgeConfigError: A variable is not set.
        """
        if self.literal:
            return self

        def fill(text: str) -> str:
            return _VARIABLE.sub(lambda match: self._value(match, environment), text)

        return replace(
            self,
            command=fill(self.command),
            args=tuple(fill(argument) for argument in self.args),
            env={name: fill(value) for name, value in self.env.items()},
            url=fill(self.url),
            headers={name: fill(value) for name, value in self.headers.items()},
        )

    def _value(self, match: re.Match[str], environment: Mapping[str, str]) -> str:
        value = environment.get(match["name"], match["default"])
        if value is None:
            raise KnowledgeConfigError(
                f"{self.origin}: the server '{self.name}' needs the environment variable {match['name']}, "
                "which is not set; set it, or choose another server with --knowledge."
            )
        return value


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


_Text = Annotated[str, BeforeValidator(_as_text)]


class _Settings(BaseModel):
    """One server of `.mcp.json`; what other programs add is ignored."""

    model_config = ConfigDict(extra="ignore")

    type: str = ""
    url: str = ""
    command: str = ""
    args: list[_Text] = Field(default_factory=list)
    env: dict[str, _Text] = Field(default_factory=dict)
    headers: dict[str, _Text] = Field(default_factory=dict)
    cwd: str | None = None


@dataclass(frozen=True)
class NamedEntry:
    """One server of a `.mcp.json`, unread: a faulty entry that isn't ours is no fault."""

    file: Path
    name: str
    settings: Any = field(repr=False)


def named_entries(files: tuple[Path, ...]) -> dict[str, NamedEntry]:
    """The servers of these `.mcp.json` files by name; an earlier file wins.

    Raises:
        KnowledgeConfigError: A file can't be read as `{"mcpServers": {NAME: {…}}}`.
    """
    entries: dict[str, NamedEntry] = {}
    for file in files:
        for name, settings in _read_file(file).items():
            entries.setdefault(name, NamedEntry(file, name, settings))
    return entries


def _read_file(file: Path) -> Mapping[str, Any]:
    try:
        if file.stat().st_size > _LARGEST_FILE:
            raise KnowledgeConfigError(f"{file}: larger than 1 MiB; it should hold the settings of MCP servers only.")
        document = json.loads(file.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        raise KnowledgeConfigError(f"{file}:{error.lineno}: not valid JSON ({error.msg}); correct it there.") from error
    except (OSError, UnicodeDecodeError, RecursionError) as error:
        raise KnowledgeConfigError(
            f"{file}: can't be read ({type(error).__name__}); correct it or remove it."
        ) from error
    servers = document.get("mcpServers", {}) if isinstance(document, dict) else None
    if not isinstance(servers, dict):
        raise KnowledgeConfigError(f'{file}: should read like {{"mcpServers": {{"knowledge": {{"url": "…"}}}}}}.')
    return servers


def read_entry(entry: NamedEntry) -> ServerSpec:
    """Read one server's settings.

    Raises:
        KnowledgeConfigError: It names neither a command nor a URL, or a setting has the wrong type.
    """
    file, name = entry.file, entry.name
    where = f"{file}: the server '{name}'"
    try:
        settings = _Settings.model_validate(entry.settings)
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(str(part) for part in problem["loc"]) or "its settings"
        raise KnowledgeConfigError(f"{where}: {place}: {problem['msg']}.") from None
    transport = _transport(settings, where)
    if transport == "stdio":
        return ServerSpec(
            name=name,
            origin=str(file),
            transport=transport,
            command=settings.command,
            args=tuple(settings.args),
            env=settings.env,
            cwd=str(file.parent / settings.cwd) if settings.cwd else str(file.parent),
        )
    return ServerSpec(name=name, origin=str(file), transport=transport, url=settings.url, headers=settings.headers)


def _transport(settings: _Settings, where: str) -> Transport:
    kind = settings.type.lower().replace("_", "-")
    if kind not in {"", "stdio", "http", "streamable-http", "sse"}:
        raise KnowledgeConfigError(f"{where}: the type '{settings.type}' is unknown; use stdio, http or sse.")
    if kind == "stdio" or (not kind and settings.command):
        if not settings.command:
            raise KnowledgeConfigError(f"{where}: has no command.")
        return "stdio"
    if not settings.url:
        raise KnowledgeConfigError(f"{where}: has neither a url nor a command.")
    if kind == "sse" or (not kind and urlsplit(settings.url).path.rstrip("/").endswith("/sse")):
        return "sse"
    return "http"
