"""3. Training data assessment: availability, quality and gaps, against thresholds that the user confirms."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..facilitation.protocol import Problem
from ..interrupts import Recommendation
from ..knowledge.evidence import Query
from ..planning.figures import EXAMPLE_COUNTS, LabelledFigure, figures_in, of_quantity
from ..planning.thresholds import Stage, Threshold, choose_threshold
from ..project.looking import follow
from ..texts import text
from .from_documents import from_documents
from .query_values import model_size, section_queries
from .section import Advice, Briefing, Review, Risk, Section

NODE = "assess_training_data"
KEPT_CANDIDATES = 12


def advise(briefing: Briefing) -> Advice:
    """The thresholds with their sources and disagreement, and what the documents say about the data."""
    recommended = from_documents(briefing, ("sft_examples", "preference_pairs", "data_source"))
    if "sft_examples" not in recommended:
        volume = from_documents(briefing, ("data_volume",))
        if volume:
            recommended["sft_examples"] = volume["data_volume"]
    figures = figures_in(briefing.evidence)
    thresholds = thresholds_of(briefing, figures, briefing.get("model_size"))
    for name, threshold in zip(("minimum_examples", "minimum_pairs"), thresholds, strict=True):
        if threshold.value is not None and threshold.chosen is not None:
            label = threshold.chosen.label
            recommended[name] = Recommendation(
                value=threshold.value, why=threshold.why, origin=label, evidence=[label], high=threshold.chosen.upto
            )
    sft, dpo = thresholds
    view = {"sft": sft, "dpo": dpo, "verdict": verdict(recommended, sft), "model_size": model_size(briefing)}
    return Advice(recommended=recommended, view=view, extra=kept(sft, dpo, figures), risks=risks(briefing))


def thresholds_of(
    briefing: Briefing, figures: list[LabelledFigure], size_b: float | None
) -> tuple[Threshold, Threshold]:
    """The thresholds for examples and for pairs, from the evidence for this task type and size."""
    task = briefing.get("task_type", "")
    stages: tuple[Stage, Stage] = ("sft", "dpo")
    sft, dpo = (choose_threshold(figures, task_type=task, model_size_b=size_b, method=stage) for stage in stages)
    return sft, dpo


def kept(sft: Threshold, dpo: Threshold, figures: list[LabelledFigure]) -> dict[str, Any]:
    """What the record keeps, so that the assessment can be checked again once the model is chosen."""
    stages = {"sft": sft, "dpo": dpo}
    return {
        "thresholds": {
            name: threshold.model_copy(update={"candidates": threshold.candidates[:KEPT_CANDIDATES]}).model_dump()
            for name, threshold in stages.items()
        },
        "figures": [figure.model_dump(exclude_defaults=True) for figure in of_quantity(figures, *EXAMPLE_COUNTS)],
    }


def verdict(recommended: Mapping[str, Recommendation], sft: Threshold) -> str:
    """What the count that is known so far suggests: proceed with confidence, augment data, or reconsider."""
    if "sft_examples" not in recommended or sft.value is None:
        return ""
    have = recommended["sft_examples"].value
    if have >= sft.value:
        return text("dialogue", "proceed_with_confidence")
    return text("dialogue", "augment_data" if have >= sft.value / 3 else "reconsider_approach")


def risks(briefing: Briefing) -> tuple[Risk, ...]:
    """Gaps in the data that the user has admitted to, each with what it leads to."""
    return tuple(
        Risk(key=name, title=text("findings", f"{name}_title"), detail=text("findings", f"{name}_detail"))
        for name in ("accurate", "consistent", "diverse", "uncontaminated", "pii_removed")
        if briefing.get(name) is False
    )


def review(briefing: Briefing, fields: Mapping[str, Any]) -> Review:
    """Paths must exist inside the project; data that exist need a threshold to be held against."""
    problems = [*path_problems(briefing.context.project_dir, fields.get("data_paths"))]
    for count, minimum, label in (
        ("sft_examples", "minimum_examples", "instruction-response pairs"),
        ("preference_pairs", "minimum_pairs", "preference pairs"),
    ):
        if fields.get(count) and fields.get(minimum) is None:
            problems.append(Problem(field=minimum, message=text("dialogue", "threshold_missing", of=label)))
    return Review(problems=tuple(problems))


def path_problems(project_dir: str, data_paths: Mapping[str, list[str]] | None) -> list[Problem]:
    """Data files that are missing or lead out of the project."""
    if not data_paths or not project_dir:
        return []
    followed = [(path, follow(Path(project_dir), path)) for paths in data_paths.values() for path in paths]
    return [
        Problem(field="data_paths", message=text("dialogue", f"path_{seen}", path=path))
        for path, seen in followed
        if seen != "there"
    ]


def queries(briefing: Briefing) -> list[Query]:
    """The data thresholds."""
    return section_queries(NODE, briefing)


SECTION = Section(
    node=NODE,
    advise=advise,
    queries=queries,
    review=review,
    depends_on=("task_type", "use_case", "domain", "data_volume", "data_source", "model_size"),
)
