"""4. Base model selection: what fits the size, the licence, the domain and the GPUs, with its trade-offs."""

from collections.abc import Mapping
from typing import Any

from ..facilitation.protocol import Problem
from ..interrupts import Recommendation
from ..knowledge.evidence import Query
from ..planning.base_models import Candidate, rank_base_models
from ..planning.catalogue import CatalogueModel
from ..planning.families import families
from ..planning.figures import LabelledFigure
from ..planning.licences import licence_allows
from ..planning.model_names import named
from ..planning.thresholds import Stage, choose_threshold
from ..texts import text
from .from_documents import from_documents
from .project_plan import plan_facts
from .query_values import section_queries, size_limit, size_text
from .section import Advice, Briefing, Review, SecondConfirmation, Section

NODE = "select_base_model"
SHOWN = 5


def advise(briefing: Briefing) -> Advice:
    """The candidates in order, and the first of them as the recommendation."""
    recommended = from_documents(briefing, ("size_limit", "license"))
    unset = "size_limit" not in recommended and briefing.get("size_limit", 0) is not None
    if unset and (aimed := from_documents(briefing, ("model_size",))):
        recommended["size_limit"] = aimed["model_size"]
    candidates = ranked(briefing)
    if candidates:
        recommended["base_model"] = recommendation(candidates[0])
    name = briefing.get("base_model") or (candidates[0].name if candidates else "")
    view = {"candidates": candidates[:SHOWN], "checked": briefing.catalogue.checked, "size": size_shown(briefing)}
    return Advice(recommended=recommended, view=view, extra=kept(briefing, name))


def ranked(briefing: Briefing) -> list[Candidate]:
    """The base models in the order in which they suit the project."""
    facts = plan_facts(briefing)
    return rank_base_models(
        briefing.catalogue,
        size_limit_b=size_limit(briefing),
        license=briefing.get("license") or "",
        domain=facts.domain,
        task_type=facts.task_type,
        vram_gb=facts.vram_gb,
        gpu_type=facts.gpu_type,
        gpu_count=facts.gpu_count or 1,
        examples=facts.sft_examples,
        evidence=briefing.evidence,
    )


def recommendation(best: Candidate) -> Recommendation:
    """The best candidate with its reasons."""
    return Recommendation(
        value=best.name, why=" ".join([*best.reasons, *best.warnings]), origin="calc", evidence=best.evidence
    )


def size_shown(briefing: Briefing) -> str:
    """The size limit as people read it."""
    return size_text(size_limit(briefing)) or text("dialogue", "no_limit")


def kept(briefing: Briefing, name: str) -> dict[str, Any]:
    """What later sections need of the model that stands: its id, family, size, licence, context, and thresholds."""
    model = briefing.catalogue.find(name) if name else None
    extra: dict[str, Any] = {"name": name}
    if model is not None:
        requirement = briefing.get("license")
        hf_id = _hf_id(model, name)
        tuned = families().checkpoints(model).instruct or ""
        extra |= {
            "hf_id": hf_id,
            "family": model.family,
            "size_b": model.params_billion,
            "license": model.license,
            "license_ok": licence_allows(model.license, requirement) if requirement else None,
            "context_length": model.context_length,
            "instruct": hf_id.casefold() == tuned.casefold() or _instruct(name),
        }
        extra["checked_again"] = checked_again(briefing, model.params_billion)
    return extra


def _instruct(name: str) -> bool:
    return "instruct" in name.casefold() or "chat" in name.casefold()


def _hf_id(model: CatalogueModel, name: str) -> str:
    """The repository of the very checkpoint that was named: an instruct version has its own beside the base model's."""
    if "/" in name:
        return name
    known = families().checkpoints(model)
    for candidate in (known.instruct, known.base):
        if candidate and candidate.rpartition("/")[2].casefold() == name.casefold():
            return candidate
    return model.hf_id


def checked_again(briefing: Briefing, size_b: float) -> dict[str, int]:
    """The assessment's thresholds once more, now that the size is known; only where they come out differently."""
    assessed = briefing.records.get("assess_training_data", {})
    figures = [LabelledFigure.model_validate(item) for item in assessed.get("extra", {}).get("figures", ())]
    found = {}
    stages: tuple[tuple[str, Stage], ...] = (("minimum_examples", "sft"), ("minimum_pairs", "dpo"))
    for field, stage in stages:
        again = choose_threshold(
            figures, task_type=briefing.get("task_type", ""), model_size_b=size_b, method=stage
        ).value
        if again is not None and again != assessed.get("fields", {}).get(field):
            found[field] = again
    return found


def canonical(briefing: Briefing, fields: dict[str, Any]) -> dict[str, Any]:
    """The model's name as its publisher writes it, however it was typed."""
    said = str(fields.get("base_model") or "")
    model = briefing.catalogue.find(said)
    if model is None:
        meant = named(said, ranked(briefing)) if "/" not in said else []
        return {**fields, "base_model": meant[0].name} if len(meant) == 1 else fields
    known = families().checkpoints(model)
    names = [model.hf_id, model.name]
    for hf_id in (known.instruct, known.base):
        names += [hf_id, hf_id.rpartition("/")[2]] if hf_id else []
    spelled = next((name for name in names if name.casefold() == said.strip().casefold()), said)
    return {**fields, "base_model": spelled}


def review(briefing: Briefing, fields: Mapping[str, Any]) -> Review:
    """A model outside the stated licence or size, or outside the catalogue, takes a second, explicit confirmation."""
    name = fields.get("base_model") or ""
    model = briefing.catalogue.find(name)
    meant = named(name, ranked(briefing))[:SHOWN] if model is None and "/" not in name else []
    if len(meant) > 1:
        names = ", ".join(candidate.name for candidate in meant)
        which = text("dialogue", "which_model", model=name, names=names)
        return Review(problems=(Problem(field="base_model", message=which),))
    if model is None:
        message = text("dialogue", "unknown_model", model=name)
        return Review(confirmations=(SecondConfirmation(f"unknown:{name}", message, "base_model"),))
    found = []
    limit = fields.get("size_limit")
    if limit and model.params_billion > limit * 1.1:
        message = text(
            "dialogue", "too_large", model=name, size=size_text(model.params_billion), limit=size_text(limit)
        )
        found.append(SecondConfirmation(f"size:{name}", message, "base_model"))
    requirement = fields.get("license")
    if requirement and not (allowed := licence_allows(model.license, requirement)):
        key = "licence_unknown" if allowed is None else "licence_outside"
        message = text("dialogue", key, model=name, license=model.license, requirement=requirement)
        found.append(SecondConfirmation(f"license:{name}", message, "base_model"))
    return Review(confirmations=tuple(found))


def queries(briefing: Briefing) -> list[Query]:
    """Base model selection, and the patterns of choosing one."""
    return section_queries(NODE, briefing)


SECTION = Section(
    node=NODE,
    advise=advise,
    queries=queries,
    review=review,
    canonical=canonical,
    depends_on=("task_type", "domain", "model_size", "sft_examples"),
)
