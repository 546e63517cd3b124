"""Instruction-tuned or base checkpoint, by the number of examples, the task and the approach."""

from pydantic import BaseModel, Field

from .catalogue import CatalogueModel
from .families import families
from .rules import rule_book
from .texts import number, say

FEW, MANY = 300, 1_000
"""Rows below which the instruct checkpoint is the start, and above which the base checkpoint usually is ("What Model
Should I Use for Fine-tuning?", section "Should I choose Instruct or Base?")."""

TEMPLATE_TASKS = frozenset({"chat", "tool-use"})
"""Tasks that lean on a chat template which the instruct checkpoint has learned, tools included."""


class CheckpointChoice(BaseModel):
    """The checkpoint of a model that suits the project."""

    hf_id: str
    instruct: bool
    reason: str
    warnings: list[str] = Field(default_factory=list)


def choose_checkpoint(
    model: CatalogueModel, *, examples: int | None, task_type: str = "", approach: str = ""
) -> CheckpointChoice:
    """The checkpoint to start from.

    DPO alone starts from an instruct checkpoint whatever the count. Otherwise fewer than 300 examples: instruct; up to
    1,000: either, and instruct is safer; more: base, except where the task leans on a learned chat template.

    Args:
        model: The base model.
        examples: Training examples; None where unknown.
        task_type: The project's task type.
        approach: `sft`, `dpo` or `sft+dpo`, where it is settled.
    """
    wants_instruct, reason = _wish(examples, task_type, approach)
    ids = families().checkpoints(model)
    wanted, other = (ids.instruct, ids.base) if wants_instruct else (ids.base, ids.instruct)
    if wanted is not None:
        rule = say("model.rule", source=str(rule_book().practices["instruct_or_base"]))
        return CheckpointChoice(hf_id=wanted, instruct=wants_instruct, reason=f"{reason} {rule}")
    only = say("model.base.only" if wants_instruct else "model.instruct.only")
    return CheckpointChoice(
        hf_id=other or model.hf_id,
        instruct=not wants_instruct,
        reason=only,
        warnings=[only] if wants_instruct else [],
    )


def _wish(examples: int | None, task_type: str, approach: str) -> tuple[bool, str]:
    if approach == "dpo":
        return True, say("model.instruct.dpo")
    if examples is None:
        return True, say("model.instruct.unknown")
    count = number(examples)
    if examples < FEW:
        return True, say("model.instruct.few", examples=count)
    if examples <= MANY:
        return True, say("model.instruct.either", examples=count)
    if task_type in TEMPLATE_TASKS:
        return True, say("model.instruct.template", examples=count, task=task_type)
    return False, say("model.base.rows", examples=count)
