"""Values without labels: taken only where one field alone can be meant, else asked about."""

import re
from collections.abc import Iterable

from ...fields import Field
from ..protocol import Problem
from .figures import read_figures, read_labelled_figures
from .hardware import Span, find_data_files, find_gpus, find_models
from .messages import either, told
from .options import read_options
from .part import PartReader, Prose
from .text import words_of
from .vocabulary import vocabulary

PROSE_LIMIT = 300
_MULTIPLE = re.compile(r"(?<![\w.-])([0-9]{1,4})\s?[x×](?=\s?[0-9]{1,4}\s?gi?b|\s*$)", re.IGNORECASE)
_SOURCE = re.compile(
    r"[\W_]*(?:(?:they|it|that|these|those|we|which|all|mostly|mainly|data|examples|pairs)\s+)*"
    r"(?:(?:are|is|were|was|have been|has been|come|comes|came|stem|stems|got|get|took|all|mostly|mainly)\s+)*"
    r"(?P<whole>(?P<verb>(?:collected|gathered|taken|exported|scraped|written|drawn|extracted|labelled|labeled|annotated|"
    r"generated|produced|crawled|converted|derived|mined|sampled|made)\s+)?(?:from|out of|(?(verb)by|(?!)))\s+"
    r"(?P<of>[^0-9?!]{3,120}?))[\s.!]*",
    re.IGNORECASE,
)
_LONGEST_SOURCE = 12


def read_prose(text: str, fields: tuple[Field, ...]) -> Prose:
    """Read one part of a reply that has no label.

    Args:
        text: The part, at most `PROSE_LIMIT` characters; of a longer one nothing is taken.
        fields: The question's fields.
    """
    if len(text) > PROSE_LIMIT:
        return Prose(rest=text)
    reader = PartReader(text, fields)
    _read_files(reader)
    _read_modules(reader)
    _read_statements(reader)
    _read_models(reader)
    _read_gpus(reader)
    read_labelled_figures(reader)
    read_figures(reader)
    read_options(reader)
    _read_platform(reader)
    _read_source(reader)
    meaningless = vocabulary().fillers | (vocabulary().negations if reader.found.excluded else frozenset())
    left = [word.text for word in reader.words() if word.text not in meaningless]
    if left or not (reader.found.values or reader.found.excluded or reader.found.problems):
        reader.found.rest = text
    return reader.found


def _read_files(reader: PartReader) -> None:
    field = reader.fields.get("data_paths")
    files = find_data_files(reader.text) if field and not reader.hedged else []
    if field and files:
        reader.set(field, [file.text for file in files])
        _blank_all(reader, files)


def _read_modules(reader: PartReader) -> None:
    """Target modules, where a part consists of nothing else: `q_proj`, `attention and mlp`."""
    field = reader.fields.get("target_modules")
    items = [item for item in re.split(r"[\s,;+&]+", reader.text.lower()) if item]
    known = vocabulary()
    names = [
        item for item in items if item in known.module_words or item.endswith("_proj") or item.startswith("all-lin")
    ]
    if field and names and all(item in names or item in known.module_fillers | known.fillers for item in items):
        reader.set(field, " ".join(names))
        reader.blank(0, len(reader.text))


def _blank_all(reader: PartReader, spans: Iterable[Span]) -> None:
    for span in spans:
        reader.blank(span.start, span.end)


def _read_statements(reader: PartReader) -> None:
    """Phrases that give a field a value by themselves, such as "no PII"."""
    known = vocabulary()
    words = reader.words()
    texts = [word.text for word in words]
    index = 0
    while index < len(words) and not reader.hedged:
        found = known.stated.at(texts, index)
        name = next((each for each in found[1] if each in reader.fields), "") if found else ""
        if found is None or not name:
            index += 1
            continue
        length, value = found[0], found[1][name]
        if not any(word in known.negations for word in texts[max(0, index - 3) : index]):
            reader.found.values.append((name, value))
            reader.blank(words[index].start, words[index + length - 1].end)
        index += length


def _read_platform(reader: PartReader) -> None:
    """A platform that is no option of its own: "azure", "we train on google cloud"."""
    platform, named = reader.fields.get("platform"), reader.fields.get("platform_name")
    if platform is None or named is None or reader.hedged:
        return
    words = reader.words()
    texts = [word.text for word in words]
    for index in range(len(words)):
        found = vocabulary().other_platforms.at(texts, index)
        if found is None:
            continue
        others = [*texts[:index], *texts[index + found[0] :]]
        if all(word in vocabulary().fillers for word in others):
            reader.found.values += [(platform.name, "other"), (named.name, found[1])]
            reader.blank(0, len(reader.text))
        return


def _read_source(reader: PartReader) -> None:
    """Where data come from, once figures are understood: "5,000 examples from our tickets", "written by agents"."""
    field = reader.fields.get("data_source")
    source = _SOURCE.fullmatch(reader.text)
    if field is None or source is None:
        return
    words = [word.text for word in words_of(source["of"])]
    known = vocabulary()
    if len(words) > _LONGEST_SOURCE or (known.no_sources | known.hedges) & set(words):
        return
    reader.set(field, source["whole"] if source["verb"] else source["of"])
    reader.blank(0, len(reader.text))


def _read_models(reader: PartReader) -> None:
    """A model's name; where it can't be the answer, its size is at least not taken for another figure."""
    field = reader.fields.get("base_model")
    models = find_models(reader.text)
    rest = list(reader.text)
    for model in models:
        rest[model.start : model.end] = " " * (model.end - model.start)
    others = [word.text for word in words_of("".join(rest)) if word.text not in vocabulary().fillers]
    if field and len(models) == 1 and not others and not reader.hedged and not reader.negated(models[0].start):
        reader.set(field, models[0].text)
        _blank_all(reader, models)
    elif models:
        for model in models:
            size = len(model.text)
            reader.text = reader.text[: model.start] + "_" * (size - 1) + "?" + reader.text[model.end :]
        reader.found.rest = reader.original


def _read_gpus(reader: PartReader) -> None:
    gpus = find_gpus(reader.text)
    count = reader.fields.get("gpu_count")
    multiple = _MULTIPLE.search(reader.text)
    if count and multiple and not gpus and not reader.hedged:
        reader.set(count, multiple[1])
        reader.blank(multiple.start(), multiple.end())
    if not gpus or reader.hedged:
        return
    for gpu in gpus:
        if reader.negated(gpu.start):
            return
    kind, compute = reader.fields.get("gpu_type"), reader.fields.get("compute")
    if kind and len({gpu.name for gpu in gpus}) > 1:
        message = told("which_one", label=kind.label, options=either(dict.fromkeys(gpu.name for gpu in gpus)))
        reader.found.problems.append(Problem(field=kind.name, message=message))
    elif kind:
        given = {"gpu_type": gpus[0].name, "gpu_count": gpus[0].count, "vram_gb": gpus[0].memory}
        for name, value in given.items():
            if value is not None and name in reader.fields:
                reader.set(reader.fields[name], value)
    elif compute and len(gpus) == 1:
        reader.set(compute, reader.text[gpus[0].start : gpus[0].end].strip(" ,"))
    else:
        return
    for gpu in gpus:
        reader.blank(gpu.start, gpu.end)
