"""What `export` does: finds the confirmed design, and writes it in a trainer's words."""

import asyncio
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..documenting.configuration import neutral_design
from ..documenting.recorded import RecordedRun
from ..exports.assembly import Export
from ..exports.formats import EXPORTERS
from ..exports.formats import export as export_to
from ..exports.trainer_facts import trainer_facts
from ..project.facts import ProjectContext
from ..project.writing.files import project_lock, read_text, sweep, write_text
from ..project.writing.places import CONFIG_FOLDER
from ..runs.records import RunRecord, check_version
from ..runs.store import RunStore, open_store
from ..texts import text
from .errors import BadInputError
from .program import program
from .step import compile_step

MENU = "present_menu"
CONFIRMED = "document_decisions"
README, REQUIREMENTS = "README.md", "requirements.txt"


@dataclass(frozen=True)
class Written:
    """One file of an export."""

    path: str
    status: str
    """`new`, `replaced` or `unchanged`."""


@dataclass(frozen=True)
class Exported:
    """What an export left."""

    run: str
    folder: str
    made: Export
    files: tuple[Written, ...]
    stale: tuple[str, ...]
    """Files of the same trainer that this design does not have; they are left alone."""
    readme: str

    def as_json(self) -> dict[str, Any]:
        """The export as plain JSON, without the texts of the files."""
        return {
            "run": self.run,
            "trainer": self.made.trainer,
            "folder": self.folder,
            "files": [asdict(file) for file in self.files],
            "main": self.made.main,
            "readme": self.readme,
            "stale": list(self.stale),
            "not_expressible": self.made.not_expressible,
            "versions": self.made.versions,
        }

    def as_text(self) -> str:
        """The export as people read it."""
        trainer = trainer_facts(self.made.trainer).name
        width = max(len(file.path) for file in self.files)
        lines = [text("export", "written", trainer=trainer, run=self.run, folder=self.folder)]
        lines += [f"  {file.path.ljust(width)}  {text('export', f'status_{file.status}')}" for file in self.files]
        if self.stale:
            lines.append(text("export", "stale", files=", ".join(self.stale)))
        losses = self.made.not_expressible
        lines += ["", text("export", "losses" if losses else "no_losses", trainer=trainer)]
        lines += [f"- {loss}" for loss in losses]
        lines += ["", text("export", "next", readme=self.readme)]
        if not Path(self.folder).as_posix().endswith(CONFIG_FOLDER):
            lines.append(text("export", "elsewhere", folder=CONFIG_FOLDER))
        return "\n".join(lines)


def export_design(
    project: Path, trainer: str, *, output: Path | None = None, run: str | None = None, database: str | None = None
) -> Exported:
    """Write a run's confirmed design for one trainer.

    Args:
        project: The project folder, or the copy of it that a run wrote to.
        trainer: One of `EXPORTERS`.
        output: Where to write; by default `training-config/` of the run's project.
        run: The run; by default the one touched last whose design is confirmed.
        database: Where the runs are kept.

    Raises:
        BadInputError: No such trainer or run, or no run with a confirmed design.
        ProjectFileError: The files cannot be written.
    """
    if trainer not in EXPORTERS:
        raise BadInputError(f"--format: must be one of {', '.join(EXPORTERS)}, got {trainer!r}.")
    chosen, values = asyncio.run(find_design(project, project.expanduser().resolve(), run, database))
    context = ProjectContext.model_validate(values["context"])
    design = neutral_design(context, RecordedRun(values["sections"]))
    root = Path(chosen.output or chosen.project) if output is None else made_folder(output)
    below = f"{CONFIG_FOLDER}/" if output is None else ""
    with project_lock(root):
        made = export_to(design, trainer)
        if stands_beside(root, below, made):
            made = export_to(design, trainer, beside=True)
        return write(root, below, made, chosen.name)


def made_folder(output: Path) -> Path:
    """The folder of `--output`, absolute, made where it is missing.

    Raises:
        BadInputError: It cannot be made.
    """
    folder = output.expanduser().resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInputError(f"--output: {output} cannot be made a folder ({error.strerror}).") from error
    return folder


async def find_design(
    project: Path, folder: Path, run: str | None, database: str | None
) -> tuple[RunRecord, Mapping[str, Any]]:
    """The run whose design is meant, with its state.

    Raises:
        BadInputError: There is none.
    """
    async with open_store(database) as store:
        return await confirmed(store, runs_of(await store.runs.all(), folder, project, run), project)


def runs_of(runs: Sequence[RunRecord], folder: Path, project: Path, name: str | None) -> list[RunRecord]:
    """The project's runs, or the named one of them; those that wrote to the folder as a copy count as its own.

    Raises:
        BadInputError: It has none, or none of that name.
    """
    found = [run for run in runs if str(folder) in (run.project, run.output)]
    if not found:
        remedy = text("export", "no_run_remedy", command=shlex.join([program(), "chat", str(project)]))
        raise BadInputError(text("export", "no_run", project=project), remedy)
    if name is None:
        return found
    named = [run for run in found if run.name == name]
    if not named:
        remedy = text("export", "other_project_remedy", runs=", ".join(run.name for run in found))
        raise BadInputError(text("export", "other_project", project=project, run=name), remedy)
    return named


async def confirmed(
    store: RunStore, candidates: Sequence[RunRecord], project: Path
) -> tuple[RunRecord, Mapping[str, Any]]:
    """The first run whose design is confirmed and documented, with its state.

    Raises:
        BadInputError: There is none; says how to come to one.
    """
    step = compile_step(saver=store.saver)
    for run in candidates:
        if not run.finished and run.section == "":
            continue
        check_version(run)
        snapshot = await step.aget_state({"configurable": {"thread_id": run.name}})
        # On the way back from the menu to a section, the design is no longer the confirmed one.
        if (run.finished or snapshot.next == (MENU,)) and trains(RecordedRun(snapshot.values.get("sections", {}))):
            return run, snapshot.values
    first = candidates[0]
    if first.finished:
        command = shlex.join([program(), "chat", first.project, "--new"])
        problem = text("export", "nothing_to_train", run=first.name, status=first.status)
        raise BadInputError(problem, text("export", "nothing_to_train_remedy", command=command))
    command = shlex.join([program(), "chat", "--run", first.name])
    raise BadInputError(
        text("export", "unconfirmed", project=project),
        text("export", "unconfirmed_remedy", run=first.name, command=command),
    )


def trains(run: RecordedRun) -> bool:
    """Whether a recorded run ends in training rather than in a skip or a deferral."""
    return CONFIRMED in run.sections and not run.rag_first and not run.declined and run.approach is not None


def stands_beside(root: Path, below: str, made: Export) -> bool:
    """Whether README or requirements of something else stand where this trainer's would."""
    readme = read_text(root, below + README)
    if readme is None:
        requirements = read_text(root, below + REQUIREMENTS)
        return requirements is not None and requirements != made.files[REQUIREMENTS]
    return readme.partition("\n")[0].strip() != made.files[README].partition("\n")[0].strip()


def write(root: Path, below: str, made: Export, run: str) -> Exported:
    """Write each file whole or not at all; the caller holds the folder's lock."""
    sweep(root, below.rstrip("/") or ".")
    files = []
    for name, content in sorted(made.files.items()):
        before = read_text(root, below + name)
        changed = write_text(root, below + name, content)
        files.append(Written(name, "unchanged" if not changed else "new" if before is None else "replaced"))
    folder = root / below
    stale = sorted(path.name for path in folder.glob(f"{made.trainer}-*") if path.name not in made.files)
    readme = next(name for name in made.files if name.startswith("README"))
    return Exported(run, str(folder), made, tuple(files), tuple(stale), readme)
