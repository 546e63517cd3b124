"""The budget for training."""

import re
from collections.abc import Iterator, Sequence

from .candidates import OUTRIGHT, STATED, Candidate
from .meaning import clause
from .numbers import Money, amounts
from .statements import Statement
from .vocabulary import cue

_UNIT_PRICE = re.compile(
    r"^\s?(?:/|per|an?\b|each)\s?(?:gpu[\s-]?)?(?:h\b|hr|hour|request|query|call|user|seat|token|1k|1m|million"
    r"|1,000|conversation|ticket|page|gpu\b|image|example|label|pair|GB|TB|annotat)",
    re.IGNORECASE,
)
_TRAINING = {
    "training",
    "train",
    "compute",
    "gpu",
    "gpus",
    "finetuning",
    "tuning",
    "cloud",
    "hardware",
    "sagemaker",
    "runpod",
    "lambda",
    "experiments",
}


def budget_candidates(statements: Sequence[Statement]) -> Iterator[Candidate]:
    """What may be spent on training; dollars as a number, other currencies as text, since no rate is known here."""
    for statement in statements:
        if statement.kind == "heading" or (statement.weak and not _announces(statement)):
            continue
        for money in amounts(statement.text):
            if (strength := _strength(statement, money)) > 0:
                yield Candidate("budget", _value(money), statement, strength)
                break


def _value(money: Money) -> float | int | str:
    amount = int(money.amount) if money.amount.is_integer() else money.amount
    return amount if money.currency == "USD" else f"{amount} {money.currency}"


def _announces(statement: Statement) -> bool:
    return "budget" in statement.subjects


def _strength(statement: Statement, money: Money) -> int:
    """How firmly this amount is the training budget; 0 where it is something else's price."""
    _, around = clause(statement, money.start, money.end)
    if _UNIT_PRICE.match(statement.text[money.end :]):
        return 0
    topic = f"{statement.label} {statement.row}"
    about_training = bool(_TRAINING & (statement.words | statement.topic_words))
    other = cue("other_costs").find(around) or (
        cue("other_costs").find(statement.text[: money.start]) if not cue("spending").is_in(around) else []
    )
    if other and not (_TRAINING & set(around.lower().split()) and cue("spending").is_in(around)):
        return 0
    if cue("other_costs").is_in(topic) or (
        cue("other_costs").is_in(" ".join(statement.headings[-1:])) and not about_training
    ):
        return 0
    if _announces(statement):
        return OUTRIGHT + (1 if about_training else 0)
    if cue("spending").is_in(statement.text, statement.words) or (cue("limiting").is_in(around) and about_training):
        return OUTRIGHT + 1 if _TRAINING & statement.words else STATED
    return 0
