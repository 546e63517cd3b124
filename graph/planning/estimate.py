"""One request for figures, from plain values to the answer of the `estimate` command."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .catalogue import Catalogue, load_catalogue
from .config_json import from_config_json
from .gpus import Gpu, all_gpus, gpu, prices
from .lora_parameters import PlanningError
from .memory import MemoryEstimate, estimate_memory
from .shapes import ModelShape
from .time_and_cost import CostEstimate, TimeEstimate, check_amount, estimate_cost, estimate_time
from .training_setup import TrainingSetup, module_list, optimizer_named
from .verdict import Verdict, verdict

TRAINED_BY = {
    "full": "every weight, counted from the architecture numbers",
    "adapters": "r(n + m) for each adapted projection: LoRA (Hu et al. 2021), section 4.1",
}
"""How the trained parameters are counted."""


@dataclass(frozen=True)
class EstimateRequest:
    """What the `estimate` command is asked, as plain values. Exactly one of `model` and `config` is given."""

    model: str = ""
    config: Path | Mapping[str, Any] | None = None
    method: str = "qlora"
    stage: str = "sft"
    rank: int = 16
    target_modules: str | tuple[str, ...] = "all-linear"
    batch_size: int = 1
    max_length: int = 2048
    precision: str = "bf16"
    optimizer: str = "adamw"
    gpu: str = ""
    vram_gb: float | None = None
    gpus: int = 1
    sharding: str = "ddp"
    attention: str = "sdpa"
    stack: str = "trl"
    gradient_checkpointing: bool | None = None
    gradient_accumulation: int = 1
    separate_reference: bool = False
    double_quant: bool | None = None
    quantized_experts: bool | None = None
    examples: int | None = None
    example_length: float | None = None
    epochs: float = 1.0
    platform: str = ""
    models: Path | None = None
    """A user's own models (`load_catalogue`)."""
    prices: Path | None = None
    """A user's own prices (`prices.yaml`)."""


@dataclass(frozen=True)
class EstimateResult:
    """Every figure of one run. What was not asked for, or cannot be known, is None."""

    shape: ModelShape
    setup: TrainingSetup
    memory: MemoryEstimate
    trainable_parameters: int
    card: Gpu | None
    verdict: Verdict | None
    time: TimeEstimate | None
    cost: CostEstimate | None
    unknown: Mapping[str, str]
    """For each figure that is None, why."""

    def as_json(self) -> dict[str, Any]:
        """The answer as plain JSON, each figure with its sources."""
        fit = self.verdict
        return {
            "model": {"name": self.shape.name, "hf_id": self.shape.hf_id, "parameters": self.shape.params},
            "memory": {
                "total_gib": round(self.memory.total_gib, 3),
                "breakdown_gib": {name: round(value, 3) for name, value in self.memory.breakdown_gib.items()},
                "uncertainty": self.memory.uncertainty,
                "sources": list(self.memory.sources),
            },
            "fits": None if fit is None else fit.fits,
            "verdict": None if fit is None else fit.fit,
            "usable_gib": None if fit is None else round(fit.usable_gib, 2),
            "largest_batch": None if fit is None else fit.largest_batch,
            "largest_length": None if fit is None else fit.largest_length,
            "trainable_parameters": self.trainable_parameters,
            "trainable_parameters_sources": [TRAINED_BY["full" if self.setup.method == "full" else "adapters"]],
            "gpu": None
            if self.card is None
            else {"name": self.card.name, "vram_gb": self.card.vram_gb, "source": self.card.source},
            "time_hours": _time_json(self.time),
            "cost_usd": _cost_json(self.cost),
            "unknown": dict(self.unknown),
        }


def estimate(request: EstimateRequest, catalogue: Catalogue | None = None) -> EstimateResult:
    """Memory, fit, trainable parameters, time and cost of one run.

    Args:
        request: the run, as plain values.
        catalogue: the base models to choose from; by default ours with those of `request.models`.

    Raises:
        PlanningError: a value out of range or an impossible combination; it names the field and its range.
        ShapeError, CatalogueError: a file that cannot be used; the message names file and key.
    """
    shape = _shape(request, catalogue)
    card, vram_gb = _card(request)
    setup = _setup(request, shape, card)
    fit = None if vram_gb is None else verdict(setup, vram_gb, card)
    memory = fit.memory if fit is not None else estimate_memory(setup, card)
    unknown: dict[str, str] = {}
    if fit is None:
        unknown["fits"] = "no GPU was named"
    time, cost = _time_and_cost(request, setup, card, unknown)
    return EstimateResult(shape, setup, memory, setup.trainable, card, fit, time, cost, unknown)


def _shape(request: EstimateRequest, catalogue: Catalogue | None) -> ModelShape:
    if bool(request.model.strip()) == (request.config is not None):
        raise PlanningError("model", "give either a model of the catalogue or a config.json, not both and not neither")
    if request.config is not None:
        return from_config_json(request.config)
    known = catalogue or load_catalogue(request.models)
    found = known.find(request.model)
    if found is None:
        raise PlanningError("model", f"{request.model!r} is not in the catalogue; give its config.json instead")
    if found.shape is None:
        missing = ", ".join(found.missing)
        raise PlanningError(
            "model", f"the catalogue does not hold {missing} of {found.name}; give its config.json instead"
        )
    return found.shape


def _card(request: EstimateRequest) -> tuple[Gpu | None, float | None]:
    if request.vram_gb is not None and not 1 <= request.vram_gb <= 10_000:
        raise PlanningError("vram_gb", f"must be from 1 to 10000, got {request.vram_gb:g}")
    if not request.gpu.strip():
        return None, request.vram_gb
    card = gpu(request.gpu, request.vram_gb)
    if card is None and request.vram_gb is None:
        known = ", ".join(card.name for card in all_gpus())
        raise PlanningError(
            "gpu", f"{request.gpu!r} is not in the catalogue; give its memory as vram_gb, or one of {known}"
        )
    return card, request.vram_gb if request.vram_gb is not None or card is None else card.vram_gb


def _setup(request: EstimateRequest, shape: ModelShape, card: Gpu | None) -> TrainingSetup:
    if card is not None and request.precision == "bf16" and not card.bf16:
        raise PlanningError("precision", f"{card.name} has no bf16; fp16 or fp32")
    return TrainingSetup(
        shape=shape,
        method=request.method,  # type: ignore[arg-type]
        stage=request.stage,  # type: ignore[arg-type]
        rank=request.rank,
        target_modules=module_list(request.target_modules),
        batch_size=request.batch_size,
        max_length=request.max_length,
        precision=request.precision,  # type: ignore[arg-type]
        optimizer=optimizer_named(request.optimizer),
        gpus=request.gpus,
        sharding=request.sharding,  # type: ignore[arg-type]
        attention=request.attention,  # type: ignore[arg-type]
        stack=request.stack,  # type: ignore[arg-type]
        gradient_checkpointing=request.gradient_checkpointing,
        gradient_accumulation=request.gradient_accumulation,
        separate_reference=request.separate_reference,
        double_quant=request.double_quant,
        quantized_experts=request.quantized_experts,
    )


def _time_and_cost(
    request: EstimateRequest, setup: TrainingSetup, card: Gpu | None, unknown: dict[str, str]
) -> tuple[TimeEstimate | None, CostEstimate | None]:
    check_amount(setup, 1 if request.examples is None else request.examples, request.epochs, request.example_length)
    if request.examples is None or card is None:
        missing = "no number of examples was given" if request.examples is None else "the GPU's speed is not known"
        unknown["time_hours"] = unknown["cost_usd"] = missing
        return None, None
    time = estimate_time(setup, card, request.examples, request.epochs, request.example_length)
    known = prices(request.prices) if request.prices is not None else None
    cost = estimate_cost(time, card, setup.gpus, request.platform, known)
    if cost is None:
        unknown["cost_usd"] = f"no price is known for {card.name}" + (
            f" at {request.platform}" if request.platform else ""
        )
    return time, cost


def _time_json(time: TimeEstimate | None) -> dict[str, Any] | None:
    if time is None:
        return None
    return {
        "low": round(time.low_hours, 4),
        "high": round(time.high_hours, 4),
        "steps": time.steps,
        "tokens": round(time.tokens),
        "sources": list(time.sources),
    }


def _cost_json(cost: CostEstimate | None) -> dict[str, Any] | None:
    if cost is None:
        return None
    return {"low": round(cost.low_usd, 2), "high": round(cost.high_usd, 2), "sources": list(cost.sources)}
