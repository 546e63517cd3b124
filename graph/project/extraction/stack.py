"""The tools of the stack: experiment tracking, MLOps, and what Step 4 chose for embeddings."""

import re
from collections.abc import Iterator, Mapping, Sequence

from ..facts import FactName
from .candidates import MENTIONED, OUTRIGHT, STATED, Candidate
from .meaning import accepted, stance
from .statements import Statement
from .vocabulary import cue, vocabulary

_KNOWN_EMBEDDERS = re.compile(
    r"\b(?:[\w.-]{1,40}/)?(?:text-embedding-[\w-]{3,20}|(?:bge|gte|e5|jina-embeddings?|nomic-embed|mxbai-embed"
    r"|snowflake-arctic-embed|stella|instructor|multilingual-e5)-[\w.-]{2,40}|"
    r"all-(?:MiniLM|mpnet|distilroberta)-[\w.-]{2,20}|multi-qa-[\w.-]{2,30}|paraphrase-[\w.-]{4,40}"
    r"|voyage-[\w-]{1,20}|embed-(?:english|multilingual)-[\w.-]{2,20}|cohere embed[\w .-]{0,12}"
    r"|titan embed[\w .-]{0,20})",
    re.IGNORECASE,
)
_TRACKING_TOPIC = re.compile(
    r"\btrack(?:ing|er|ed|s)?\b|\bexperiments?\b|\b(?:training|run|metric) (?:logs?|logging|metrics|curves"
    r"|runs)\b|\blog(?:s|ged|ging)? (?:to|in|our|all|runs|metrics)\b|\bruns\b",
    re.IGNORECASE,
)
_NO_TRACKING = re.compile(
    r"\b(?:no|without(?: any)?|don't need(?: any)?|do not need(?: any)?)\s(?:dedicated\s|external\s"
    r"|hosted\s)?(?:experiment[\s-])?track(?:ing|er)\b",
    re.IGNORECASE,
)
_CHUNK_LABELS = {
    "method",
    "strategy",
    "chunking method",
    "chunk method",
    "splitter",
    "technique",
    "type",
    "approach",
    "chunking",
    "chunking strategy",
}
_MODEL_NAME_LIMIT = 80


def tracking_candidates(statements: Sequence[Statement]) -> Iterator[Candidate]:
    """The experiment tracker."""
    for statement in statements:
        if statement.kind == "heading":
            continue
        labelled = "tracking" in statement.subjects
        if labelled and _is_none(statement):
            yield Candidate("tracking", "none", statement, OUTRIGHT)
            continue
        if not labelled and _NO_TRACKING.search(statement.text):
            yield Candidate("tracking", "none", statement, STATED)
        for match in vocabulary("trackers").find(statement.text, statement.words):
            meant = stance(statement, match.start, match.end)
            if meant not in {"chosen", "neutral"} or (statement.weak and meant != "chosen"):
                continue
            on_topic = labelled or _TRACKING_TOPIC.search(statement.text) or "tracking" in _subjects_above(statement)
            if statement.weak or not on_topic:
                yield Candidate("tracking", match.value, statement, MENTIONED)
            else:
                yield Candidate(
                    "tracking", match.value, statement, OUTRIGHT if labelled or meant == "chosen" else STATED
                )


def _is_none(statement: Statement) -> bool:
    found = cue("absent").find(statement.text, statement.words)
    return (
        bool(found)
        and found[0].start == 0
        and not statement.weak
        and not vocabulary("trackers").is_in(statement.text, statement.words)
    )


def _subjects_above(statement: Statement) -> frozenset[str]:
    from_above: frozenset[str] = frozenset()
    for heading in statement.headings:
        from_above |= Statement("", heading, (), 0, "").subjects
    return from_above


def mlops_candidates(statements: Sequence[Statement]) -> Iterator[Candidate]:
    """The MLOps platform or the orchestrator of the training pipeline."""
    for statement in statements:
        if statement.kind == "heading" or statement.weak:
            continue
        labelled = "mlops" in statement.subjects
        spoken_of = bool(statement.words & {"mlops", "orchestrated", "orchestrates", "orchestration"})
        if not labelled and not spoken_of:
            continue
        for match in vocabulary("stack", "mlops").find(statement.text, statement.words):
            if accepted(statement, match):
                yield Candidate("mlops", match.value, statement, OUTRIGHT if labelled else STATED)


def database_candidates(statements: Sequence[Statement]) -> Iterator[Candidate]:
    """The vector database."""
    for statement in statements:
        if statement.kind == "heading":
            continue
        labelled = "vector_database" in statement.subjects
        for match in vocabulary("stack", "vector_database").find(statement.text, statement.words):
            meant = stance(statement, match.start, match.end)
            if meant not in {"chosen", "neutral"} or (statement.weak and meant != "chosen"):
                continue
            if labelled and not statement.weak:
                yield Candidate("vector_database", match.value, statement, OUTRIGHT)
            elif statement.words & {"vector", "vectors", "embeddings", "index", "store", "stored", "database"}:
                yield Candidate(
                    "vector_database",
                    match.value,
                    statement,
                    OUTRIGHT if meant == "chosen" and not statement.weak else STATED,
                )


def embedding_candidates(statements: Sequence[Statement]) -> Iterator[Candidate]:
    """The embedding model."""
    for statement in statements:
        if statement.kind == "heading" or statement.weak:
            continue
        labelled = "embedding_model" in statement.subjects and statement.label in {
            "model", "embedding model", "embeddings model", "embedding", "embeddings", "name", "choice", "model name",
            "selected", "decision", "embedder", "tool", "value", "selected model",
        }  # fmt: skip
        found = _KNOWN_EMBEDDERS.search(statement.text)
        if found and stance(statement, found.start(), found.end()) in {"chosen", "neutral"}:
            yield Candidate("embedding_model", found.group(), statement, OUTRIGHT if labelled else STATED)
        elif (
            labelled
            and not found
            and len(statement.text) <= _MODEL_NAME_LIMIT
            and not cue("undecided", "absent").is_in(statement.text)
        ):
            yield Candidate("embedding_model", re.split(r"\s[(–—-]|[,;]", statement.text)[0].strip(), statement, STATED)


def chunking_candidates(statements: Sequence[Statement]) -> Iterator[Candidate]:
    """The chunking strategy: method, size and overlap as the document words them."""
    pieces: dict[str, Statement] = {}
    for statement in statements:
        if statement.kind == "heading" or statement.weak or len(statement.text) > 160:
            continue
        under = any("chunk" in heading for heading in statement.headings[-2:])
        if "chunk" in statement.label or (
            under and (statement.label in _CHUNK_LABELS or "overlap" in statement.label or "size" in statement.label)
        ):
            named = statement.text if statement.label in _CHUNK_LABELS else f"{statement.label} {statement.text}"
            pieces.setdefault(named, statement)
    if pieces:
        yield Candidate("chunking", ", ".join(pieces)[:280], next(iter(pieces.values())), OUTRIGHT)


def tools_of_sidecar(stack: Mapping[str, tuple[str, int]]) -> Iterator[Candidate]:
    """What the sidecar's `tech_stack` says, each tool with its line."""
    labels: dict[str, tuple[FactName, str, str]] = {
        "tracking": ("tracking", "experiment tracking", "trackers"),
        "vector_db": ("vector_database", "vector database", "stack"),
        "orchestration": ("mlops", "orchestration", "stack"),
    }  # fmt: skip
    for key, (tool, line) in stack.items():
        if key not in labels:
            continue
        name, label, file = labels[key]
        statement = Statement(tool, label, (), line, f"tech_stack.{key}: {tool}", "label")
        found = vocabulary(file, None if file == "trackers" else name).values_in(tool)
        if not found and name == "tracking" and tool.lower() in {"none", "no"}:
            found = ["none"]
        yield from (Candidate(name, value, statement, OUTRIGHT) for value in found[:1])
