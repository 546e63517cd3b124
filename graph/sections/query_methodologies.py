"""2. Query Knowledge MCP for methodologies: four mandatory queries and their synthesis."""

from ..knowledge.evidence import Evidence, Query
from .query_values import section_queries
from .section import Advice, Briefing, Section

NODE = "query_methodologies"
SHOWN = 3


def advise(briefing: Briefing) -> Advice:
    """The synthesis, in the four points that the specification names."""
    groups = {
        "peft": matching(briefing, ("lora", "qlora", "peft")),
        "approach": matching(briefing, ("dpo", "preference", "decision")),
        "quality": matching(briefing, ("dataset", "quality", "data")),
        "mistakes": [pair for pair in briefing.evidence.items() if pair[1].kind == "warning"][:SHOWN],
    }
    seen: set[str] = set()
    distinct = {}
    for name in ("mistakes", "peft", "approach", "quality"):
        distinct[name] = [(label, item) for label, item in groups[name] if label not in seen][:SHOWN]
        seen |= {label for label, _ in distinct[name]}
    return Advice(view={"synthesis": distinct})


def matching(briefing: Briefing, words: tuple[str, ...]) -> list[tuple[str, Evidence]]:
    """The evidence whose title or text speaks of one of the words, titles first; warnings stand elsewhere."""
    others = [pair for pair in briefing.evidence.items() if pair[1].kind != "warning"]
    titled = [pair for pair in others if any(word in pair[1].title.casefold() for word in words)]
    return titled or [pair for pair in others if any(word in pair[1].text.casefold() for word in words)]


def queries(briefing: Briefing) -> list[Query]:
    """The section's four queries."""
    return section_queries(NODE, briefing)


SECTION = Section(
    node=NODE,
    advise=advise,
    queries=queries,
    asks=False,
    depends_on=("task_type", "use_case", "domain", "data_volume", "data_source", "compute", "model_size"),
)
