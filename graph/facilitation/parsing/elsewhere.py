"""Platforms that are no option of their own: Azure, Google Cloud and the like are another platform and its name."""

from collections.abc import Sequence

from .gathered import Answers
from .vocabulary import vocabulary

OTHER = "other"


def take_platform(words: Sequence[str], answers: Answers) -> bool:
    """Take the name of such a platform behind the label; whether the words are one."""
    fields = {field.name: field for field in answers.fields}
    name = vocabulary().other_platforms.whole(words)
    if name is None or "platform_name" not in fields:
        return False
    answers.set(fields["platform"], OTHER)
    answers.set(fields["platform_name"], name)
    return True
