"""Which base models suit the project, with the trade-offs of each."""

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from pydantic import BaseModel, Field

from ..knowledge.evidence import Evidence
from .catalogue import Catalogue, CatalogueModel
from .checkpoint_choice import choose_checkpoint
from .citing import labels_about
from .families import families
from .licences import licence_allows
from .plan_facts import Method, Stage
from .room import Fit, Room, usable_memory
from .texts import number, say, size

NOMINAL = 1.1
"""A size limit means nominal sizes: "8B" admits models of 8.2 billion parameters."""

USUAL_SIZE_B = 8.0
"""Aimed at when no limit is set: the size that most recipes and sources speak of."""

DEFAULT_LENGTH = 2048

BEST, NAMED = 10.0, 0.3
"""Points of a model that meets every wish, and what being named by the evidence adds."""


class Candidate(BaseModel):
    """One base model with what speaks for and against it."""

    name: str
    """Name of the checkpoint that is meant, such as `Qwen3-8B` or `Qwen2.5-7B-Instruct`."""
    hf_id: str
    size_b: float
    family: str
    license: str
    license_ok: bool | None
    """None where the licence, or what it allows, is not known."""
    context: int | None
    instruct: bool
    fits: bool | None
    """None where it cannot be computed."""
    fit: str
    """How it fits, in words."""
    method: str
    """The best method with which it fits, or the least demanding one."""
    within_limit: bool
    score: float
    reasons: list[str] = Field(default_factory=list)
    warnings: list[str] = Field(default_factory=list)
    evidence: list[str] = Field(default_factory=list)


class _Facet(NamedTuple):
    """One aspect of a candidate: what it adds to the score, and the sentence for or against."""

    points: float
    text: str = ""
    warning: bool = False


class _Wish(NamedTuple):
    size_limit_b: float | None
    requirement: str
    task_type: str
    examples: int | None
    method: Method | None
    length: int
    approach: str


def rank_base_models(
    catalogue: Catalogue,
    *,
    size_limit_b: float | None = None,
    license: str = "",  # noqa: A002 - the field's name
    domain: str = "",
    task_type: str = "",
    vram_gb: float | None = None,
    gpu_type: str = "",
    gpu_count: int = 1,
    examples: int | None = None,
    method_hint: Method | None = None,
    max_length: int | None = None,
    approach: str = "",
    evidence: Mapping[str, Evidence] | None = None,
) -> list[Candidate]:
    """The base models in the order in which they suit the project, the best first.

    Licence, size and memory come before everything else; then a family trained for the task, nearness to the size
    limit, a newer family, a ready chat template, and no special care. Nothing is left out: what does not meet a
    requirement comes last and says so. An unknown licence never counts as meeting a requirement.

    Args:
        catalogue: The base models.
        size_limit_b: Billions of parameters at most; None for no limit.
        license: What the licence must allow, or a licence by name; empty for no requirement.
        domain: The project's domain, for families that are trained for one.
        task_type: The project's task type.
        vram_gb: Memory per GPU as sold; None where unknown.
        gpu_type: The GPU's name, which tells how much of its memory is usable; empty where unknown.
        gpu_count: GPUs in one machine.
        examples: Training examples, which decide between instruct and base.
        method_hint: The training method, where it is settled already.
        max_length: Tokens per example that are planned.
        approach: `sft`, `dpo` or `sft+dpo`, where it is settled.
        evidence: What the knowledge base said, to cite what names a candidate.
    """
    wish = _Wish(
        size_limit_b,
        license,
        _code_or(task_type, domain),
        examples,
        method_hint,
        max_length or DEFAULT_LENGTH,
        approach,
    )
    usable, card = usable_memory(gpu_type, vram_gb)
    appraised = _appraised(catalogue, wish, Room(None, usable, max(1, gpu_count), card))
    models = zip(catalogue.models, appraised, strict=True)
    candidates = [_named(candidate, model, evidence or {}) for model, candidate in models]
    return sorted(candidates, key=lambda candidate: (-candidate.score, candidate.name))


@lru_cache(maxsize=16)
def _appraised(catalogue: Catalogue, wish: _Wish, room: Room) -> tuple[Candidate, ...]:
    """Every model as a candidate: a section weighs the same ones when it advises, understands, and settles."""
    return tuple(_candidate(model, wish, replace(room, shape=model.shape)) for model in catalogue.models)


def _named(candidate: Candidate, model: CatalogueModel, evidence: Mapping[str, Evidence]) -> Candidate:
    """The candidate with what the evidence says of it."""
    labels = labels_about(evidence, model.name, model.family)
    score = round(candidate.score + NAMED, 3) if labels else candidate.score
    return candidate.model_copy(update={"evidence": labels, "score": score})


def _code_or(task_type: str, domain: str) -> str:
    """A domain such as code is worth a task type where none is known."""
    return task_type or ("code-generation" if "code" in domain.lower() else "")


def _candidate(model: CatalogueModel, wish: _Wish, room: Room) -> Candidate:
    choice = choose_checkpoint(model, examples=wish.examples, task_type=wish.task_type, approach=wish.approach)
    fit = _best_fit(room, wish)
    license_ok = licence_allows(model.license, wish.requirement) if wish.requirement else _allowed_at_all(model)
    within = wish.size_limit_b is None or model.params_billion <= wish.size_limit_b * NOMINAL
    facets = [
        _size(model, wish, within),
        _license(model, wish, license_ok),
        _memory(room, fit, wish),
        _speciality(model, wish),
        _age(model),
        _template(choice.hf_id),
        _context(model, wish),
        *_demands(model),
    ]
    return Candidate(
        name=choice.hf_id.rsplit("/", 1)[-1],
        hf_id=choice.hf_id,
        size_b=model.params_billion,
        family=model.family,
        license=model.license,
        license_ok=license_ok,
        context=model.context_length,
        instruct=choice.instruct,
        fits=fit.fits if fit else None,
        fit=_fit_words(room, fit, wish),
        method=fit.method if fit else wish.method or "qlora",
        within_limit=within,
        score=round(BEST + sum(facet.points for facet in facets), 3),
        reasons=[*(facet.text for facet in facets if facet.text and not facet.warning), choice.reason],
        warnings=[facet.text for facet in facets if facet.text and facet.warning] + choice.warnings,
    )


def _allowed_at_all(model: CatalogueModel) -> bool | None:
    return None if licence_allows(model.license, "commercial-use") is None else True


def _best_fit(room: Room, wish: _Wish) -> Fit | None:
    """With the wanted method; else with LoRA where it fits with a margin, and with QLoRA where it does not."""
    methods: tuple[Method, ...] = (wish.method,) if wish.method else ("lora", "qlora")
    stages: tuple[Stage, ...] = ("dpo",) if wish.approach == "dpo" else ("sft",)
    fits = [fit for method in methods if (fit := room.fit(method, stages, wish.length)) is not None]
    comfortable = [fit for fit in fits if fit.comfortable]
    if comfortable:
        return comfortable[0]
    return next((fit for fit in fits if fit.fits), fits[-1] if fits else None)


def _size(model: CatalogueModel, wish: _Wish, within: bool) -> _Facet:
    params, limit = number(model.params_billion), size(wish.size_limit_b)
    aimed = wish.size_limit_b or USUAL_SIZE_B
    distance = abs(math.log2(model.params_billion / aimed))
    if wish.size_limit_b is None:
        return _Facet(-distance, say("model.no_limit", params=params))
    if not within:
        return _Facet(-20 - distance, say("model.over_limit", params=params, limit=limit), warning=True)
    key = "model.within_limit" if model.params_billion <= aimed else "model.near_limit"
    return _Facet(-1.5 * distance, say(key, params=params, limit=limit))


def _license(model: CatalogueModel, wish: _Wish, allowed: bool | None) -> _Facet:
    requirement = "any use" if wish.requirement in ("", "any") else wish.requirement
    unverified = "" if model.license_provenance != "recalled" else " " + say("model.unverified")
    if allowed is None:
        return _Facet(-15, say("model.license_unknown", license=model.license, requirement=requirement), warning=True)
    key = "model.license_ok" if allowed else "model.license_no"
    text = say(key, license=model.license, requirement=requirement, unverified=unverified)
    return _Facet(0 if allowed else -30, text, warning=not allowed)


def _memory(room: Room, fit: Fit | None, wish: _Wish) -> _Facet:
    words = _fit_words(room, fit, wish)
    if fit is None:
        return _Facet(-2 if room.shape is None else 0, words, warning=True)
    if not fit.fits:
        return _Facet(-25, words, warning=True)
    return _Facet(0 if fit.comfortable else -0.5, words, warning=not fit.comfortable)


def _fit_words(room: Room, fit: Fit | None, wish: _Wish) -> str:
    if fit is None:
        return say("model.fit_unknown", reason=room.unknown_because)
    key = "model.does_not_fit" if not fit.fits else "model.fits" if fit.comfortable else "model.tight"
    sharded = say("model.sharded", gpus=room.gpus) if fit.sharded else ""
    return say(
        key, method=METHOD_NAMES[fit.method], needed=number(fit.needed_gib), usable=number(fit.usable_gib),
        length=number(wish.length), sharded=sharded,
    )  # fmt: skip


METHOD_NAMES: dict[str, str] = {"full": "Full fine-tuning", "lora": "LoRA", "qlora": "QLoRA"}


def _speciality(model: CatalogueModel, wish: _Wish) -> _Facet:
    suits = families().of(model).suits
    if not suits:
        return _Facet(0)
    if wish.task_type in suits:
        return _Facet(1.5, say("model.suits", task=wish.task_type))
    return _Facet(-2, say("model.suits_other", tasks=", ".join(suits), task=wish.task_type or "others"), warning=True)


def _age(model: CatalogueModel) -> _Facet:
    """Half a point a year: a newer family is stronger at the same size, and the rest decides between neighbours."""
    family = families().of(model)
    newest = max(other.months for other in families().families.values())
    if not family.months:
        return _Facet(-0.5)
    return _Facet(-0.5 * (newest - family.months) / 12, say("model.released", released=family.released))


def _template(hf_id: str) -> _Facet:
    return _Facet(0.5, say("model.template")) if families().has_training_template(hf_id) else _Facet(0)


def _context(model: CatalogueModel, wish: _Wish) -> _Facet:
    if model.context_length is None:
        return _Facet(0)
    context = number(model.context_length)
    if model.context_length < wish.length:
        return _Facet(-6, say("model.context_short", context=context, length=number(wish.length)), warning=True)
    return _Facet(0, say("model.context", context=context))


CARE = {"hybrid": -1.0, "mixture": -1.5, "multimodal": -0.5, "fused": -0.25, "encoder-decoder": -5.0}
"""What each kind of care costs: for a first project a dense text model is preferred; chat needs a decoder."""


def _demands(model: CatalogueModel) -> list[_Facet]:
    return [
        _Facet(CARE.get(kind, -0.5), say(f"model.demands.{kind}"), warning=True) for kind in families().demands(model)
    ]
