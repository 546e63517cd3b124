"""Reading folders of entries: each problem is reported with its file, its entry and what to do about it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from .entries import Contradiction, Entry, EntryFile, Source
from .errors import KnowledgeBaseError

MAXIMUM_FILE_BYTES = 8 * 1024 * 1024
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Item = TypeVar("_Item", bound=BaseModel)
_SPECIAL = {"sources.yaml", "contradictions.yaml"}


@dataclass
class Loaded:
    """What the folders hold, checked, and the problems met on the way."""

    sources: dict[str, Source] = field(default_factory=dict)
    entries: dict[str, Entry] = field(default_factory=dict)
    contradictions: list[Contradiction] = field(default_factory=list)
    origin: dict[str, Path] = field(default_factory=dict)
    """The file of each entry, contradiction (by id) and source (by `source:` and id)."""
    problems: list[str] = field(default_factory=list)


def load_folders(folders: list[Path], reserved: tuple[str, ...] = ()) -> Loaded:
    """Read `sources.yaml`, `contradictions.yaml` and every other YAML file of each folder and its `entries/`.

    Args:
        folders: In order; later ones may cite sources of earlier ones.
        reserved: Beginnings of ids that entries of folders may not have, because derived entries have them.

    Returns:
        Sources, entries and contradictions by id, all references resolved.

    Raises:
        KnowledgeBaseError: With every problem found, one a line.
    """
    loaded = Loaded()
    for folder in folders:
        if not folder.is_dir():
            loaded.problems.append(f"{folder}: not a folder; give a folder that holds YAML files of entries")
            continue
        _load_folder(folder, loaded)
    _check_references(loaded)
    for identifier in loaded.entries:
        if identifier.startswith(reserved):
            where = f"{loaded.origin[identifier]}: entry {identifier}"
            loaded.problems.append(f"{where}: ids that begin so are derived from the catalogue; choose another id")
    if loaded.problems:
        raise KnowledgeBaseError(loaded.problems)
    return loaded


def _load_folder(folder: Path, loaded: Loaded) -> None:
    for raw, path in _items(folder / "sources.yaml", "sources", loaded):
        source = _parse(Source, raw, path, "source", loaded)
        if source and _unique(f"source:{source.id}", f"source {source.id}", path, loaded):
            loaded.sources[source.id] = source
    for raw, path in _items(folder / "contradictions.yaml", "contradictions", loaded):
        contradiction = _parse(Contradiction, raw, path, "contradiction", loaded)
        if contradiction and _unique(contradiction.id, f"entry {contradiction.id}", path, loaded):
            loaded.contradictions.append(contradiction)
    files = sorted({*folder.glob("*.yaml"), *folder.glob("*.yml"), *folder.glob("entries/*.yaml")})
    files = [path for path in files if path.parent != folder or path.name not in _SPECIAL]
    if not files and not any((folder / name).is_file() for name in _SPECIAL):
        loaded.problems.append(f"{folder}: holds no YAML file; put a file with a list `entries:` into it")
    for path in files:
        _load_entries(path, loaded)


def _load_entries(path: Path, loaded: Loaded) -> None:
    content = _read(path, loaded)
    if content is None:
        return
    try:
        file = EntryFile.model_validate(content)
    except ValidationError as error:
        loaded.problems.append(f"{path}: {_words(error)}; a file of entries has `topic:` and a list `entries:`")
        return
    for raw in file.entries:
        entry = _parse(Entry, raw, path, "entry", loaded)
        if entry and _unique(entry.id, f"entry {entry.id}", path, loaded):
            loaded.entries[entry.id] = entry


def _items(path: Path, key: str, loaded: Loaded) -> Iterator[tuple[Any, Path]]:
    content = _read(path, loaded) if path.is_file() else None
    if content is None:
        return
    if not isinstance(content, dict) or not isinstance(content.get(key), list):
        loaded.problems.append(f"{path}: needs one list `{key}:`")
        return
    for raw in content[key]:
        yield raw, path


def _read(path: Path, loaded: Loaded) -> Any:
    try:
        data = path.read_bytes()
        if len(data) > MAXIMUM_FILE_BYTES:
            loaded.problems.append(f"{path}: larger than 8 MiB; split it into several files")
            return None
        content = yaml.load(data, Loader=_Loader)  # noqa: S506  (CSafeLoader or SafeLoader)
    except OSError as error:
        loaded.problems.append(f"{path}: cannot be read ({error.strerror}); check that it is there and readable")
        return None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        line = " ".join(str(error).split())[:300]
        loaded.problems.append(f"{path}: not valid YAML ({line}); correct the file at that place")
        return None
    if content is None:
        loaded.problems.append(f"{path}: empty; add entries or remove the file")
    return content


def _parse(model: type[_Item], raw: Any, path: Path, what: str, loaded: Loaded) -> _Item | None:
    name = raw.get("id", "without an id") if isinstance(raw, dict) else "without an id"
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        loaded.problems.append(f"{path}: {what} {name}: {_words(error)}")
        return None


def _words(error: ValidationError) -> str:
    parts = []
    for problem in error.errors(include_url=False, include_input=False):
        place = ".".join(str(step) for step in problem["loc"])
        message = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "extra_forbidden":
            message = "is not a known key; remove it or correct its spelling"
        elif problem["type"] == "missing":
            message = "is missing; add it"
        parts.append(f"`{place}` {message}" if place else message)
    return "; ".join(parts)


def _unique(key: str, name: str, path: Path, loaded: Loaded) -> bool:
    first = loaded.origin.get(key)
    if first is not None:
        loaded.problems.append(f"{path}: {name}: this id is taken already in {first}; choose another id")
        return False
    loaded.origin[key] = path
    return True


def _check_references(loaded: Loaded) -> None:
    known = {*loaded.entries, *(item.id for item in loaded.contradictions)}
    for entry in loaded.entries.values():
        sources = [*entry.sources, *(figure.source for figure in entry.figures if figure.source)]
        _check_one(entry.id, sources, entry.related, known, loaded)
    for item in loaded.contradictions:
        sources = [source for position in item.positions for source in position.sources]
        _check_one(item.id, sources, item.related, known, loaded)


def _check_one(identifier: str, sources: list[str], related: list[str], known: set[str], loaded: Loaded) -> None:
    where = f"{loaded.origin[identifier]}: entry {identifier}"
    for source in dict.fromkeys(sources):
        if source not in loaded.sources:
            remedy = "add it there with id, title and url"
            loaded.problems.append(f"{where}: source '{source}' is not in any sources.yaml; {remedy}")
    for other in related:
        if other not in known:
            remedy = "correct the id or remove it"
            loaded.problems.append(f"{where}: related entry '{other}' does not exist; {remedy}")
