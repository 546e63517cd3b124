"""Entries derived from other data: contradictions as decisions, base models as decisions and patterns."""

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import yaml

from .entries import Contradiction, Entry, Figure, Provenance, Source

_WEAKEST_FIRST: tuple[Provenance, ...] = ("recalled", "quoted", "seen")
_COMMERCIAL = ("Apache-2.0", "MIT")
_LICENCE_MARK = {"seen": "read on the model's page", "recalled": "recalled, unverified: read it before release"}


def contradiction_as_entry(item: Contradiction, entries: Mapping[str, Entry], sources: Mapping[str, Source]) -> Entry:
    """A decision whose options are the sides, each with its sources, and whose recommendation is the base's reading.

    It is as well attested as its weakest related entry (its weakest source where it names no entry).
    """
    sides = [f"{p.claim} ({'; '.join(sources[s].title for s in p.sources)})" for p in item.positions]
    cited = list(dict.fromkeys(source for position in item.positions for source in position.sources))
    found = {entries[name].provenance for name in item.related if name in entries}
    attested = found or {sources[source].provenance for source in cited}
    return Entry(
        id=item.id,
        kind="decision",
        title=item.question,
        body="Sources disagree. " + " ".join(f"({n}) {side}." for n, side in enumerate(sides, 1)),
        question=item.question,
        options=sides,
        recommended_approach=item.reading,
        caveat="The recommended approach is the reconciliation of this knowledge base, not a citation.",
        sources=cited,
        provenance=next(level for level in _WEAKEST_FIRST if level in attested),
        related=item.related,
        tags=["contradiction", *item.tags],
    )


def base_model_entries() -> list[Entry]:
    """One entry for each checkpoint of the catalogue, with licence, size and context length as figures."""
    text = files("fine_tuning_catalogue").joinpath("base_models.yaml").read_bytes()
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    catalogue = yaml.load(text, Loader=loader)  # noqa: S506  (CSafeLoader or SafeLoader)
    return [_model_as_entry(model, str(catalogue.get("checked", ""))) for model in catalogue["models"]]


def _model_as_entry(model: dict[str, Any], checked: str) -> Entry:
    name, licence, size = model["name"], model["license"], f"{model['params_billion']:g}B"
    licence_note = _LICENCE_MARK[model["license_provenance"]]
    context = f"{model['context_length']:,} tokens" if model.get("context_length") else "not recorded"
    active_size = model.get("active_params_billion")
    active = f" ({active_size:g}B active, mixture of experts)" if active_size else ""
    notes = " ".join(str(model.get("notes", "")).split())
    facts = [f"Licence: {licence} ({licence_note})", f"Size: {size} parameters{active}", f"Context length: {context}"]
    told = f"{'. '.join(facts)}. {notes}"
    commercial = ["commercial-use", "permissive"] if licence in _COMMERCIAL else []
    return Entry(
        id=f"MODEL-{name}",
        kind="decision",
        also_kinds=("pattern",),
        title=f"{name}: {size} base model, {licence}",
        body=f"{name} ({model['hf_id']}), a {model['type']} of the {model['family']} family. {told}".strip(),
        question=f"Is {name} a fitting base model?",
        considerations=[*facts, *([notes] if notes else [])],
        problem="Which base model to fine-tune",
        context=f"{size} parameters, {licence}",
        trade_offs=[notes] if notes else [],
        figures=_model_figures(model, size, licence_note),
        sources=model["sources"],
        locator=model.get("locator", ""),
        provenance=model["config_provenance"],
        partly_recalled=model["config_provenance"] == "seen" and model["license_provenance"] == "recalled",
        as_of=checked,
        tags=["base-model", "license", licence, size, model["family"], model["type"], *commercial],
    )


def _model_figures(model: dict[str, Any], size: str, licence_note: str) -> list[Figure]:
    rows: list[dict[str, Any]] = [
        {"quantity": "params_billion", "value": model["params_billion"], "unit": "B params"},
        {"quantity": "license", "value": model["license"], "note": licence_note},
        {"quantity": "context_length", "value": model.get("context_length"), "unit": "tokens"},
        {"quantity": "active_params_billion", "value": model.get("active_params_billion"), "unit": "B params"},
    ]
    return [Figure(model=model["hf_id"], model_size=size, **row) for row in rows if row["value"] is not None]
