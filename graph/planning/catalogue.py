"""The base models that the planner knows, with a user's own beside them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from .catalogue_files import CatalogueError, read_catalogue_file, read_user_file
from .config_json import from_config_json
from .layout import layout_of
from .shapes import ModelShape, ShapeError

_SUFFIX = re.compile(r"[-_ ](?:instruct|chat|it|base|hf|pt|thinking|\d{4})(?=[-_ ]|$)")


@dataclass(frozen=True)
class CatalogueModel:
    """One base model. `params_billion` is published; `shape` is None where its architecture numbers were not seen."""

    name: str
    hf_id: str
    family: str
    type: str
    architecture: str
    license: str
    license_provenance: str
    params_billion: float
    active_params_billion: float | None
    context_length: int | None
    lora_targets: tuple[str, ...]
    shape: ModelShape | None
    missing: tuple[str, ...]
    """Architecture numbers that were not seen."""
    sources: tuple[str, ...]
    notes: str = ""
    provenance: str = ""
    """Whether the shape was `seen` or `recalled`."""

    @property
    def is_instruct(self) -> bool:
        """Whether the repository holds an instruction-tuned checkpoint, by its name."""
        return bool(re.search(r"instruct|chat|-it\b|thinking", self.hf_id.lower()))


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Base models by name. Two are equal only when they are one, so that what is worked out from one can be kept."""

    models: tuple[CatalogueModel, ...]
    checked: str
    """When the catalogue was last checked."""
    index: Mapping[str, CatalogueModel] = field(repr=False, compare=False, default_factory=dict)

    def find(self, text: str) -> CatalogueModel | None:
        """The model that a person means: by name or repository id, without case, with or without `-Instruct`.

        Returns:
            The model; for another checkpoint of the same shape (an instruct version of a base model) the catalogue's
            entry with the id that was asked for. None when it is not in the catalogue.
        """
        wanted = text.strip().lower()
        found = self.index.get(wanted)
        if found is not None or not wanted:
            return found
        for candidate in (wanted.rsplit("/", 1)[-1], _bare(wanted)):
            found = self.index.get(candidate)
            if found is not None:
                owner = found.hf_id.rsplit("/", 1)[0]
                asked = text.strip() if "/" in text else f"{owner}/{text.strip()}"
                shape = None if found.shape is None else replace(found.shape, hf_id=asked)
                return replace(found, hf_id=asked, shape=shape)
        return None


def _bare(text: str) -> str:
    name = text.rsplit("/", 1)[-1]
    return _SUFFIX.sub("", name)


def load_catalogue(extra: Path | None = None) -> Catalogue:
    """The catalogue, with the models of a user's file before ours.

    Args:
        extra: YAML, a list (or `models:` with a list) of mappings with `hf_id`, `config` (the path of its config.json,
            relative to the file), and optionally `name`, `license`, `context_length`, `lora_targets`, `notes`.

    Raises:
        CatalogueError: the file cannot be read, or an entry lacks a key or has an impossible value.
    """
    ours = _own_catalogue()
    if extra is None:
        return ours
    data = read_user_file(extra)
    entries = data.get("models") if isinstance(data, dict) else data
    if not isinstance(entries, list):
        raise CatalogueError(f"{extra}: must hold a list of models, each with hf_id and config")
    added = tuple(_user_model(entry, extra, number) for number, entry in enumerate(entries, start=1))
    return _catalogue((*added, *ours.models), ours.checked)


@cache
def _own_catalogue() -> Catalogue:
    data = read_catalogue_file("base_models.yaml")
    return _catalogue(tuple(_own_model(entry) for entry in data["models"]), str(data["checked"]))


def _catalogue(models: tuple[CatalogueModel, ...], checked: str) -> Catalogue:
    index: dict[str, CatalogueModel] = {}
    for model in models:
        index.setdefault(model.hf_id.lower(), model)
        index.setdefault(model.name.lower(), model)
    for model in models:
        index.setdefault(model.hf_id.lower().rsplit("/", 1)[-1], model)
    for model in models:
        index.setdefault(_bare(model.hf_id.lower()), model)
        index.setdefault(_bare(model.name.lower()), model)
    return Catalogue(models=models, checked=checked, index=index)


def _own_model(entry: Mapping[str, Any]) -> CatalogueModel:
    numbers = _numbers(entry)
    optional = {"context_length", "intermediate_size"} if entry.get("moe") else {"context_length"}
    missing = tuple(key for key, value in numbers.items() if not value and key not in optional)
    if layout_of(entry["architecture"]) is None:
        missing = (*missing, "architecture")
    if entry.get("tied_embeddings") is None:
        missing = (*missing, "tied_embeddings")
    return CatalogueModel(
        name=entry["name"],
        hf_id=entry["hf_id"],
        family=entry["family"],
        type=entry["type"],
        architecture=entry["architecture"],
        license=entry["license"],
        license_provenance=entry["license_provenance"],
        params_billion=float(entry["params_billion"]),
        active_params_billion=entry.get("active_params_billion"),
        context_length=entry["context_length"],
        lora_targets=tuple(entry["lora_targets"] or ()),
        shape=None if missing else _own_shape(entry, numbers),
        missing=missing,
        sources=tuple(entry["sources"]),
        notes=entry.get("notes", ""),
        provenance=entry["config_provenance"],
    )


def _numbers(entry: Mapping[str, Any]) -> dict[str, int]:
    keys = ("layers", "hidden_size", "attention_heads", "kv_heads", "head_dim", "intermediate_size", "vocab_size")
    numbers = {key: int(entry.get(key) or 0) for key in (*keys, "context_length")}
    if entry.get("encoder_layers"):
        numbers["layers"] = int(entry["encoder_layers"]) + int(entry["decoder_layers"])
    return numbers


def _own_shape(entry: Mapping[str, Any], numbers: dict[str, int]) -> ModelShape:
    experts = entry.get("moe") or {}
    width = int(experts.get("expert_ff") or 0)
    shared = int(experts.get("shared_expert_ff") or (width if experts.get("shared_expert") else 0))
    return ModelShape(
        name=entry["name"],
        hf_id=entry["hf_id"],
        architecture=entry["architecture"],
        tied_embeddings=bool(entry["tied_embeddings"]),
        experts=int(experts.get("experts") or 0),
        experts_per_token=int(experts.get("active_experts") or (1 if experts else 0)),
        moe_intermediate_size=width,
        shared_intermediate_size=shared,
        decoder_layers=int(entry.get("decoder_layers") or 0),
        published_params=round(float(entry["params_billion"]) * 1e9),
        lora_targets=tuple(entry["lora_targets"] or ()),
        license=entry["license"],
        sources=tuple(entry["sources"]),
        **numbers,
    )


def _user_model(entry: Any, path: Path, number: int) -> CatalogueModel:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("hf_id"), str) or not entry["hf_id"].strip():
        raise CatalogueError(f"{path}: model {number} lacks hf_id")
    if not isinstance(entry.get("config"), str):
        raise CatalogueError(f"{path}: model {number} lacks config, the path of its config.json")
    hf_id = entry["hf_id"].strip()
    name = str(entry.get("name") or hf_id.rsplit("/", 1)[-1])
    try:
        shape = from_config_json(path.parent / entry["config"], name=name, hf_id=hf_id)
    except ShapeError as error:
        raise CatalogueError(f"{path}: model {number} ({hf_id}): {error}") from error
    license_name = str(entry.get("license") or entry.get("licence") or "unknown")
    targets = tuple(str(item) for item in entry.get("lora_targets") or () if item)
    context = int(entry.get("context_length") or shape.context_length) or None
    shape = replace(shape, license=license_name, lora_targets=targets or _default_targets(shape))
    return CatalogueModel(
        name=name,
        hf_id=hf_id,
        family=str(entry.get("family") or "added by the user"),
        type="encoder-decoder" if shape.decoder_layers else "decoder",
        architecture=shape.architecture,
        license=license_name,
        license_provenance="user",
        params_billion=round(shape.params / 1e9, 3),
        active_params_billion=round(shape.active_parameters / 1e9, 3) if shape.is_mixture else None,
        context_length=context,
        lora_targets=shape.lora_targets,
        shape=shape,
        missing=(),
        sources=("config.json",),
        notes=str(entry.get("notes") or ""),
        provenance="user",
    )


def _default_targets(shape: ModelShape) -> tuple[str, ...]:
    return tuple(dict.fromkeys(m.name for m in shape.linear_modules if m.group != "experts"))
