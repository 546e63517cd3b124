"""What a figure holds for, compared with the project: task type, model size, method and data volume."""

import re

from .figures import LabelledFigure

SIZE_TOLERANCE = 1.5
"""A figure stated for one size counts for sizes within this factor (7B for 8B, 13B for 14B, not 7B for 13B)."""

SAME_TASK = {
    "tool-use": {"function-calling"},
    "reasoning": {"math"},
    "style": {"style-transfer", "style-and-domain", "tone"},
    "code-generation": {"code", "coding", "text-to-sql"},
    "chat": {"chatbot", "dialogue", "conversational", "customer-support"},
    "question-answering": {"qa"},
    "summarization": {"summarisation"},
    "extraction": {"information-extraction"},
    "instruction-following": {"instruction"},
}
"""Names of our task types in the sources."""

ANY_TASK = {"", "any", "all"}
"""What sources write where they state something for every task."""

GENERAL = ANY_TASK | {"task-specific"}
"""A source's "task-specific" is every project of ours, in contrast to general-purpose training."""

PREFERENCE_GOALS = {"style-preference", "style"}
"""Preference data are stated by goal; this goal is what aligning a model to one task comes to."""

_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def task_specificity(figure: LabelledFigure, task_type: str, *, preference: bool = False) -> int | None:
    """2 for the very task type, 1 for a goal that covers it, 0 for any, None for another task.

    Args:
        figure: The figure.
        task_type: One of the project's task types.
        preference: Whether preference data are asked about; their sources name goals rather than tasks.
    """
    stated = figure.task_type
    if stated in GENERAL:
        return 0
    if stated == task_type or stated in SAME_TASK.get(task_type, ()):
        return 2
    return 1 if preference and stated in PREFERENCE_GOALS else None


def size_specificity(figure: LabelledFigure, model_size_b: float | None) -> int | None:
    """1 where the stated size holds the model's, 0 where none is stated, None where it is another size.

    With an unknown model size, a figure stated for a size counts as another size: nothing says that it applies.
    """
    span = size_span(figure.model_size)
    if span is None:
        return 0
    if model_size_b is None:
        return None
    return 1 if span[0] <= model_size_b <= span[1] else None


def size_span(text: str) -> tuple[float, float] | None:
    """The sizes, in billions of parameters, for which "7B", "7B-13B", "<=14B", "30B+" or "Llama-3.1-8B" hold.

    Returns:
        The span, widened by `SIZE_TOLERANCE` for a plain size; None where no size is stated.
    """
    numbers = _sizes(text)
    if not numbers:
        return None
    low, high = min(numbers), max(numbers)
    if text.startswith("<"):
        return 0.0, high
    if text.startswith(">") or text.endswith("+"):
        return low, float("inf")
    return low / SIZE_TOLERANCE, high * SIZE_TOLERANCE


def _sizes(text: str) -> list[float]:
    sized = [float(number) for number in re.findall(r"(\d+(?:\.\d+)?)\s*[bB]", text.replace("-A", " a"))]
    shared = re.match(r"^(\d+(?:\.\d+)?)\s*-\s*(\d+(?:\.\d+)?)\s*[bB]", text)
    return [float(shared[1]), float(shared[2])] if shared else sized


def volume_span(text: str) -> tuple[float, float] | None:
    """The numbers of training examples for which "<1000", "1000-20000", ">2000" or "13000" hold.

    Returns:
        The span; half to twice a plain count; None where no volume is stated.
    """
    numbers = [float(number) for number in _NUMBER.findall(text.replace(",", ""))]
    if not numbers or re.search(r"[a-zA-Z]", text):
        return None
    low, high = min(numbers), max(numbers)
    if text.startswith("<"):
        return 0.0, high
    if text.startswith(">"):
        return low, float("inf")
    return (low, high) if low < high else (low / 2, high * 2)


def volume_specificity(figure: LabelledFigure, examples: int | None) -> int | None:
    """1 where the stated data volume holds the project's, 0 where none is stated, None where it is another."""
    if not figure.dataset_size:
        return 0
    span = volume_span(figure.dataset_size)
    if span is None or examples is None:
        return None
    return 1 if span[0] <= examples <= span[1] else None


def method_specificity(figure: LabelledFigure, stage: str, method: str) -> int | None:
    """How well a figure's method fits a stage (`sft` or `dpo`) trained with `full`, `lora` or `qlora`.

    Returns:
        2 for the same training method (and stage, where one is stated), 1 for the stage alone, 0 where nothing is
        stated, None for another method. What says nothing of preference data says nothing about a DPO stage.
    """
    words = set(re.split(r"[_\- ]+", figure.method)) - {"", "16bit", "4bit", "bf16", "nf4", "2"}
    stages = words & {"sft", "dpo"}
    trained = words & {"full", "lora", "qlora"}
    if words - {"sft", "dpo", "full", "lora", "qlora", "or"}:
        return None
    if stages and stage not in stages:
        return None
    if stage == "dpo" and not stages:
        return 0 if figure.from_prose and not trained else None
    if not trained:
        return 1 if stages else 0
    if method in trained:
        return 2
    adapters = {"lora", "qlora"}
    return 1 if method in adapters and trained & adapters else None
