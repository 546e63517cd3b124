"""Holding a model's words against what the run has recorded.

Citations that name nothing are removed, figures without a source are flagged, and both are counted.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal, DivisionByZero, InvalidOperation

from .numbers import Number, numbers_in, unified, values_in

FLAG = "⚠unverified"
"""Stands behind a figure that is in no evidence, document, answer or calculation."""

CITATION = re.compile(r"\s?\[\s*((?:K\d{1,5}\s*[,;/&–-]?\s*(?:and\s+)?)+)\]")
_BARE = re.compile(r"(?i:\b(?:as|see|sources?|evidence|according to|per|cf\.?)\s)K\d{1,5}\b")
_LABEL = re.compile(r"K\d{1,5}")
_STRUCTURAL = re.compile(
    r"(?:\b(?:steps?|sections?|stages?|phases?|parts?|options?|points?|findings?|version|v|query|queries|rule|reason)"
    r"\s(?:\d+[A-D]?(?:\s?(?:,|and|or|to|–|-)\s?)?)*|^\s*(?:\#+\s*)?\d+[.)](?=\s)|^\s*\|?\s*\d+\s*\|)$",
    re.IGNORECASE | re.MULTILINE,
)
_TERM = re.compile(r"-?(?:bit|shot|way|turn|fold|stage|step|D)\b", re.IGNORECASE)
_CHAIN = re.compile(
    r"(?P<left>{n}(?:\s?(?:[a-z]{{2,20}}\s?){{0,2}}[×x*·/÷+−-]\s?{n}){{1,5}})\s?[a-z ]{{0,20}}(?:=|≈)\s?(?:about\s)?"
    r"(?P<result>{n})".format(n=r"\d[\d,]*(?:\.\d+)?(?:[eE][-+]?\d+)?\s?%?")
)
_SHARE = re.compile(r"%\s?of\s")
_OPERATOR = re.compile(r"\s*([×x*·/÷+−-])\s*")
_FEW = frozenset({Decimal(0), Decimal(1), Decimal(2)})
_TOLERANCE = Decimal("0.02")


@dataclass(frozen=True)
class Grounded:
    """A text as it may be shown, and what was wrong with it."""

    text: str
    removed_citations: int = 0
    unverified_figures: int = 0


def ground(text: str, labels: Collection[str], sources: Iterable[str], names: Iterable[str] = ()) -> Grounded:
    """Remove citations that name no recorded evidence, and flag figures that no source has.

    Simple arithmetic that is written out, such as `5,214 × 3 / 16 = 978`, is recomputed: its result counts as verified
    when every operand is.

    Args:
        text: What the model said.
        labels: The labels of recorded evidence.
        sources: Texts whose figures may be used: evidence, documents, answers, calculations.
        names: Proper names whose digits are no figures, such as those of models and GPUs.
    """
    cleaned, removed = without_false_citations(unified(text), labels)
    known = {value for source in sources for value in values_in(source)} | _FEW
    flagged, count = _flagged(cleaned, known, names)
    return Grounded(flagged, removed, count)


def without_false_citations(text: str, labels: Collection[str]) -> tuple[str, int]:
    """The text with only those citations that name recorded evidence, and how many were removed."""
    removed = 0

    def keep(match: re.Match[str]) -> str:
        nonlocal removed
        cited = _LABEL.findall(match[1])
        kept = [label for label in dict.fromkeys(cited) if label in labels]
        removed += len([label for label in cited if label not in labels])
        if not kept:
            return ""
        space = " " if match[0][0].isspace() else ""
        return f"{space}[{', '.join(kept)}]"

    def drop(match: re.Match[str]) -> str:
        nonlocal removed
        before, _, label = match[0].rpartition(" ")
        if label in labels:
            return match[0]
        removed += 1
        return f"{before} (no such source)"

    return _BARE.sub(drop, CITATION.sub(keep, text)), removed


def _flagged(text: str, known: set[Decimal], names: Iterable[str]) -> tuple[str, int]:
    masked = _masked(text, names)
    found = list(numbers_in(masked))
    verified = known | _computed(masked, known)
    parts: list[str] = []
    done, count = 0, 0
    for number in found:
        if _holds(number, verified) or _is_structural(masked, number):
            continue
        parts += [text[done : number.end], f" {FLAG}"]
        done = number.end
        count += 1
    return "".join([*parts, text[done:]]), count


def _masked(text: str, names: Iterable[str]) -> str:
    """The text with names and citations blanked, character for character."""
    masked = CITATION.sub(lambda found: " " * len(found[0]), text)
    for name in sorted({name for name in names if any(map(str.isdigit, name))}, key=len, reverse=True):
        pattern = re.escape(name).replace(r"\-", r"[-\s]?").replace(r"\ ", r"[-\s]?")
        masked = re.sub(pattern, lambda found: "_" * len(found[0]), masked, flags=re.IGNORECASE)
    return masked


def _holds(number: Number, known: set[Decimal]) -> bool:
    return bool(number.values & known)


def _is_structural(text: str, number: Number) -> bool:
    """Numbers of sections, steps, list items, and terms such as "4-bit"."""
    before = text[max(0, number.start - 60) : number.end]
    if _STRUCTURAL.search(before) or (
        re.match(r"[.)]\s", text[number.end : number.end + 2])
        and not text[text.rfind("\n", 0, number.start) + 1 : number.start].strip(" >*-#")
    ):
        return True
    return bool(_TERM.match(text[number.end : number.end + 8]))


def _computed(text: str, known: set[Decimal]) -> set[Decimal]:
    """Results of written-out arithmetic whose operands are known and whose result is right within two per cent."""
    results: set[Decimal] = set()
    for match in _CHAIN.finditer(_SHARE.sub("% × ", text)):
        operands = list(numbers_in(match["left"]))
        if not operands or not all(number.values & (known | results) for number in operands):
            continue
        stated = next(iter(numbers_in(match["result"])), None)
        value = _evaluate(match["left"], [_chosen(number) for number in operands])
        if stated is None or value is None:
            continue
        if any(abs(value - each) <= _TOLERANCE * abs(value) for each in stated.values):
            results |= stated.values
    return results


def _chosen(number: Number) -> Decimal:
    """A percentage counts as a share, everything else with its scale."""
    return min(number.values) if number.unit in ("%", "percent") else max(number.values)


def _evaluate(written: str, operands: list[Decimal]) -> Decimal | None:
    operators = _OPERATOR.findall(re.sub(r"[eE][-+]\d+", "", re.sub(r"[a-z]{2,}", "", written)))
    if len(operators) != len(operands) - 1:
        return None
    terms: list[Decimal] = [operands[0]]
    try:
        for operator, operand in zip(operators, operands[1:], strict=True):
            if operator in "×x*·":
                terms[-1] *= operand
            elif operator in "/÷":
                terms[-1] /= operand
            else:
                terms.append(operand if operator == "+" else -operand)
    except (DivisionByZero, InvalidOperation):
        return None
    return sum(terms, Decimal(0))
