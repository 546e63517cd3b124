"""The one error of coercion."""


class FieldError(ValueError):
    """A value that a field does not accept.

    Attributes:
        field: The field's name.
        message: What the field accepts, with an example, in one sentence.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message
