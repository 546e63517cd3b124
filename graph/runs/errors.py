"""What can be wrong with a run or with the place where runs are kept; each error says what to do."""


class RunError(Exception):
    """A run that cannot be opened as asked; the message is one sentence for the user."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem} {remedy}")
        self.problem = problem
        self.remedy = remedy


class RunInUseError(RunError):
    """Another process writes to the run."""


class UnknownRunError(RunError):
    """No run has that name."""


class RunMismatchError(RunError):
    """The run belongs to another project, or its name is taken."""


class IncompatibleRunError(RunError):
    """The run was written by a version of the graph that this one cannot continue."""


class StoreUnavailableError(RunError):
    """The database cannot be opened."""


class InvalidReplyError(Exception):
    """A resume value that has none of the accepted forms; the question stays pending."""
