"""The models that are measured and replayed, as their config.json states them."""

from typing import Any

from fine_tuning_specialist.planning.config_json import from_config_json
from fine_tuning_specialist.planning.shapes import ModelShape


def _llama(hidden: int, layers: int, heads: int, kv: int, inner: int, vocabulary: int, **more: Any) -> dict[str, Any]:
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_size": hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": kv,
        "intermediate_size": inner,
        "vocab_size": vocabulary,
        "max_position_embeddings": 32768,
        "tie_word_embeddings": False,
        **more,
    }


TINY = {"tiny": _llama(64, 2, 4, 2, 128, 512)}
MODELS: dict[str, dict[str, Any]] = {
    "Llama-3.2-1B": _llama(2048, 16, 32, 8, 8192, 128256, tie_word_embeddings=True, head_dim=64),
    "Llama-2-7B": _llama(4096, 32, 32, 32, 11008, 32000),
    "Llama-3.1-8B": _llama(4096, 32, 32, 8, 14336, 128256),
    "Qwen3-4B": _llama(2560, 36, 32, 8, 9728, 151936, tie_word_embeddings=True, head_dim=128)
    | {"architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3"},
}


def shape_named(name: str) -> ModelShape:
    """The shape of one of them."""
    return from_config_json({**TINY, **MODELS}[name], name=name)
