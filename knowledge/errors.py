"""What can be wrong with a folder of entries, in words that say what to do."""


class KnowledgeBaseError(ValueError):
    """A folder of entries cannot be used. The message names each file, entry and remedy, one problem a line."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))
