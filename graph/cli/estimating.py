"""What `estimate` does: checks the options, asks the planner, and prints its answer."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from ..planning.catalogue import load_catalogue
from ..planning.catalogue_files import CatalogueError
from ..planning.estimate import EstimateRequest, EstimateResult, estimate
from ..planning.gpus import Gpu, all_gpus, gpu
from ..planning.ladder import Ladder, ladder
from ..planning.lora_parameters import Method, PlanningError
from ..planning.memory import estimate_memory, on_card
from ..planning.shapes import ModelShape, ShapeError
from ..planning.verdict import judge
from .errors import BadInputError

DEFAULT_RANK = 16
DEFAULT_MODULES = "all-linear"
OF_ADAPTERS = ("rank", "target_modules")
OPTIONS = {"attention": "--attn-implementation", "gradient_checkpointing": "--no-gradient-checkpointing"}
"""Options that are not named as their field is."""

SMALLER = 3
"""Smaller models of the same family that the ladder goes down to."""

FITTING = 4
"""GPUs that are named where the run fits on none, or none was named."""

FIT_SOURCE = "the upper end of the memory's range against what a process can use of the GPU"
BATCH_SOURCE = "the memory estimate repeated with growing batches, everything else unchanged"


@dataclass(frozen=True)
class Asked:
    """The options of `estimate` as given; None where the option has a default that depends on others."""

    model: str
    config: Path | None
    method: str
    stage: str
    rank: int | None
    target_modules: str | None
    batch_size: int
    gradient_accumulation: int
    max_length: int
    precision: str | None
    optimizer: str
    gpu: str
    vram_gb: float | None
    gpus: int
    sharding: str
    attention: str
    stack: str
    gradient_checkpointing: bool | None
    separate_reference: bool
    examples: int | None
    example_length: float | None
    epochs: float
    platform: str
    models: Path | None
    prices: Path | None


@dataclass(frozen=True)
class Answer:
    """What is printed: the planner's figures, and what to do where they do not fit."""

    result: EstimateResult
    ladder: Ladder | None
    """What to give up; None where it fits, or no GPU is known."""
    fitting: tuple[Gpu, ...]
    """The smallest GPUs of the catalogue on which the run fits as planned; empty where it fits on the named one."""

    def as_json(self) -> dict[str, Any]:
        """The answer as plain JSON, each figure with its sources."""
        figures = self.result.as_json()
        trainable = figures.pop("trainable_parameters_sources")
        judged = [FIT_SOURCE, *figures["memory"]["sources"]] if self.result.card or self.result.verdict else []
        sources = {
            "memory": figures["memory"]["sources"],
            "fits": judged,
            "largest_batch": [BATCH_SOURCE, *judged] if judged else [],
            "trainable_parameters": trainable,
            "time_hours": (figures["time_hours"] or {}).get("sources", []),
            "cost_usd": (figures["cost_usd"] or {}).get("sources", []),
        }
        rungs = self.ladder.rungs if self.ladder else ()
        steps = [
            {
                "name": rung.name,
                "changes": rung.changes,
                "total_gib": round(rung.memory.total_gib, 3),
                "verdict": rung.fit,
                "changes_scope": rung.changes_scope,
            }
            for rung in rungs
        ]
        fitting = [card.name for card in self.fitting]
        return {**figures, "settings": self.settings(), "ladder": steps, "fits_on": fitting, "sources": sources}

    def settings(self) -> dict[str, Any]:
        """The run that the figures are about, with every default filled in."""
        setup = self.result.setup
        adapters: dict[str, Any] = {}
        if setup.method != "full":
            modules = dict.fromkeys(module.name for module in setup.adapted)
            adapters = {"rank": setup.rank, "target_modules": list(modules)}
        return {
            "method": setup.method,
            "stage": setup.stage,
            **adapters,
            "batch_size": setup.batch_size,
            "gradient_accumulation": setup.gradient_accumulation,
            "max_length": setup.max_length,
            "precision": setup.precision,
            "optimizer": setup.optimizer,
            "attention": setup.attention,
            "stack": setup.stack,
            "gradient_checkpointing": setup.checkpoints,
            "gpus": setup.gpus,
            "sharding": setup.sharding,
        }


def print_estimate(asked: Asked, *, as_json: bool) -> None:
    """Print the answer as JSON, or as a table.

    Raises:
        BadInputError: An option is out of its range or impossible; names it and the range.
    """
    answer = answer_to(asked)
    if as_json:
        sys.stdout.write(json.dumps(answer.as_json(), ensure_ascii=False, indent=2) + "\n")
        return
    from .estimate_table import show

    show(answer, sys.stdout)


def answer_to(asked: Asked) -> Answer:
    """The figures of a run, with the ladder where it does not fit.

    Raises:
        BadInputError: An option is out of its range or impossible; names it and the range.
    """
    with explained(asked):
        request = request_of(asked)
        result = estimate(request)
        if result.verdict is not None and result.verdict.fits:
            return Answer(result, None, ())
        steps = None
        if result.verdict is not None:
            vram_gb = asked.vram_gb or (result.card.vram_gb if result.card else 0)
            steps = ladder(result.setup, vram_gb, result.card, smaller_models(result.shape, asked.models))
        return Answer(result, steps, fitting_cards(result, asked.precision))


def request_of(asked: Asked) -> EstimateRequest:
    """The planner's request, with the defaults that depend on other options.

    Raises:
        BadInputError: Model or method is not given.
        PlanningError: Adapters are described although every weight is trained.
    """
    if bool(asked.model.strip()) == (asked.config is not None):
        raise BadInputError("--model, --config: give one of them, a model of the catalogue or a config.json.")
    if not asked.method.strip():
        raise BadInputError(f"--method: must be given, one of {', '.join(get_args(Method))}.")
    if asked.method == "full":
        for name in OF_ADAPTERS:
            if getattr(asked, name) is not None:
                raise PlanningError(name, "does not apply to method full; it belongs to lora and qlora")
    card = gpu(asked.gpu, asked.vram_gb) if asked.gpu.strip() else None
    values = {
        **vars(asked),
        "rank": DEFAULT_RANK if asked.rank is None else asked.rank,
        "target_modules": DEFAULT_MODULES if asked.target_modules is None else asked.target_modules,
        "precision": asked.precision or ("bf16" if card is None or card.bf16 else "fp16"),
    }
    return EstimateRequest(**values)


def smaller_models(shape: ModelShape, extra: Path | None) -> list[ModelShape]:
    """The next smaller models of the same family, largest first."""
    known = load_catalogue(extra)
    own = known.find(shape.hf_id) or known.find(shape.name)
    if own is None:
        return []
    family = [
        model.shape
        for model in known.models
        if model.family == own.family and model.shape is not None and model.shape.params < shape.params
    ]
    return sorted(family, key=lambda found: -found.params)[:SMALLER]


def fitting_cards(result: EstimateResult, precision: str | None) -> tuple[Gpu, ...]:
    """The smallest GPUs of the catalogue on which the run fits as it is planned.

    Args:
        result: The run's figures.
        precision: The precision that was asked for; None for what each GPU can do best.
    """
    formats = (precision,) if precision else ("bf16", "fp16")
    memory = {name: estimate_memory(result.setup.with_(precision=name)) for name in formats}
    fitting = []
    for card in all_gpus():
        wanted = precision or ("bf16" if card.bf16 else "fp16")
        runs = card.bf16 or wanted != "bf16"
        if runs and judge(on_card(memory[wanted], card), card.usable_gib) == "fits":
            fitting.append(card)
    return tuple(sorted(fitting, key=lambda card: (card.vram_gb, card.name))[:FITTING])


@contextmanager
def explained(asked: Asked) -> Iterator[None]:
    """The planner's refusals in the words of the command line.

    Raises:
        BadInputError: In place of an error of the planner.
    """
    try:
        yield
    except PlanningError as error:
        problem = str(error).removeprefix(f"{error.field}: ")
        for field in (name for name in vars(asked) if "_" in name):
            problem = problem.replace(field, option_of(field))
        raise BadInputError(f"{option_of(error.field)}: {problem}.", _closest(error, asked)) from error
    except (ShapeError, CatalogueError) as error:
        raise BadInputError(" ".join(str(error).split())) from error


def option_of(field: str) -> str:
    """The option that sets a field."""
    return OPTIONS.get(field, f"--{field.replace('_', '-')}")


def _closest(error: PlanningError, asked: Asked) -> str:
    """The models that may have been meant."""
    if error.field != "model":
        return ""
    names = {model.name.lower(): model.name for model in load_catalogue(asked.models).models}
    close = get_close_matches(asked.model.lower().rsplit("/", 1)[-1], names, n=3, cutoff=0.5)
    return f"Close to it: {', '.join(names[name] for name in close)}." if close else ""
