"""What each outcome leaves in `sidecar.yaml`: our keys and nothing else."""

from collections.abc import Callable, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from .design import TrainingDesign
from .places import CONFIG_FOLDER, SPEC_PATH
from .sidecar_edit import Key, SidecarEditor
from .sidecar_foreign import (
    DECISION_KEYS,
    STEP,
    STORY_KEYS,
    entry_id,
    foreign,
    is_own_decision,
    is_own_step,
    is_own_story,
    ownership,
)
from .stories import Story, known_titles, stories_for
from .yaml_text import Value
from .yaml_tree import Node, SidecarError

Stage = Literal["documented", "handed_off"]
"""Whether the files were just written (section 9 and 10) or the user continued to the next step ([C])."""

NEXT_STEP = STEP + 1


class SidecarUpdate(BaseModel):
    """The new text, and the keys that had to change for it."""

    model_config = ConfigDict(frozen=True)

    text: str
    changed: tuple[str, ...]


def update_sidecar(text: str, design: TrainingDesign, stage: Stage, name: str = "sidecar.yaml") -> SidecarUpdate:
    """Bring our keys to what the design's outcome leaves; every other byte stays.

    Args:
        text: the sidecar as it is, line ends and byte order mark included.
        design: what was decided.
        stage: how far the step is; skipped and deferred by N are always handed off.
        name: how errors call the file.

    Raises:
        SidecarError: the text can't be read, or can't be updated without touching what isn't ours.
    """
    editor = SidecarEditor(text, name)
    before = editor.root
    _apply(editor, design, stage)
    changed = tuple(dict.fromkeys(editor.changed))
    if changed:
        own = ownership(frozenset(item.warning_id.strip().upper() for item in design.acknowledgements))
        if foreign(before, own) != foreign(editor.root, own):
            raise SidecarError(f"{name}: an update would change keys of other steps; nothing was written")
        again = SidecarEditor(editor.text, name)
        _apply(again, design, stage)
        if again.changed:
            raise SidecarError(f"{name}: `{again.changed[0]}` can't be updated safely; nothing was written")
    return SidecarUpdate(text=editor.text, changed=changed)


def designed(editor: SidecarEditor, design: TrainingDesign) -> None:
    """The finished design: decisions, stories, outputs, and this step among the completed ones."""
    _complete_step(editor)
    editor.put(("phases", "phase_2_training"), "designed")
    _put_decisions(editor, design)
    _put_stories(editor, stories_for(design))
    _put_known(editor, "complete", SPEC_PATH, CONFIG_FOLDER)
    _acknowledge(editor, design)


def skipped(editor: SidecarEditor) -> None:
    """A rag-only architecture: the step counts as completed, without decisions or stories."""
    _complete_step(editor)
    editor.put(("phases", "phase_2_training"), "skipped")
    _put_stories(editor, [])
    _put_known(editor, "skipped", "SKIPPED", None)


def deferred_by_no(editor: SidecarEditor) -> None:
    """N at the entry checkpoint: nothing was designed, and what an earlier run left stays."""
    editor.put(("phases", "phase_2_training"), "deferred")
    _put_where_present(editor, ("steps", "step_5_fine_tuning_specialist"), "deferred")


def deferred_rag_first(editor: SidecarEditor, design: TrainingDesign) -> None:
    """RAG first, fine-tune later: the decision, and stories for the data and the return."""
    _complete_step(editor)
    editor.put(("phases", "phase_2_training"), "deferred")
    _put_decisions(editor, design)
    _put_stories(editor, stories_for(design))
    _put_known(editor, "deferred", SPEC_PATH, None)
    _acknowledge(editor, design)


def _apply(editor: SidecarEditor, design: TrainingDesign, stage: Stage) -> None:
    is_done = stage == "handed_off" or design.outcome in ("skipped", "deferred_no")
    editor.put(("currentStep",), NEXT_STEP if is_done else STEP)
    if design.outcome == "completed":
        designed(editor, design)
    elif design.outcome == "skipped":
        skipped(editor)
    elif design.outcome == "deferred_no":
        deferred_by_no(editor)
    else:
        deferred_rag_first(editor, design)


def _complete_step(editor: SidecarEditor) -> None:
    completed = editor.find("stepsCompleted")
    if completed is None or completed.kind != "sequence" or not any(is_own_step(item) for item in completed.items):
        editor.append(("stepsCompleted",), [STEP])


def _put_where_present(editor: SidecarEditor, path: tuple[str, ...], value: Value) -> None:
    if editor.has(*path):
        editor.put(path, value)


def _put_known(editor: SidecarEditor, status: str, spec: str, configuration: str | None) -> None:
    """The keys that not every sidecar has: they are updated and never added."""
    _put_where_present(editor, ("steps", "step_5_fine_tuning_specialist"), status)
    _put_where_present(editor, ("outputs", "phase_2", "spec"), spec)
    _put_where_present(editor, ("outputs", "phase_2", "training_config"), configuration)


def _put_decisions(editor: SidecarEditor, design: TrainingDesign) -> None:
    entries: list[dict[str, Value]] = [
        {"id": item.id.upper(), "step": STEP, "choice": item.choice, "rationale": item.rationale}
        for item in design.decisions
    ]
    _put_entries(editor, ("decisions",), entries, "id")
    _drop(editor, ("decisions",), {str(item["id"]) for item in entries}, is_own_decision, DECISION_KEYS)


def _put_stories(editor: SidecarEditor, stories: Sequence[Story]) -> None:
    path = ("stories", "step_5_training")
    titles = known_titles()

    def is_written_by_us(item: Node) -> bool:
        title = item.get("title") if item.kind == "mapping" else None
        return is_own_story(item) and title is not None and title.value in titles

    entries: list[dict[str, Value]] = [story.model_dump(mode="json") for story in stories]
    if entries:
        _put_entries(editor, path, entries, "id")
    elif editor.find(*path) is None:
        editor.put(path, [])
    _drop(editor, path, {story.id for story in stories}, is_written_by_us, STORY_KEYS)


def _acknowledge(editor: SidecarEditor, design: TrainingDesign) -> None:
    if not design.acknowledgements or not editor.has("warnings_acknowledged"):
        return
    entries: list[dict[str, Value]] = [
        {"warning_id": item.warning_id, "acknowledged_date": design.date, "mitigation": item.mitigation}
        for item in design.acknowledgements
    ]
    # The day of the first acknowledgement stands: a date alone is no change.
    _put_entries(editor, ("warnings_acknowledged",), entries, "warning_id", kept=("warning_id", "acknowledged_date"))


def _put_entries(
    editor: SidecarEditor,
    path: tuple[str, ...],
    entries: list[dict[str, Value]],
    key: str,
    kept: tuple[str, ...] = (),
) -> None:
    """Replace entries by id, field by field, and add those that aren't there yet in one go.

    Args:
        editor: the sidecar.
        path: where the list is.
        entries: what its entries are to hold.
        key: the field that identifies an entry, compared without case.
        kept: fields that stay as they are in an entry that has them.
    """
    node = editor.find(*path)
    ids = [entry_id(item, key) for item in node.items] if node is not None and node.kind == "sequence" else []
    additions: list[Value] = []
    for entry in entries:
        wanted = str(entry[key]).strip().upper()
        if wanted not in ids:
            additions.append(entry)
            continue
        item_path: tuple[Key, ...] = (*path, ids.index(wanted))
        for name, value in entry.items():
            if not (name in kept and editor.find(*item_path, name)):
                editor.put((*item_path, name), value)
    editor.append(path, additions)


def _drop(
    editor: SidecarEditor,
    path: tuple[str, ...],
    wanted: set[str],
    is_own: Callable[[Node], bool],
    own_keys: tuple[str, ...],
) -> None:
    """Take out entries of an earlier design and second copies, except those to which someone added fields."""
    node = editor.find(*path)
    seen: set[str] = set()
    stale: list[int] = []
    for index, item in enumerate(node.items if node else []):
        identity = entry_id(item)
        is_stale = is_own(item) and (identity not in wanted or identity in seen)
        if is_stale and all(name.value in own_keys for name, _ in item.entries()):
            stale.append(index)
        seen.add(identity)
    for index in reversed(stale):
        editor.remove(path, index)
