"""How many examples are enough, from the evidence: the most specific statement, all of them shown."""

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel

from .applicability import ANY_TASK, method_specificity, size_specificity, task_specificity
from .figures import EXAMPLE_COUNTS, LabelledFigure, of_quantity
from .texts import listing, number, say, size, span

Kind = Literal["quality", "used", "platform"]
Stage = Literal["sft", "dpo"]


class Candidate(BaseModel):
    """One statement about how many examples are enough."""

    value: int
    """The count at or above which the source calls the data sufficient."""
    upto: int | None = None
    """The upper end of the source's range, where it gives one."""
    label: str
    source_title: str
    what_for: str
    """What the source states it for, in words."""
    kind: Kind
    """`quality`: enough for a result; `used`: what someone trained on; `platform`: what a platform accepts."""
    applies: bool
    """Whether it holds for this task type, model size and method."""
    specificity: tuple[int, int, int] = (0, 0, 0)
    """How closely it fits task type, model size and method."""
    from_prose: bool = False


class Threshold(BaseModel):
    """The number of examples below which the data count as insufficient."""

    value: int | None
    """None where no evidence states one: the user has to set it."""
    chosen: Candidate | None
    candidates: list[Candidate]
    disagreement: str = ""
    """Both ends of what the sources that apply say, where they differ."""
    why: str
    stage: Stage


def choose_threshold(
    figures: Sequence[LabelledFigure], *, task_type: str, model_size_b: float | None, method: Stage
) -> Threshold:
    """The threshold for a stage: the most specific evidence, among equals the higher.

    Task type weighs first, then model size, then method. What a platform accepts at least is shown but loses against
    what a result needs; what someone trained on counts only where nothing else is stated, and then the smallest.

    Args:
        figures: The usable figures of the evidence.
        task_type: The project's task type.
        model_size_b: Billions of parameters, None while it is unknown.
        method: The stage that the data are for.
    """
    candidates = [
        _candidate(figure, task_type, model_size_b, method)
        for figure in of_quantity(figures, *EXAMPLE_COUNTS)
        if _concerns(figure, method)
    ]
    candidates = sorted(_distinct(candidates), key=_order)
    applying = [candidate for candidate in candidates if candidate.applies]
    chosen = _choose(applying)
    return Threshold(
        value=chosen.value if chosen else None,
        chosen=chosen,
        candidates=candidates,
        disagreement=_disagreement(applying),
        why=_why(chosen, applying, task_type, model_size_b, method),
        stage=method,
    )


def _concerns(figure: LabelledFigure, stage: Stage) -> bool:
    """Only statements about this stage; a count without a method is one about supervised examples."""
    if figure.low is None and figure.high is None:
        return False
    words = figure.method.replace("_", " ").replace("-", " ").split()
    if stage == "dpo":
        return "dpo" in words
    return not figure.method or method_specificity(figure, "sft", "lora") is not None or words == ["full"]


def _candidate(figure: LabelledFigure, task_type: str, size_b: float | None, stage: Stage) -> Candidate:
    fits = (
        task_specificity(figure, task_type, preference=stage == "dpo"),
        size_specificity(figure, size_b),
        1 if figure.method else 0,
    )
    value = figure.low if figure.low is not None else figure.high
    return Candidate(
        value=round(value or 0),
        upto=round(figure.high) if figure.high is not None and figure.high != value else None,
        label=figure.label,
        source_title=figure.source_title or figure.title,
        what_for=_what_for(figure, stage),
        kind=_kind(figure),
        applies=None not in fits,
        specificity=(fits[0] or 0, fits[1] or 0, fits[2]),
        from_prose=figure.from_prose,
    )


def _kind(figure: LabelledFigure) -> Kind:
    note = figure.note.lower()
    if not figure.from_prose and ("platform" in note or "hard minimum" in note):
        return "platform"
    single = figure.low == figure.high
    if figure.quantity == "used_examples" or (figure.quantity == "examples" and single):
        return "used"
    return "quality"


def _what_for(figure: LabelledFigure, stage: Stage) -> str:
    task = say("threshold.any_task") if figure.task_type in ANY_TASK else figure.task_type
    parts = [stage.upper(), task, figure.model_size, "" if figure.from_prose else figure.note]
    return ", ".join(part for part in parts if part)


def _distinct(candidates: list[Candidate]) -> list[Candidate]:
    """One of each statement: sources that repeat another under the same label count once."""
    seen: dict[tuple[str, int, str], Candidate] = {}
    for candidate in candidates:
        seen.setdefault((candidate.label, candidate.value, candidate.what_for), candidate)
    return list(seen.values())


def _order(candidate: Candidate) -> tuple[bool, tuple[int, ...], int]:
    return not candidate.applies, tuple(-part for part in candidate.specificity), -candidate.value


def _choose(applying: list[Candidate]) -> Candidate | None:
    quality = [candidate for candidate in applying if candidate.kind == "quality"]
    if quality:
        return max(quality, key=lambda candidate: (candidate.specificity, candidate.value))
    used = [candidate for candidate in applying if candidate.kind == "used"]
    if used:
        return max(used, key=lambda candidate: (candidate.specificity, -candidate.value))
    return max(applying, key=lambda candidate: candidate.value, default=None)


def _disagreement(applying: list[Candidate]) -> str:
    stated = [candidate for candidate in applying if candidate.kind != "used"]
    if len({candidate.value for candidate in stated}) < 2:
        return ""
    lowest = min(stated, key=lambda candidate: candidate.value)
    highest = max(stated, key=lambda candidate: candidate.value)
    return say(
        "threshold.disagreement",
        low=number(lowest.value), low_source=lowest.source_title, low_label=lowest.label, low_for=lowest.what_for,
        high=number(highest.value), high_source=highest.source_title, high_label=highest.label,
        high_for=highest.what_for,
    )  # fmt: skip


def _why(
    chosen: Candidate | None, applying: list[Candidate], task_type: str, size_b: float | None, stage: Stage
) -> str:
    unit = "preference pairs" if stage == "dpo" else "examples"
    project = {"task": task_type or "this task", "size": size(size_b), "stage": stage.upper(), "unit": unit}
    if chosen is None:
        return say("threshold.none", **project)
    key = {"quality": "threshold.quality", "used": "threshold.used", "platform": "threshold.platform"}[chosen.kind]
    equals = sum(
        candidate.specificity == chosen.specificity and candidate.kind == chosen.kind for candidate in applying
    )
    text = say(
        key, **project, value=number(chosen.value), source=chosen.source_title, label=chosen.label,
        what_for=chosen.what_for, range=span(chosen.value, chosen.upto),
    )  # fmt: skip
    if equals > 1 and chosen.kind == "quality":
        text += " " + say("threshold.higher", equals=equals)
    if chosen.from_prose:
        text += " " + say("prose", labels=listing([chosen.label]))
    return text
