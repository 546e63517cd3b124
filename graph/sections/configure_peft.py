"""6. Parameter-efficient fine-tuning: method, rank, alpha and modules, from the GPUs and the task's complexity."""

from collections.abc import Mapping
from typing import Any

from ..facilitation.protocol import Problem
from ..fields import Field, fields_of
from ..knowledge.evidence import Query
from ..planning.peft import recommend_peft
from ..planning.plan_facts import Method
from ..texts import text
from .design_risks import design_risks
from .from_documents import from_documents
from .project_plan import chosen_model, memory_of_another_gpu, plan_facts, room_of
from .query_values import section_queries
from .section import Advice, Briefing, Review, Section

NODE = "configure_peft"
ADAPTER_FIELDS = frozenset({"rank", "alpha", "dropout", "target_modules"})
STATED = ("gpu_type", "gpu_count", "vram_gb")


def advise(briefing: Briefing) -> Advice:
    """The method that fits, with its settings; what the documents say about the GPUs is taken from them."""
    facts = plan_facts(briefing)
    model = chosen_model(briefing)
    recommended = recommend_peft(facts, evidence=briefing.evidence, model=model)
    stated = [name for name in STATED if name != "vram_gb" or not memory_of_another_gpu(briefing)]
    recommended |= from_documents(briefing, stated)
    room = room_of(briefing, facts)
    view: dict[str, Any] = {"room": room, "model": model, "fits": fits(briefing)}
    chosen = briefing.get("method") or recommended["method"].value
    sharded = any(fit.sharded for fit in view["fits"] if fit.method == chosen)
    return Advice(
        recommended=recommended,
        view=view,
        risks=design_risks(briefing) if briefing.get("method") else (),
        extra={"sharded": sharded},
    )


def fits(briefing: Briefing) -> list[Any]:
    """How full fine-tuning, LoRA and QLoRA fit on the GPUs; empty where it cannot be computed."""
    facts = plan_facts(briefing)
    room = room_of(briefing, facts)
    methods: tuple[Method, ...] = ("full", "lora", "qlora")
    found = [room.fit(method, facts.stages, facts.max_length or 2048) for method in methods]
    return [fit for fit in found if fit is not None]


def select_fields(briefing: Briefing) -> tuple[Field, ...]:
    """With full fine-tuning rank, alpha, dropout and modules don't apply."""
    fields = fields_of(NODE)
    if briefing.get("method") == "full":
        return tuple(field for field in fields if field.name not in ADAPTER_FIELDS)
    return tuple(
        field.model_copy(update={"required": True}) if field.name in ADAPTER_FIELDS else field for field in fields
    )


def review(briefing: Briefing, fields: Mapping[str, Any]) -> Review:
    """Adapter settings given with full fine-tuning, or modules that the model has not, are errors."""
    problems = []
    if fields.get("method") == "full":
        given = sorted(name for name in ADAPTER_FIELDS if fields.get(name) is not None)
        problems = [Problem(field=name, message=text("dialogue", "full_has_no", field=name)) for name in given]
    model = chosen_model(briefing)
    modules = fields.get("target_modules") or []
    if model is not None and model.shape is not None and modules != ["all-linear"]:
        known = {module.name for module in model.shape.linear_modules}
        unknown = [name for name in modules if name not in known]
        if unknown and fields.get("method") != "full":
            message = text("dialogue", "unknown_modules", unknown=unknown, known=sorted(known), model=model.name)
            problems.append(Problem(field="target_modules", message=message))
    return Review(problems=tuple(problems))


def queries(briefing: Briefing) -> list[Query]:
    """Configuration patterns, decisions, warnings, rank and alpha, target modules."""
    return section_queries(NODE, briefing)


SECTION = Section(
    node=NODE,
    advise=advise,
    queries=queries,
    review=review,
    select_fields=select_fields,
    depends_on=(
        "base_model",
        "approach",
        "task_type",
        "sft_examples",
        "preference_pairs",
        "target_examples",
        "priority",
    ),
)
