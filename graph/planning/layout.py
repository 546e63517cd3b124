"""How the weights of an architecture are laid out, read from the catalogue's `architectures.yaml`."""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from ..package_data import packaged_yaml


@dataclass(frozen=True)
class Layout:
    """What the decoder layers of one architecture are made of, and where its config.json states its shape."""

    architecture: str
    attention: str
    attention_names: tuple[str, ...]
    mlp: str
    mlp_names: tuple[str, ...]
    biases: frozenset[str]
    norms: int
    norm_bias: bool
    qk_norm: str
    tied: bool
    moe_names: tuple[str, ...]
    expert_bias: bool = False
    encoder_decoder: bool = False
    extra_vocab: str = ""
    approximate: str = ""
    """Why figures derived from this layout are approximate; empty where they are exact."""
    keys: dict[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    values: dict[str, int] = field(default_factory=dict, hash=False)


def _layout(name: str, entry: dict[str, Any], defaults: dict[str, Any]) -> Layout:
    merged = {**defaults, **entry}
    keys = {ours: tuple(theirs) for ours, theirs in {**defaults["keys"], **entry.get("keys", {})}.items()}
    return Layout(
        architecture=name,
        attention=merged["attention"],
        attention_names=tuple(merged["attention_names"]),
        mlp=merged["mlp"],
        mlp_names=tuple(merged["mlp_names"]),
        biases=frozenset(merged["biases"]),
        norms=merged["norms"],
        norm_bias=merged["norm_bias"],
        qk_norm=merged["qk_norm"],
        tied=merged["tied"],
        moe_names=tuple(merged.get("moe_names", merged["mlp_names"])),
        expert_bias=merged.get("expert_bias", False),
        encoder_decoder=merged.get("encoder_decoder", False),
        extra_vocab=merged.get("extra_vocab", ""),
        approximate=merged.get("approximate", ""),
        keys=keys,
        values=dict(merged["values"]),
    )


@cache
def layouts() -> dict[str, Layout]:
    """Every known layout, by architecture name and by `model_type`."""
    data = packaged_yaml("fine_tuning_catalogue", "architectures.yaml")
    known: dict[str, Layout] = {}
    for entry in data["architectures"]:
        layout = _layout(entry["names"][0], entry, data["defaults"])
        known.update(dict.fromkeys([*entry["names"], *entry["model_types"]], layout))
    return known


def layout_of(architecture: str) -> Layout | None:
    """The layout of an architecture name or a `model_type`; None when it is not known."""
    return layouts().get(architecture)
