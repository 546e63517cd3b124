"""What fills the specification's query templates: the values that hold now, in the wording of its examples."""

import re

from ..knowledge.evidence import Query
from ..knowledge.queries import queries_for
from .section import Briefing

MULTI_GPU = re.compile(r"\b(?:[2-9]|\d{2,})\s*[x×]|multi", re.IGNORECASE)


def section_queries(node: str, briefing: Briefing) -> list[Query]:
    """A section's mandatory queries, filled; what is not known yet is left out of them."""
    return queries_for(node, query_values(briefing), briefing.get("approach"))


def query_values(briefing: Briefing) -> dict[str, str | None]:
    """Every placeholder of the specification's queries with its value, or None where nobody has said it yet."""
    examples, pairs = counted(briefing)
    approach = briefing.get("approach")
    volume = f"{examples}-examples" if examples else None
    pair_volume = f"{pairs}-pairs" if pairs else None
    return {
        "task_type": briefing.get("task_type"),
        "data_volume": volume,
        "compute_constraint": compute_constraint(briefing),
        "use_case": slug(briefing.get("use_case")),
        "data_availability": data_availability(examples, pairs),
        "model_size": model_size(briefing),
        "domain": slug(briefing.get("domain")),
        "data_source_type": slug(briefing.get("data_source")),
        "size_constraint": size_text(size_limit(briefing)),
        "license_requirement": slug(briefing.get("license"), lower=False),
        "preference_data_volume": pair_volume,
        "alignment_goal": alignment_goal(briefing),
        "task_complexity": briefing.get("complexity"),
        "model_architecture": model_architecture(briefing),
        "training_method": {"sft": "SFT", "dpo": "DPO", "sft+dpo": "SFT DPO"}.get(approach or ""),
        "dataset_size": pair_volume if approach == "dpo" else volume,
        "gpu_memory": gpu_memory(briefing),
    }


def counted(briefing: Briefing) -> tuple[int | None, int | None]:
    """Examples and pairs to train on: the planned count where the user decided to get there first."""
    examples, pairs = briefing.get("examples"), briefing.get("preference_pairs")
    planned = briefing.get("target_examples") if briefing.get("strategy") in ("augment", "annotate") else None
    if planned is None:
        return examples, pairs
    return (examples, max(planned, pairs or 0)) if pairs and not examples else (max(planned, examples or 0), pairs)


def compute_constraint(briefing: Briefing) -> str | None:
    """`single-gpu` or `multi-gpu`, as the specification's examples say it."""
    count = briefing.get("gpu_count")
    if count is not None:
        return "multi-gpu" if count > 1 else "single-gpu"
    compute = briefing.get("compute")
    if compute:
        return "multi-gpu" if MULTI_GPU.search(str(compute)) else "single-gpu"
    return "single-gpu" if briefing.get("gpu_type") else None


def data_availability(examples: int | None, pairs: int | None) -> str | None:
    """Which kinds of data there are."""
    if pairs and not examples:
        return "preference-data-only"
    if pairs:
        return "preference-data-available"
    return "SFT-data-only" if examples else None


def model_size(briefing: Briefing) -> str | None:
    """The size of the chosen model, else the size that the user has in mind."""
    chosen = briefing.records.get("select_base_model", {}).get("extra", {}).get("size_b")
    return size_text(chosen or briefing.get("model_size") or briefing.get("size_limit"))


def size_limit(briefing: Briefing) -> float | None:
    """Billions of parameters at most: the limit, else the size in mind; None where the user wants no limit."""
    limit: float | None = briefing.get("size_limit" if "size_limit" in briefing.values else "model_size")
    return limit


def size_text(billions: float | None) -> str | None:
    """8.03 → "8B", 0.5 → "0.5B"."""
    if not billions:
        return None
    return f"{billions:.0f}B" if billions >= 1.5 else f"{billions:.2g}B"


def model_architecture(briefing: Briefing) -> str | None:
    """The family in lower case, such as `llama` or `qwen3`."""
    family = briefing.records.get("select_base_model", {}).get("extra", {}).get("family")
    return slug(family) if family else None


def gpu_memory(briefing: Briefing) -> str | None:
    """Memory of one GPU, such as `24GB`."""
    memory = briefing.get("vram_gb")
    return f"{memory:g}GB" if memory else None


def alignment_goal(briefing: Briefing) -> str | None:
    """From the use case and the constraints: what the behaviour should be like."""
    words = [str(part) for part in (briefing.get("use_case"), briefing.get("constraints")) if part]
    return f"{slug(' '.join(words), words=5)}-alignment" if words else None


def slug(said: object, words: int = 6, *, lower: bool = True) -> str | None:
    """Free text as the specification's examples write it: a few words joined by hyphens."""
    if not said:
        return None
    found = re.findall(r"[^\W_]+(?:[.+#-][^\W_]+)*", str(said))[:words]
    joined = "-".join(found)
    return (joined.lower() if lower else joined) or None
