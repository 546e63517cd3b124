"""Understanding replies without a model: what people type and what programs fill in, to one interpretation."""

from .coercion import coerce
from .errors import FieldError
from .formatting import format_value
from .programs import interpret_fields, missing
from .replies import interpret_text

__all__ = ["FieldError", "coerce", "format_value", "interpret_fields", "interpret_text", "missing"]
