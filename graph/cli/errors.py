"""How a command ends: exit codes, and the one sentence that says what to do."""

from dataclasses import dataclass
from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes of every command."""

    DONE = 0
    FAULT = 1
    BAD_INPUT = 2
    PAUSED = 3
    KNOWLEDGE_UNAVAILABLE = 4


class BadInputError(Exception):
    """Something that the user gave cannot be used; says where it is and what to do."""

    def __init__(self, problem: str, remedy: str = "", *, file: str = "", line: int | None = None) -> None:
        place = f"{file}:{line}: " if file and line else f"{file}: " if file else ""
        super().__init__(f"{place}{problem}{' ' + remedy if remedy else ''}")


class PausedError(Exception):
    """The conversation stops here and can be continued."""

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)
        self.reason = reason


class KnowledgeStoppedError(PausedError):
    """The conversation stops here because the knowledge base is unavailable."""


@dataclass(frozen=True)
class Failure:
    """An error as the user sees it."""

    code: ExitCode
    sentence: str


def expected_failure(error: BaseException) -> Failure | None:
    """How an error of bad input or of the outside world is reported; None for a fault of ours.

    An exception group with one expected error inside counts as that error: task groups wrap what their tasks raise.
    """
    if isinstance(error, BaseExceptionGroup):
        found = [expected_failure(inner) for inner in error.exceptions]
        return found[0] if len(found) == 1 else None
    if isinstance(error, BadInputError):
        return Failure(ExitCode.BAD_INPUT, str(error))
    # Imported here, so that `--help` needs none of them; when such an error is raised they are loaded already.
    from ..facilitation.model.choice_error import ModelChoiceError
    from ..knowledge.errors import KnowledgeConfigError, KnowledgeUnavailable
    from ..project.errors import ProjectError
    from ..project.writing.files import ProjectFileError
    from ..project.writing.yaml_tree import SidecarError
    from ..runs.errors import RunError

    if isinstance(
        error, RunError | ProjectError | ProjectFileError | SidecarError | KnowledgeConfigError | ModelChoiceError
    ):
        return Failure(ExitCode.BAD_INPUT, str(error))
    if isinstance(error, KnowledgeUnavailable):
        return Failure(ExitCode.KNOWLEDGE_UNAVAILABLE, str(error))
    return None
