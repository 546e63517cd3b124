"""Hardware and where it stands: GPU type, count and memory, and the platform that training runs on."""

import re
from collections.abc import Iterator, Sequence

from .candidates import MENTIONED, OUTRIGHT, STATED, Candidate
from .meaning import accepted, clause, role, stance
from .numbers import Number, memories
from .statements import Statement
from .vocabulary import Match, cue, vocabulary

_NUMBER_WORDS = {
    "a": 1,
    "an": 1,
    "one": 1,
    "single": 1,
    "two": 2,
    "dual": 2,
    "three": 3,
    "four": 4,
    "quad": 4,
    "five": 5,
    "six": 6,
    "eight": 8,
    "sixteen": 16,
}
_NUMBER = rf"(?P<count>\d{{1,6}}|{'|'.join(_NUMBER_WORDS)})"
_QUALIFIER = (
    r"(?:of|our|the|own|dedicated|rented|spot|local|on-prem|used|nvidia|geforce|tesla|amd|instinct|cloud|aws"
    r"|shared|leased"
    r"|reserved|-|\(?\d{2,3}\s?-?GB\)?)"
)
_BEFORE = re.compile(
    rf"(?:^|[^\w.,/]){_NUMBER}\s?-?\s?(?:(?:x|times|pcs|units?)\s?)?(?:\s?{_QUALIFIER}\s?){{0,4}}$", re.IGNORECASE
)
_AFTER = re.compile(
    r"^(?:[\s-]?\d{2,3}\s?GB)?[\s,]{0,2}\(?[x×]\s?(?P<count>\d{1,6})\b|^[\s,]{0,2}\(\s?(?P<inner>\d{1,6})\s?(?:x"
    r"|units?|cards?|gpus?)?\s?\)",
    re.IGNORECASE,
)
_GPUS = re.compile(
    rf"(?:^|[^\w.,/$]){_NUMBER}[\s-]?(?:x\s?)?(?:(?!per\b)[a-z]{{2,12}}\s|\d{{2,3}}\s?GB\s){{0,2}}(?:GPUs?|cards?"
    rf"|graphics cards?)\b",
    re.IGNORECASE,
)
_TIMES_MEMORY = re.compile(r"(?<![\w.])(?P<count>\d{1,4})\s?[x×]\s?(?=\d{2,3}\s?GB)", re.IGNORECASE)
_PLAIN_COUNT = re.compile(r"^\D{0,3}(?P<count>\d{1,6})(?:\s?x)?(?:\s*\(|\s*$|\s+(?:GPUs?|cards?))", re.IGNORECASE)
_OTHER_MEMORY = re.compile(
    r"^\s?(?:of\s)?(?:system\s|host\s|cpu\s|DDR\d?\s)?(?:RAM|DDR\d?|disk|SSD|NVMe|storage|swap|file|files|dataset"
    r"|data|corpus|dump|export|total|in total|combined|overall|index)\b",
    re.IGNORECASE,
)
_DATA_CENTRE = re.compile(r"\bdata[\s-]?cent(?:er|re)s?\b", re.IGNORECASE)
_GPU_CLOUDS = {"runpod", "lambda", "vast", "sagemaker"}
_COUNT_COLUMNS = {"count", "quantity", "qty", "number", "amount", "units", "how many", "#", "nodes x gpus"}
_COUNT_LIMIT = 100_000


def compute_candidates(statements: Sequence[Statement]) -> Iterator[Candidate]:
    """GPU type, count and memory per GPU of the hardware that training runs on."""
    for statement in statements:
        if statement.kind == "heading" or (statement.weak and not statement.emphasised):
            continue
        gpus = vocabulary("gpus").find(statement.text, statement.words)
        gpus = [gpu for gpu in gpus if not _is_a_number(statement, gpu)]
        if gpus:
            for gpu in gpus:
                yield from _gpu(statement, gpu)
        elif statement.kind == "cell" and statement.label in _COUNT_COLUMNS and vocabulary("gpus").is_in(statement.row):
            yield from _count_cell(statement)
        elif statement.words & {"gpu", "gpus", "vram"} or statement.subjects & {"gpu_type", "gpu_count", "vram_gb"}:
            yield from _without_type(statement)


def _is_a_number(statement: Statement, gpu: Match) -> bool:
    """Whether "4090" or "L4" is here a plain number or a step of a scale, and no card."""
    name = statement.text[gpu.start : gpu.end]
    if name.rstrip("s").isdigit():
        around = statement.text[gpu.end : gpu.end + 20]
        money = statement.text[max(0, gpu.start - 2) : gpu.start].rstrip()[-1:] in {"$", "€", "£", ","}
        hardware = (
            cue("training", "serving").is_in(statement.text)
            or statement.subjects & {"gpu_type", "vram_gb"}
            or statement.words & {"gpu", "gpus", "gb", "card", "nvidia", "workstation"}
        )
        return (
            money
            or bool(
                re.match(r"\s?(?:examples|pairs|tickets|samples|documents|rows|records|users|tokens|ms|%|,\d)", around)
            )
            or not (hardware or re.search(r"GB", statement.text))
        )
    return name.upper() in {"L4", "T4", "P40", "A10", "A16", "A30", "A40"} and not (
        statement.subjects & {"gpu_type", "platform", "gpu_count"}
        or statement.words & {"gpu", "gpus", "nvidia", "vram", "gb", "gib", "24gb", "16gb"}
        or cue("training", "serving").is_in(statement.text)
        or cue("training", "serving").is_in(statement.topic)
        or statement.subjects & {"budget"}
        or re.search(r"\d\s?x\s?$", statement.text[: gpu.start])
    )


def _gpu(statement: Statement, gpu: Match) -> Iterator[Candidate]:
    purpose = role(statement, gpu.start, gpu.end)
    meant = stance(statement, gpu.start, gpu.end)
    if purpose in {"serving", "embedding"} or meant in {"rejected", "uncertain"}:
        return
    outright = purpose == "training" or "gpu_type" in statement.subjects or meant == "chosen"
    strength = OUTRIGHT if outright else STATED
    yield Candidate("gpu_type", gpu.value, statement, strength)
    count = _count(statement, gpu)
    if count is not None:
        yield Candidate("gpu_count", count, statement, strength)
    memory = _memory_beside(statement, gpu.start, gpu.end)
    if memory is not None:
        yield Candidate("vram_gb", memory, statement, strength)


def _count(statement: Statement, gpu: Match) -> int | None:
    found = _BEFORE.search(statement.text[max(0, gpu.start - 70) : gpu.start])
    if found is None:
        found = _AFTER.match(statement.text[gpu.end : gpu.end + 24])
        text = (found["count"] or found["inner"]) if found else ""
    else:
        text = found["count"]
    return _as_count(text)


def _as_count(text: str) -> int | None:
    value = _NUMBER_WORDS.get(text.lower()) or (int(text) if text.isdigit() else 0)
    return value if 0 < value <= _COUNT_LIMIT else None


def _memory_beside(statement: Statement, start: int, end: int) -> float | None:
    """The memory named within a few words of a GPU: after it, else before it."""
    after = statement.text[end : end + 32]
    for memory in memories(after):
        between = after[: memory.start]
        if not re.search(r"[;.|]|\band\b|\bor\b", between) and not _OTHER_MEMORY.match(after[memory.end :]):
            return _tidy(memory)
        break
    before = statement.text[max(0, start - 24) : start]
    for memory in memories(before):
        if re.fullmatch(
            r"[\s)-]{0,3}(?:VRAM\s)?(?:nvidia\s|geforce\s|tesla\s|rtx\s)?", before[memory.end :], re.IGNORECASE
        ):
            return _tidy(memory)
    return None


def _tidy(memory: Number) -> float:
    return int(memory.value) if memory.value.is_integer() else memory.value


def _count_cell(statement: Statement) -> Iterator[Candidate]:
    """The column "Count" of a table of GPUs."""
    found = _PLAIN_COUNT.match(statement.text)
    count = _as_count(found["count"]) if found else None
    if count is not None and role(statement, 0, len(statement.text)) not in {"serving", "embedding"}:
        yield Candidate("gpu_count", count, statement, OUTRIGHT)


def _without_type(statement: Statement) -> Iterator[Candidate]:
    """Hardware without a name: "a single GPU with 24 GB", "VRAM: 24 GB", "Number of GPUs: 2"."""
    text = statement.text
    purpose = role(statement, 0, min(len(text), 1))
    if purpose in {"serving", "embedding"}:
        return
    labelled = bool(statement.subjects & {"gpu_type", "gpu_count", "vram_gb"}) and statement.kind != "sentence"
    strength = OUTRIGHT if labelled or purpose == "training" else STATED
    found = _GPUS.search(text) or (_TIMES_MEMORY.search(text) if labelled else None)
    if found is None and "gpu_count" in statement.subjects and labelled:
        found = _PLAIN_COUNT.match(text)
    if (
        found is not None
        and (count := _as_count(found["count"])) is not None
        and stance(statement, found.start("count"), found.end()) != "rejected"
    ):
        yield Candidate("gpu_count", count, statement, strength)
    for memory in memories(text):
        _, around = clause(statement, memory.start, memory.end)
        if _OTHER_MEMORY.match(text[memory.end :]):
            continue
        if "vram_gb" in statement.subjects or re.search(r"\bVRAM\b|\bGPUs?\b|\bcards?\b", around, re.IGNORECASE):
            yield Candidate("vram_gb", _tidy(memory), statement, strength)
            return


def platform_candidates(statements: Sequence[Statement]) -> Iterator[Candidate]:
    """Where training runs."""
    for statement in statements:
        if statement.kind == "heading" or (statement.weak and not statement.emphasised):
            continue
        matches = vocabulary("platforms").find(statement.text, statement.words)
        labelled = "platform" in statement.subjects
        for match in matches:
            value = _platform(statement, match, labelled)
            if value is None or not accepted(statement, match):
                continue
            purpose = role(statement, match.start, match.end)
            chosen = stance(statement, match.start, match.end) == "chosen"
            about_compute = labelled or _about_compute(statement, purpose) or (chosen and value in _GPU_CLOUDS)
            if purpose in {"serving", "embedding"} or not about_compute:
                continue
            firm = labelled or chosen
            yield Candidate(
                "platform", value, statement, OUTRIGHT if (firm and purpose != "") or labelled else MENTIONED
            )


def _platform(statement: Statement, match: Match, labelled: bool) -> str | None:
    """The platform as the field holds it; names that mean other things too need a label."""
    if match.value == "ambiguous":
        return (
            "lambda"
            if statement.text[match.start : match.end].lower() == "lambda"
            and (labelled or statement.words & {"gpu", "gpus", "a100", "h100"})
            else None
        )
    if match.value == "aws":
        other = [
            found.value
            for found in vocabulary("platforms").find(statement.text, statement.words)
            if found.value != "aws"
        ]
        return "sagemaker" if labelled and not other else None
    if (
        match.value == "local"
        and not labelled
        and cue("private", "data_words").is_in(_DATA_CENTRE.sub("", statement.text))
    ):
        return None
    return match.value


def _about_compute(statement: Statement, purpose: str) -> bool:
    gpu = bool(statement.words & {"gpu", "gpus", "vram"}) or vocabulary("gpus").is_in(statement.text, statement.words)
    return purpose == "training" or gpu
