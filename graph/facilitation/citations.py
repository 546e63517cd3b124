"""How sources stand in a text: by their labels where they are cited, and once by name below it."""

import re
from collections.abc import Mapping, Sequence

from ..interrupts import Recommendation
from ..knowledge.evidence import Evidence
from ..texts import render, text

CITED = re.compile(r"\bK\d+\b")


def sources(said: str, evidence: Mapping[str, Evidence]) -> str:
    """The sources whose labels a text has, by name; empty where it cites none."""
    cited = sorted({label for label in CITED.findall(said) if label in evidence}, key=lambda label: int(label[1:]))
    return render("sources.md.j2", cited=by_source(cited, evidence)) if cited else ""


def by_source(labels: Sequence[str], evidence: Mapping[str, Evidence]) -> dict[str, list[str]]:
    """The labels of each source, in the order in which the sources are first cited."""
    found: dict[str, list[str]] = {}
    for label in labels:
        item = evidence[label]
        recalled = text("dialogue", "recalled") if item.provenance == "recalled" else ""
        found.setdefault(f"{item.source_title or item.title}{recalled and f' ({recalled})'}", []).append(label)
    return found


def cited_by_label(
    recommended: Mapping[str, Recommendation], evidence: Mapping[str, Evidence]
) -> dict[str, Recommendation]:
    """The recommendations with sources called by their labels alone, for a text that lists their names below."""
    return {name: item.model_copy(update={"why": _labels_alone(item, evidence)}) for name, item in recommended.items()}


def _labels_alone(item: Recommendation, evidence: Mapping[str, Evidence]) -> str:
    why = item.why
    for label in CITED.findall(why):
        if label in evidence:
            named = evidence[label].source_title or evidence[label].title
            why = why.replace(f"{named} [{label}]", f"[{label}]")
    return why
