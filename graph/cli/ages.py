"""Ages as people write them: 90d, 12w, 6h."""

import re

from .errors import BadInputError

DAYS = {"d": 1.0, "w": 7.0, "h": 1 / 24}


def days_of(age: str) -> float:
    """An age in days.

    Raises:
        BadInputError: It is none.
    """
    found = re.fullmatch(r"\s*(\d{1,6}(?:\.\d+)?)\s*([dwh]?)(?:ays?|eeks?|ours?)?\s*", age, re.IGNORECASE)
    if found is None:
        from ..texts import text

        raise BadInputError(text("replay", "bad_age", given=age), text("replay", "bad_age_remedy"))
    return float(found[1]) * DAYS[found[2].lower() or "d"]
