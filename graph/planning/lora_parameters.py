"""How many parameters a run trains."""

from collections.abc import Sequence
from typing import Literal

from .shapes import LinearModule, ModelShape

Method = Literal["full", "lora", "qlora"]
ALL_LINEAR = "all-linear"


class PlanningError(ValueError):
    """A setting is out of its range or impossible; `field` names it and the message states the range."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(f"{field}: {message}")


def targeted_modules(shape: ModelShape, target_modules: Sequence[str] | str) -> tuple[LinearModule, ...]:
    """The projections that adapters are put on.

    `all-linear` means every projection of a dense model. In a mixture of experts it means attention and shared experts:
    current transformers keeps the experts as one fused tensor, which PEFT reaches only when told to by name.

    Args:
        shape: the model.
        target_modules: names as the model has them, or `all-linear`.

    Raises:
        PlanningError: a name that this architecture does not have, with those that it has.
    """
    modules = shape.linear_modules
    if target_modules == ALL_LINEAR or list(target_modules) == [ALL_LINEAR]:
        return tuple(module for module in modules if module.group != "experts")
    names = [target_modules] if isinstance(target_modules, str) else list(target_modules)
    known = {module.name for module in modules}
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        listed = ", ".join(dict.fromkeys(module.name for module in modules))
        stated = f"{shape.name} has no module {unknown[0]!r}" if unknown else "no module is named"
        raise PlanningError("target_modules", f"{stated}; it has {listed}, or all-linear")
    return tuple(module for module in modules if module.name in names)


def trainable_parameters(
    shape: ModelShape, method: Method, rank: int = 16, target_modules: Sequence[str] | str = ALL_LINEAR
) -> int:
    """The number of parameters that are trained.

    An adapter of rank r on a projection from n to m has r·(n + m) parameters (LoRA, Hu et al. 2021, section 4.1).

    Args:
        shape: the model.
        method: `full` trains every parameter; `lora` and `qlora` train the adapters.
        rank: rank of the adapters.
        target_modules: names, or `all-linear`.

    Raises:
        PlanningError: a rank below 1 or an unknown module.
    """
    if method == "full":
        return shape.params - shape.other_parameters
    if rank < 1:
        raise PlanningError("rank", f"must be a whole number from 1 to {shape.hidden_size}, got {rank}")
    return sum(
        rank * (module.inputs + module.outputs) * module.copies for module in targeted_modules(shape, target_modules)
    )
