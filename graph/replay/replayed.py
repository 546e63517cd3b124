"""The edges of a step that is executed again: everything comes from the journal, nothing from outside."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import cast

from typing_extensions import override

from ..documenting.store import DiskStore, ProjectStore
from ..facilitation.model.failures import AnswerStopped
from ..knowledge.client import Knowledge
from ..knowledge.errors import KnowledgeUnavailable
from ..knowledge.evidence import Answer, Query
from ..project.facts import ProjectContext
from ..project.looking import Look, Seen, on_disk
from ..project.writing.design import TrainingDesign
from ..project.writing.files import write_text
from ..project.writing.sidecar_update import Stage
from .entries import Entry
from .recorded import Recorded
from .recording import asked


class ReplayedKnowledge(Knowledge):
    """Answers from the journal, and fails where the knowledge base failed."""

    def __init__(self, recorded: Recorded) -> None:
        self._recorded = recorded

    @override
    async def consult(self, queries: Sequence[Query]) -> list[Answer]:
        """What was answered then.

        Raises:
            KnowledgeUnavailable: The knowledge base was unavailable then.
            AnswerStopped: The query was a model's, and the user stopped its answer.
            NotRecordedError: The recorded run made no such query.
        """
        answers = brought([self._recorded.take("consult", asked(query)) for query in queries])
        if self._recorded.stopped_after("consult", asked(queries[-1])):
            raise AnswerStopped
        return answers


class ReplayedStore(ProjectStore):
    """Writes into the scratch folder, on the day and over the shared files of the recorded run."""

    def __init__(self, recorded: Recorded) -> None:
        self._recorded = recorded
        self._store = DiskStore()

    @override
    def today(self) -> date:
        """The day on which the run wrote."""
        return date.fromisoformat(self._recorded.take("day", {}).result)

    @override
    def write(
        self, context: ProjectContext, design: TrainingDesign, documents: Mapping[str, str], stage: Stage
    ) -> dict[str, str]:
        """Write, after what others had changed meanwhile is put in place."""
        edited = self._recorded.take("write", {"stage": stage}).result["edited"]
        for path, text in edited.items():
            if text is None:
                (Path(context.project_dir) / path).unlink(missing_ok=True)
            else:
                write_text(Path(context.project_dir), path, text)
        return self._store.write(context, design, documents, stage)

    @override
    def problems(
        self, context: ProjectContext, design: TrainingDesign, documents: Mapping[str, str], stage: Stage
    ) -> list[str]:
        """What was found amiss then, on a disk that is not there any more."""
        found = self._recorded.find("problems", {"stage": stage})
        if found is not None:
            return [str(problem) for problem in found.result]
        return self._store.problems(context, design, documents, stage)


def look_again(recorded: Recorded) -> Look:
    """See what the run saw.

    Where it did not write that down, its scratch folder tells, which holds what the run accepted.
    """

    def look(project: Path, path: str) -> Seen:
        found = recorded.find("look", {"path": path})
        return on_disk(project, path) if found is None else cast("Seen", found.result)

    return look


def check_brought(entries: Iterable[Entry]) -> None:
    """Fail as the consultation did that the entries are of.

    Raises:
        KnowledgeUnavailable: One of them is a failure.
        AnswerStopped: The user did not wait for them.
    """
    for entry in entries:
        if failed := entry.result.get("failed"):
            raise KnowledgeUnavailable(failed["reason"], failed["server"])
        if "stopped" in entry.result:
            raise AnswerStopped


def brought(entries: Sequence[Entry]) -> list[Answer]:
    """The answers that entries hold.

    Raises:
        KnowledgeUnavailable: One of them is a failure.
        AnswerStopped: The user did not wait for them.
    """
    check_brought(entries)
    return [Answer.model_validate(answer) for entry in entries for answer in entry.result["answers"]]
