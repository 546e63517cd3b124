"""Model shapes from the `config.json` of a Hugging Face repository."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .layout import Layout, layout_of, layouts
from .shapes import ModelShape, ShapeError

_MAX_BYTES = 4 * 1024 * 1024
_REQUIRED = ("layers", "hidden_size", "attention_heads", "vocab_size")


def from_config_json(config: Mapping[str, Any] | Path, *, name: str = "", hf_id: str = "") -> ModelShape:
    """The shape that a config.json states; defaults that the architecture itself has are filled in.

    Multimodal configurations are read through their `text_config`; the vision tower counts as frozen other parameters.

    Args:
        config: the parsed file, or its path.
        name: what to call the model; by default the config's own `_name_or_path`, else its `model_type`.
        hf_id: its repository id, when known.

    Raises:
        ShapeError: unreadable file, unknown architecture, or a missing or impossible key; the message names it.
    """
    whole = _read(config) if isinstance(config, Path) else config
    nested = whole.get("text_config") or whole.get("llm_config") or {}
    text = {**whole, **nested} if isinstance(nested, Mapping) else dict(whole)
    layout = _find_layout(whole, text)
    numbers = {field: _number(text, layout, field) for field in layout.keys}
    for field in _REQUIRED:
        if numbers[field] is None:
            raise ShapeError(f"config.json lacks {_spelled(layout, field)}")
    heads = numbers["attention_heads"] or 0
    hidden = numbers["hidden_size"] or 0
    own_name = str(name or text.get("_name_or_path") or text.get("model_type") or layout.architecture)
    feed_forward = _feed_forward(text, layout, numbers, hidden)
    return ModelShape(
        name=own_name,
        hf_id=hf_id or own_name,
        architecture=layout.architecture,
        layers=(numbers["layers"] or 0) + _decoder_layers(text, layout, numbers["layers"] or 0),
        hidden_size=hidden,
        attention_heads=heads,
        kv_heads=_kv_heads(text, layout, numbers["kv_heads"], heads),
        head_dim=numbers["head_dim"] or _even_split(hidden, heads),
        vocab_size=numbers["vocab_size"] or 0,
        tied_embeddings=_tied(whole, text, layout),
        context_length=numbers["context_length"] or 0,
        decoder_layers=_decoder_layers(text, layout, numbers["layers"] or 0),
        position_rows=int(text.get(layout.extra_vocab) or 0) if layout.extra_vocab else 0,
        other_parameters=_vision_parameters(whole.get("vision_config")),
        sources=("config.json",),
        intermediate_size=feed_forward["intermediate_size"],
        experts=feed_forward.get("experts", 0),
        experts_per_token=feed_forward.get("experts_per_token", 0),
        moe_intermediate_size=feed_forward.get("moe_intermediate_size", 0),
        shared_intermediate_size=feed_forward.get("shared_intermediate_size", 0),
        dense_layers=feed_forward.get("dense_layers", 0),
    )


def _read(path: Path) -> Mapping[str, Any]:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ShapeError(f"{path}: larger than 4 MiB, this is no config.json")
        loaded = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ShapeError(f"{path}: cannot be read ({error.strerror})") from error
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise ShapeError(f"{path}: is not valid JSON ({error})") from error
    if not isinstance(loaded, dict):
        raise ShapeError(f"{path}: must hold a JSON object")
    return loaded


def _find_layout(whole: Mapping[str, Any], text: Mapping[str, Any]) -> Layout:
    stated = [*(whole.get("architectures") or []), text.get("model_type"), whole.get("model_type")]
    for candidate in stated:
        layout = layout_of(candidate) if isinstance(candidate, str) else None
        if layout is not None:
            return layout
    if not any(stated):
        raise ShapeError("config.json lacks architectures and model_type")
    known = ", ".join(sorted({layout.architecture for layout in layouts().values()}))
    raise ShapeError(f"architectures: {next(s for s in stated if s)!r} is not known; known are {known}")


def _number(text: Mapping[str, Any], layout: Layout, field: str) -> int | None:
    for key in layout.keys[field]:
        value = text.get(key)
        if value is None:
            continue
        if isinstance(value, list) and value and all(isinstance(item, int) for item in value):
            value = max(value)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**40:
            raise ShapeError(f"{key} must be a whole number, got {value!r}")
        return value
    return layout.values.get(field)


def _spelled(layout: Layout, field: str) -> str:
    return " or ".join(layout.keys[field])


def _even_split(hidden: int, heads: int) -> int:
    if heads <= 0 or hidden % heads:
        raise ShapeError(f"head_dim is missing, and hidden_size {hidden} is no multiple of num_attention_heads {heads}")
    return hidden // heads


def _kv_heads(text: Mapping[str, Any], layout: Layout, stated: int | None, heads: int) -> int:
    if layout.architecture == "FalconForCausalLM" and not text.get("new_decoder_architecture"):
        return 1 if text.get("multi_query", True) else heads
    return stated or heads


def _decoder_layers(text: Mapping[str, Any], layout: Layout, encoder_layers: int) -> int:
    if not layout.encoder_decoder:
        return 0
    return int(text.get("num_decoder_layers") or encoder_layers)


def _tied(whole: Mapping[str, Any], text: Mapping[str, Any], layout: Layout) -> bool:
    stated = whole.get("tie_word_embeddings", text.get("tie_word_embeddings"))
    return layout.tied if stated is None else bool(stated)


def _feed_forward(
    text: Mapping[str, Any], layout: Layout, numbers: Mapping[str, int | None], hidden: int
) -> dict[str, int]:
    experts = numbers["experts"] or 0
    dense = numbers["intermediate_size"] or (4 * hidden if layout.mlp == "plain" else 0)
    if experts < 2:
        if not dense:
            raise ShapeError(f"config.json lacks {_spelled(layout, 'intermediate_size')}")
        return {"intermediate_size": dense}
    per_token = numbers["experts_per_token"]
    if not per_token or per_token > experts:
        raise ShapeError(f"config.json lacks {_spelled(layout, 'experts_per_token')} between 1 and {experts}")
    width = numbers["moe_intermediate_size"] or dense
    if not width:
        raise ShapeError(f"config.json lacks {_spelled(layout, 'moe_intermediate_size')}")
    without = text.get("mlp_only_layers")
    return {
        "intermediate_size": dense,
        "experts": experts,
        "experts_per_token": per_token,
        "moe_intermediate_size": width,
        "shared_intermediate_size": numbers["shared_intermediate_size"] or 0,
        "dense_layers": len(without) if isinstance(without, list) else 0,
    }


def _vision_parameters(vision: Any) -> int:
    """Weights of a vision tower, four hidden-width projections and a plain feed-forward in each layer."""
    if not isinstance(vision, Mapping):
        return 0
    hidden, layers = vision.get("hidden_size"), vision.get("num_hidden_layers") or vision.get("depth")
    if not isinstance(hidden, int) or not isinstance(layers, int):
        return 0
    width = vision.get("intermediate_size")
    return layers * (4 * hidden * hidden + 2 * hidden * (width if isinstance(width, int) else 4 * hidden))
