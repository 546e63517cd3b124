"""GPUs, models and data files as they stand in a sentence."""

import re
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from .vocabulary import vocabulary

_MEMORY = r"([0-9]{1,4})\s?gi?b"
_MODEL_WORDS = "instruct|chat|base|it|large|small|nemo|mini|coder|code"
_MODEL_TAIL = rf"(?:[ -](?:[0-9]+(?:\.[0-9]+)*b?|[0-9]+x[0-9]+b|a[0-9]+b|v[0-9][\w.]*|{_MODEL_WORDS}))*"
_ENDING = r"\.(?:jsonl|json|csv|tsv|parquet|arrow|txt)"
_DATA_FILE = re.compile(
    rf"\"(?P<quoted>[^\"\n]{{1,200}}{_ENDING})\"|(?<![\w./~\"-])(?:~?/)?[\w.-]+(?:/[\w.-]+)*{_ENDING}(?![\w/\"])",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Gpu:
    """GPUs of one kind, as a person gave them: count and memory (GiB each) where they were said."""

    name: str
    count: int | None
    memory: str | None
    start: int
    end: int


class Span(NamedTuple):
    """A piece of text and its place."""

    text: str
    start: int
    end: int


@cache
def _gpu_pattern() -> re.Pattern[str]:
    known = vocabulary()
    names = sorted((*known.gpus, *known.gpu_aliases), key=len, reverse=True)
    spelled = "|".join(re.escape(name).replace(r"\ ", r"[\s-]?") for name in names)
    return re.compile(
        r"(?<![\w.$/-])(?:([0-9]{1,4}|an?|one|single)\s?[x×*]?\s?)?(?:nvidia\s|geforce\s|amd\s|tesla\s)*"
        rf"(?:{_MEMORY}\s)?(?:nvidia\s|geforce\s|amd\s|tesla\s)*({spelled})([\s-]?(?:ti|super|pcie|sxm[0-9]?|nvl))?s?"
        rf"(?:[\s,(@/-]{{0,3}}(?:with\s)?{_MEMORY})?(?:\s?[x×]\s?([0-9]{{1,3}}))?(?:\s(?:vram|gpus?|cards?))?\)?(?!\w)",
        re.IGNORECASE,
    )


def find_gpus(text: str) -> list[Gpu]:
    """The known GPUs that a text names."""
    found = (_gpu(match) for match in _gpu_pattern().finditer(text))
    return [gpu for gpu in found if gpu is not None]


def _gpu(match: re.Match[str]) -> Gpu | None:
    known = vocabulary()
    plain = re.sub(r"[\s-]", "", match[3]).lower()
    names = {re.sub(r"\s", "", name).lower(): name for name in (*known.gpu_aliases, *known.gpus)}
    name = known.gpu_aliases.get(names[plain], names[plain])
    if match[3] in known.gpu_aliases and not (match[1] or match[2] or match[5]):
        return None  # a bare 4090 may be any number
    variant = f" {match[4].strip(' -')}" if match[4] else ""
    number = match[1] or match[6]
    count = None if number is None else int(number) if number.isdigit() else 1
    return Gpu(name + variant, count, match[2] or match[5], match.start(), match.end())


@cache
def _model_pattern() -> re.Pattern[str]:
    families = "|".join(sorted(vocabulary().model_families, key=len, reverse=True))
    return re.compile(
        rf"(?<![\w./-])(?:[\w.-]{{1,60}}/)?(?:{families})(?:[0-9.-][\w.-]*)?{_MODEL_TAIL}(?!\w)", re.IGNORECASE
    )


def find_models(text: str) -> list[Span]:
    """Names of models, by the families that are known: `Qwen/Qwen3-8B`, `Llama 3.1 8B Instruct`."""
    found = _model_pattern().finditer(text)
    return [Span(match[0], match.start(), match.end()) for match in found if re.search(r"[0-9/]", match[0])]


def find_data_files(text: str) -> list[Span]:
    """Paths with the ending of a data file."""
    return [Span(match["quoted"] or match[0], match.start(), match.end()) for match in _DATA_FILE.finditer(text)]
