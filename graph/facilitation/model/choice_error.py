"""Why a chosen model cannot be used; light, so that the command line may import it at any time."""


class ModelChoiceError(Exception):
    """The chosen model cannot be used; says why and what to do."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem} {remedy}".strip())
        self.problem = problem
        self.remedy = remedy
