"""1. Welcome to Fine-Tuning: what the user has."""

from textwrap import shorten

from ..interrupts import Recommendation
from ..project.extraction.purpose import domain_named, task_named
from ..texts import text
from .from_documents import from_documents
from .section import Advice, Briefing, Risk, Section

FROM_DOCUMENTS = (
    "task_type",
    "use_case",
    "domain",
    "data_volume",
    "data_source",
    "compute",
    "model_size",
    "constraints",
)


def advise(briefing: Briefing) -> Advice:
    """What the documents say already; the rest is asked for."""
    recommended = from_documents(briefing, FROM_DOCUMENTS)
    recommended |= {name: item for name, item in from_use_case(briefing).items() if name not in recommended}
    if "compute" not in recommended and (compute := compute_text(briefing)):
        recommended["compute"] = Recommendation(
            value=compute, why=text("dialogue", "from_facts"), origin=briefing.values["gpu_type"].origin
        )
    unset = "model_size" not in recommended and briefing.get("model_size", 0) is not None
    if unset and (limit := from_documents(briefing, ("size_limit",))):
        recommended["model_size"] = limit["size_limit"]
    if "constraints" not in recommended and (constraints := constraints_text(briefing)):
        recommended["constraints"] = constraints
    return Advice(recommended=recommended, view={"embeddings": embeddings(briefing)}, risks=risks(briefing))


def risks(briefing: Briefing) -> tuple[Risk, ...]:
    """A project that is called otherwise than its folder."""
    context = briefing.context
    if not context.folder_name:
        return ()
    detail = text("findings", "folder_detail", stated=context.project_name, folder=context.folder_name)
    return (Risk("folder_name", text("findings", "folder_title"), detail, kind="contradiction", owner="sidecar.yaml"),)


def from_use_case(briefing: Briefing) -> dict[str, Recommendation]:
    """The task type and the domain that the use case speaks of."""
    use_case = str(briefing.get("use_case") or "")
    why = text("dialogue", "from_use_case", use_case=use_case)
    named = {"task_type": task_named(use_case), "domain": domain_named(use_case)}
    return {name: Recommendation(value=value, why=why, origin="calc") for name, value in named.items() if value}


def compute_text(briefing: Briefing) -> str:
    """The GPUs that the documents name, in one line."""
    gpu = briefing.get("gpu_type")
    if not gpu:
        return ""
    memory = briefing.get("vram_gb")
    return f"{briefing.get('gpu_count', 1)}x {gpu}" + (f" {memory:g} GB" if memory else "")


def constraints_text(briefing: Briefing) -> Recommendation | None:
    """Latency, privacy and languages: whatever no other field holds."""
    facts = from_documents(briefing, ("latency", "privacy", "languages"))
    if not facts:
        return None
    value = "; ".join(
        shorten(str(item.value), 120, placeholder=" …")
        if str(item.value).casefold().startswith(name)
        else f"{name}: {shorten(str(item.value), 120, placeholder=' …')}"
        for name, item in facts.items()
    )
    first = next(iter(facts.values()))
    return Recommendation(value=value[:500], why=first.why, origin=first.origin)


def embeddings(briefing: Briefing) -> dict[str, str]:
    """What Step 4 decided, for reference only."""
    names = ("embedding_model", "chunking", "vector_database")
    return {name.replace("_", " "): str(briefing.get(name)) for name in names if briefing.get(name)}


SECTION = Section(
    node="welcome",
    advise=advise,
    depends_on=("architecture",),
)
