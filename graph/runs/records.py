"""The list of runs: name, project, how far each has come, and the graph that wrote it."""

import re
import time
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from ..state import GRAPH_VERSION
from .errors import IncompatibleRunError, RunMismatchError, UnknownRunError

OPEN = "open"
"""Status of a run that waits for an answer or was interrupted; otherwise it has the step's own outcome."""

COLUMNS = "name, project, output, graph_version, status, section, title, created, updated, model"

SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    name TEXT PRIMARY KEY,
    project TEXT NOT NULL,
    output TEXT NOT NULL,
    graph_version INTEGER NOT NULL,
    status TEXT NOT NULL,
    section TEXT NOT NULL,
    title TEXT NOT NULL,
    created DOUBLE PRECISION NOT NULL,
    updated DOUBLE PRECISION NOT NULL,
    model TEXT NOT NULL DEFAULT ''
)
"""

LATER_COLUMNS = {"model": "TEXT NOT NULL DEFAULT ''"}
"""Columns that tables of earlier versions lack."""


@dataclass(frozen=True)
class RunRecord:
    """One run as the list shows it. Times are seconds since the epoch."""

    name: str
    project: str
    output: str
    """The folder of `--output`, or empty."""
    graph_version: int
    status: str
    section: str
    title: str
    created: float
    updated: float
    model: str = ""
    """The model that the run is held with, `PROVIDER:NAME`; empty in guided mode."""

    @property
    def finished(self) -> bool:
        """Whether the step came to an end."""
        return self.status != OPEN


class Sql(Protocol):
    """The little that the list needs of a database; parameters are written `?`."""

    async def execute(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows."""
        ...

    def exclusive(self) -> AbstractAsyncContextManager[None]:
        """A transaction that no other writer enters meanwhile."""
        ...

    async def columns(self, table: str) -> list[str]:
        """The names of a table's columns; none where there is no such table."""
        ...


class RunList:
    """Reads and writes the list of runs."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def setup(self) -> None:
        """Create the table where it is missing."""
        await self._sql.execute(SCHEMA)
        present = await self._sql.columns("runs")
        for name, kind in LATER_COLUMNS.items():
            if name not in present:
                await self._sql.execute(f"ALTER TABLE runs ADD COLUMN {name} {kind}")

    async def all(self) -> list[RunRecord]:
        """Every run, the one touched last first."""
        return await self._select("ORDER BY updated DESC, name")

    async def find(self, name: str) -> RunRecord | None:
        """The run of that name, if there is one."""
        found = await self._select("WHERE name = ?", name)
        return found[0] if found else None

    async def named(self, name: str) -> RunRecord:
        """The run of that name.

        Raises:
            UnknownRunError: There is none.
        """
        found = await self.find(name)
        if found is None:
            raise UnknownRunError(f"There is no run named {name!r}.", "`fine-tuning-specialist runs` lists them.")
        return found

    async def claim(
        self, project: Path | None, *, output: Path | None = None, name: str | None = None, new: bool = False
    ) -> RunRecord:
        """The run that a command means: the named one, the project's open one, its finished one, or a new one.

        Args:
            project: Absolute project folder; None where only a name is given.
            output: Absolute folder of the copy that the run writes to.
            name: The run's name; a new run of `project` gets it where there is none yet.
            new: Start a run although the project has one.

        Raises:
            UnknownRunError: No run has the name, and there is no project to start one for.
            RunMismatchError: The named run belongs to another project, or exists although a new one was asked for.
            IncompatibleRunError: The run cannot be continued by this version.
        """
        async with self._sql.exclusive():
            if name is not None:
                return await self._claim_named(name, project, output, new=new)
            if project is None:
                raise UnknownRunError("Neither a project nor a run is given.", "Name one of them.")
            if not new and (found := await self._of_project(project, output)):
                return _compatible(found)
            return await self._insert(await self.free_name(name_for(project)), project, output)

    async def update(self, run: RunRecord, *, status: str, section: str, title: str) -> RunRecord:
        """Note how far a run has come."""
        changed = replace(run, status=status, section=section, title=title, updated=time.time())
        await self._sql.execute(
            "UPDATE runs SET status = ?, section = ?, title = ?, updated = ? WHERE name = ?",
            (changed.status, changed.section, changed.title, changed.updated, changed.name),
        )
        return changed

    async def use_model(self, run: RunRecord, model: str) -> RunRecord:
        """Note the model that a run is held with from now on; empty for guided mode."""
        await self._sql.execute("UPDATE runs SET model = ? WHERE name = ?", (model, run.name))
        return replace(run, model=model)

    async def add(self, run: RunRecord) -> RunRecord:
        """List a run that was made from another one.

        Raises:
            RunMismatchError: Its name is taken, or cannot be one.
        """
        await self.check_free(run.name)
        return await self._add(run)

    async def check_free(self, name: str) -> None:
        """Hold a name for a new run against the others.

        Raises:
            RunMismatchError: It is taken, or cannot be one.
        """
        if await self.find(check_name(name)):
            raise RunMismatchError(f"There is a run named {name!r} already.", "Choose another name.")

    async def free_name(self, base: str) -> str:
        """The name itself where no run has it, else with the first free number."""
        taken = {run.name for run in await self.all()}
        number = 1
        while (name := base if number == 1 else f"{base}-{number}") in taken:
            number += 1
        return name

    async def remove(self, name: str) -> None:
        """Forget a run that never came to its first question."""
        await self._sql.execute("DELETE FROM runs WHERE name = ?", (name,))

    async def _claim_named(self, name: str, project: Path | None, output: Path | None, *, new: bool) -> RunRecord:
        found = await self.find(name)
        if found is None:
            if project is None:
                raise UnknownRunError(f"There is no run named {name!r}.", "`fine-tuning-specialist runs` lists them.")
            return await self._insert(check_name(name), project, output)
        if new:
            raise RunMismatchError(
                f"There is a run named {name!r} already.", "Choose another name, or leave out --new."
            )
        if project is not None and Path(found.project) != project:
            raise RunMismatchError(
                f"The run {name!r} belongs to the project {found.project}.",
                "Leave out the project, or choose another name.",
            )
        if output is not None and found.output != str(output):
            raise RunMismatchError(
                f"The run {name!r} writes to {found.output or found.project}.",
                "Leave out --output, or start another run with --new.",
            )
        return _compatible(found)

    async def _of_project(self, project: Path, output: Path | None) -> RunRecord | None:
        found = await self._select(
            "WHERE project = ? AND output = ? ORDER BY updated DESC, name", str(project), str(output or "")
        )
        return next((run for run in found if not run.finished), found[0] if found else None)

    async def _insert(self, name: str, project: Path, output: Path | None) -> RunRecord:
        now = time.time()
        return await self._add(RunRecord(name, str(project), str(output or ""), GRAPH_VERSION, OPEN, "", "", now, now))

    async def _add(self, run: RunRecord) -> RunRecord:
        marks = ", ".join("?" for _ in COLUMNS.split(","))
        await self._sql.execute(f"INSERT INTO runs ({COLUMNS}) VALUES ({marks})", astuple(run))  # noqa: S608  (our own names)
        return run

    async def _select(self, clause: str, *parameters: Any) -> list[RunRecord]:
        rows = await self._sql.execute(f"SELECT {COLUMNS} FROM runs {clause}", parameters)  # noqa: S608
        return [RunRecord(*row) for row in rows]


def name_for(project: Path) -> str:
    """A run's name from its project's folder: letters, digits, dot, dash and underscore."""
    return re.sub(r"[^\w.-]+", "-", project.name).strip("-._")[:80] or "run"


def check_name(name: str) -> str:
    """The name as given, when it can be one.

    Raises:
        RunMismatchError: It holds characters that cannot stand in a file name or a command.
    """
    if re.fullmatch(r"\w[\w.-]{0,99}", name):
        return name
    raise RunMismatchError(
        f"{name!r} cannot be the name of a run.", "Use letters, digits, dots, dashes and underscores, 100 at most."
    )


def _compatible(run: RunRecord) -> RunRecord:
    return run if run.finished else check_version(run)


def check_version(run: RunRecord) -> RunRecord:
    """The run, when this version of the graph can go on with it.

    Raises:
        IncompatibleRunError: It was started by another, incompatible version.
    """
    if run.graph_version == GRAPH_VERSION:
        return run
    raise IncompatibleRunError(
        f"The run {run.name!r} was started by version {run.graph_version} of the graph, and this is version"
        f" {GRAPH_VERSION}, which cannot continue it.",
        "Start another with --new, or finish this one with the version that started it.",
    )
