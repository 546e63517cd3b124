"""Lists as people write them: paths, target modules, lines to accept."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from .errors import FieldError
from .messages import told
from .text import clean, normalise, quote, words_of
from .vocabulary import vocabulary

STAGES = ("sft", "preference", "eval")
_STAGE_NAMES = {
    "sft": "sft", "train": "sft", "training": "sft", "examples": "sft", "preference": "preference", "dpo": "preference",
    "preferences": "preference", "pairs": "preference", "eval": "eval", "evaluation": "eval", "test": "eval",
    "validation": "eval",
}  # fmt: skip
_STAGE = re.compile(r"(?:^|(?<=[\s,;]))([A-Za-z]{2,12})\s?[:=]\s?(?=[^\s/\\])")
_ITEM = re.compile(r"\"([^\"\n]*)\"|'([^'\n]*)'|([^\s,;\"']+)")
_MODULE = re.compile(r"[A-Za-z0-9_.*-]{1,120}")
_LONGEST = 1000
_MOST = 1000
NO_LIMIT = 1000
"""The count of lines where it isn't known: any number is possible, and "all" can't be resolved."""
_LINE = re.compile(r"([0-9]{1,4})(?:\s?(?:-|–|to)\s?([0-9]{1,4}))?")


def data_paths(raw: Any) -> dict[str, list[str]]:
    """Paths by stage; those of a bare list go by their file names, and are examples where these say nothing.

    Whether they exist is checked where the project folder is known.
    """
    if isinstance(raw, Mapping):
        return _by_stage(raw)
    if isinstance(raw, str):
        marks = [mark for mark in _STAGE.finditer(raw) if mark[1].lower() in _STAGE_NAMES]
        if marks and not raw[: marks[0].start()].strip():
            ends = [mark.start() for mark in marks[1:]] + [len(raw)]
            return _by_stage({mark[1]: raw[mark.end() : end] for mark, end in zip(marks, ends, strict=True)})
        raw = _items(raw)
    paths = [_path(item) for item in _sequence("data_paths", raw, "data/sft.jsonl")]
    return _by_stage({stage: found for stage in STAGES if (found := [p for p in paths if _stage_of(p) == stage])})


def _stage_of(path: str) -> str:
    """What a file's name says that it is for."""
    words = re.split(r"[^a-z]+", path.replace("\\", "/").rpartition("/")[2].casefold())
    return next((_STAGE_NAMES[word] for word in words if _STAGE_NAMES.get(word, "sft") != "sft"), "sft")


def _by_stage(raw: Mapping[Any, Any]) -> dict[str, list[str]]:
    result: dict[str, list[str]] = {}
    for stage, paths in raw.items():
        name = _STAGE_NAMES.get(str(stage).lower())
        if name is None:
            raise FieldError("data_paths", told("data_by_stage", stages=", ".join(STAGES), said=quote(stage)))
        items = _items(paths) if isinstance(paths, str) else paths
        result[name] = result.get(name, []) + [_path(item) for item in _sequence("data_paths", items, "data/sft.jsonl")]
    if not result:
        raise FieldError("data_paths", told("one_file"))
    return {stage: result[stage] for stage in STAGES if stage in result}


def _items(text: str) -> list[str]:
    return [next(group for group in match.groups() if group is not None) for match in _ITEM.finditer(text)]


def _sequence(field: str, raw: Any, example: str) -> Sequence[Any]:
    if not isinstance(raw, list | tuple) or not raw or len(raw) > _MOST:
        raise FieldError(field, told("list_of_text", example=example, said=quote(raw)))
    return raw


def _path(raw: Any) -> str:
    text = raw.strip() if isinstance(raw, str) else ""
    if not text or len(text) > _LONGEST or '"' in text or "\n" in text or clean(text) != text:
        raise FieldError("data_paths", told("path", said=quote(raw)))
    return text


def target_modules(raw: Any) -> list[str]:
    """Module names, each once; "attention" and "mlp" stand for the projections of these layers."""
    known = vocabulary()
    items = re.split(r"[\s,;+&]+", raw.strip()) if isinstance(raw, str) else raw
    example = "q_proj, v_proj or all-linear"
    modules: list[str] = []
    for item in _sequence("target_modules", items, example):
        if not isinstance(item, str) or not _MODULE.fullmatch(item.strip()):
            raise FieldError("target_modules", told("module_names", example=example, said=quote(item)))
        name = item.strip()
        if name.lower() in known.module_words:
            modules += known.module_groups[known.module_words[name.lower()]]
        elif name.lower() in ("all-linear", "all_linear", "linear"):
            modules.append("all-linear")
        elif not (isinstance(raw, str) and name.lower() in known.module_fillers):
            modules.append(name)
    if not modules:
        raise FieldError("target_modules", told("module_names", example=example, said=quote(raw)))
    return list(dict.fromkeys(modules))


def accepted_lines(raw: Any, count: int) -> list[int]:
    """Lines of a list of `count` changes: `1,3`, `1-3`, `all`, `none`, `all but 2`; sorted, each once."""
    if isinstance(raw, list | tuple):
        if not all(isinstance(item, int) and not isinstance(item, bool) for item in raw):
            raise _no_lines(count, raw)
        numbers = set(raw)
    elif isinstance(raw, int) and not isinstance(raw, bool):
        numbers = {raw}
    elif isinstance(raw, str) and len(raw) <= _LONGEST:
        numbers = _lines_of(raw, count)
    else:
        raise _no_lines(count, raw)
    if any(not 1 <= number <= count for number in numbers):
        raise _no_lines(count, raw)
    return sorted(numbers)


def _lines_of(text: str, count: int) -> set[int]:
    if text.strip().startswith("-"):
        raise _no_lines(count, text)
    said = normalise(text)
    everything = set(range(1, count + 1)) if count < NO_LIMIT else None
    if said in ("all", "everything", "all of them", "accept all", "all lines", "yes", "y", "yes all", "take all"):
        if everything is None:
            raise _no_lines(count, text)
        return everything
    if said in ("none", "nothing", "no", "n", "none of them", "reject all", "keep all", "no changes", "keep the old"):
        return set()
    for lead in ("all but", "all except", "everything but", "everything except", "all lines but", "all without", "not"):
        if everything is not None and said.startswith(f"{lead} "):
            return everything - _numbers(
                text[text.lower().find(lead.split()[-1]) + len(lead.split()[-1]) :], count, text
            )
    return _numbers(text, count, text)


def _numbers(text: str, count: int, whole: str) -> set[int]:
    numbers: set[int] = set()
    position = 0
    for match in _LINE.finditer(text):
        gap = {word.text for word in words_of(text[position : match.start()])}
        if gap - {"and", "line", "lines", "number", "numbers", "only", "just", "accept", "take", "the", "please"}:
            raise _no_lines(count, whole)
        low, high = int(match[1]), int(match[2] or match[1])
        if not 1 <= low <= high <= count:
            raise _no_lines(count, whole)
        numbers |= set(range(low, high + 1))
        position = match.end()
    if not numbers or {word.text for word in words_of(text[position:])} - {"please", "only"}:
        raise _no_lines(count, whole)
    return numbers


def _no_lines(count: int, raw: Any) -> FieldError:
    if count == NO_LIMIT:
        return FieldError("accept", told("lines", said=quote(raw)))
    return FieldError("accept", told("lines_within", count=count, said=quote(raw)))
