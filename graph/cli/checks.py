"""The checks of `doctor`, each independent of the others."""

import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ..facilitation.model.choice import check_model, choose_model, open_model
from ..facilitation.model.choice_error import ModelChoiceError
from ..knowledge.errors import KnowledgeConfigError, KnowledgeUnavailable
from ..knowledge.evidence import Query
from ..project.context import load_project
from ..project.errors import ProjectError
from ..runs.errors import RunError
from ..runs.location import data_folder, ensure_folder
from ..runs.store import open_store
from ..texts import text
from .errors import ExitCode
from .knowledge_choice import MOST_RESULTS, knowledge_server, open_to_look

PACKAGES = ("langgraph", "langgraph-checkpoint-sqlite", "langchain-mcp-adapters", "mcp", "pydantic")
OLDEST_PYTHON = (3, 11)


@dataclass(frozen=True)
class Check:
    """What one check found."""

    name: str
    ok: bool
    detail: str
    code: ExitCode = ExitCode.BAD_INPUT
    """The exit code when it failed."""

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self) | {"code": int(self.code) if not self.ok else 0}


async def run_checks(
    project: Path | None,
    knowledge: str | None,
    workflow: Path | None,
    database: str | None,
    model: str | None = None,
) -> list[Check]:
    """All checks; a failing one never hides the next."""
    found = [check_python(), *check_packages(), check_data_folder()]
    found.append(await guarded("database", lambda: check_database(database)))
    found.append(await guarded("knowledge", lambda: check_knowledge(project, knowledge, workflow)))
    found.append(await guarded("model", lambda: check_chat_model(model)))
    if project is not None:
        found.append(await guarded("project", lambda: check_project(project, workflow)))
    return found


async def guarded(name: str, check: Callable[[], Awaitable[Check]]) -> Check:
    """A check whose expected errors are its result."""
    try:
        return await check()
    except KnowledgeUnavailable as error:
        return Check(name, ok=False, detail=str(error), code=ExitCode.KNOWLEDGE_UNAVAILABLE)
    except (RunError, ProjectError, KnowledgeConfigError, ModelChoiceError) as error:
        return Check(name, ok=False, detail=str(error))


def check_python() -> Check:
    """Whether Python is recent enough."""
    here = ".".join(str(part) for part in sys.version_info[:3])
    wanted = ".".join(str(part) for part in OLDEST_PYTHON)
    return Check(
        "python", ok=sys.version_info >= OLDEST_PYTHON, detail=f"{here} ({sys.executable}); {wanted} is needed"
    )


def check_packages() -> list[Check]:
    """Which versions of the packages that matter are installed."""
    found, missing = [], []
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            missing.append(package)
    if missing:
        return [Check("packages", ok=False, detail=f"missing: {', '.join(missing)}; install the program again")]
    return [Check("packages", ok=True, detail=", ".join(found))]


def check_data_folder() -> Check:
    """Whether runs can be kept in the data folder."""
    folder = data_folder()
    try:
        with tempfile.NamedTemporaryFile(dir=ensure_folder(folder)):
            return Check("data folder", ok=True, detail=f"{folder} is writable")
    except RunError as error:
        return Check("data folder", ok=False, detail=str(error))
    except OSError as error:
        return Check("data folder", ok=False, detail=f"{folder} is not writable ({error.strerror}); make it so")


async def check_database(database: str | None) -> Check:
    """Whether the database opens."""
    begun = time.monotonic()
    async with open_store(database) as store:
        count = len(await store.runs.all())
    return Check("database", ok=True, detail=f"reachable, {count} runs ({milliseconds(begun)} ms)")


async def check_knowledge(project: Path | None, choice: str | None, workflow: Path | None) -> Check:
    """Whether the chosen knowledge server answers, and what it has."""
    server = knowledge_server(choice, project, workflow)
    async with open_to_look(server) as client:
        begun = time.monotonic()
        tools = await client.tools()
        started = milliseconds(begun)
        begun = time.monotonic()
        answers = await client.consult([Query(tool="list_sources", text="", limit=MOST_RESULTS)])
    sources = sum(len(answer.results) for answer in answers)
    return Check(
        "knowledge",
        ok=True,
        detail=f"{server.describe()}: {len(tools)} tools, {sources} sources, started in {started} ms,"
        f" answers in {milliseconds(begun)} ms",
    )


async def check_chat_model(option: str | None) -> Check:
    """Whether the chosen language model answers; none is no fault."""
    choice = choose_model(option)
    if choice is None:
        return Check("model", ok=True, detail=" ".join(text("model_choice", "choice").split()))
    begun = time.monotonic()
    await check_model(open_model(choice), choice)
    return Check("model", ok=True, detail=f"{choice} answers in {milliseconds(begun)} ms")


async def check_project(project: Path, workflow: Path | None) -> Check:
    """Whether the project can be read, and what of it is there."""
    context = load_project(project, workflow_dir=workflow)
    read = sum(1 for document in context.documents if document.status in {"read", "truncated"})
    facts = sum(len(found) for found in context.facts.values())
    return Check(
        "project",
        ok=True,
        detail=f"{context.project_name}: {context.architecture}, {read} of {len(context.documents)} documents,"
        f" {facts} facts, {len(context.warnings)} warnings",
    )


def milliseconds(begun: float) -> int:
    """Milliseconds since a moment of the monotonic clock."""
    return round((time.monotonic() - begun) * 1000)
