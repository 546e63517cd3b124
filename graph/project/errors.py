"""The one error that bad input raises: what is wrong, where, and what to do about it."""


class ProjectError(Exception):
    """Input that the run cannot do without and cannot use; exit code 2 at the command line.

    Attributes:
        file: The file at fault, as the user knows it.
        line: Its line, counted from 1, where one can be named.
        problem: What is wrong, in one sentence.
        remedy: What to do about it, in one sentence.
    """

    def __init__(self, file: str, line: int | None, problem: str, remedy: str) -> None:
        self.file = file
        self.line = line
        self.problem = problem
        self.remedy = remedy
        place = file if line is None else f"{file}, line {line}"
        super().__init__(f"{place}: {problem} {remedy}")

    def __reduce__(self) -> tuple[type["ProjectError"], tuple[str, int | None, str, str]]:
        return type(self), (self.file, self.line, self.problem, self.remedy)
