"""4-bit projections with adapters, in the sizes and casts of bitsandbytes and PEFT, without their numbers.

A projection holds half a byte a weight and its constants, makes a 16-bit copy for each product, and keeps nothing of
its input.
"""

from typing import Any

import torch
from torch.nn import Linear, Module, Parameter

from fine_tuning_specialist.planning.training_setup import TrainingSetup


class _Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, inputs: torch.Tensor, shape: tuple[int, int], kind: torch.dtype) -> torch.Tensor:
        ctx.shape, ctx.kind = shape, kind
        return torch.nn.functional.linear(inputs, torch.zeros(shape, dtype=kind, device=inputs.device))

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        weight = torch.zeros(ctx.shape, dtype=ctx.kind, device=gradient.device)
        return gradient @ weight.to(gradient.dtype), None, None


class FourBitLinear(Module):
    """A projection stored in 4 bits."""

    def __init__(self, linear: Linear, kind: torch.dtype, twice: bool) -> None:
        super().__init__()
        self.out_features, self.in_features = linear.weight.shape
        self.kind = kind
        weights = linear.weight.numel()
        constants = torch.uint8 if twice else torch.float32
        self.packed = Parameter(torch.empty(weights // 2, dtype=torch.uint8, device="meta"), requires_grad=False)
        self.constants = Parameter(torch.empty(weights // 64, dtype=constants, device="meta"), requires_grad=False)
        self.bias = linear.bias

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """The product in the compute type, returned in the input's."""
        output = _Product.apply(inputs.to(self.kind), (self.out_features, self.in_features), self.kind)
        if self.bias is not None:
            output = output + self.bias.to(self.kind)
        return output.to(inputs.dtype)


class Adapted(Module):
    """A 4-bit projection with an adapter; PEFT casts the adapter's input unless autocast does."""

    def __init__(self, base: FourBitLinear, rank: int, kind: torch.dtype, autocast: bool) -> None:
        super().__init__()
        self.base, self.kind, self.autocast = base, kind, autocast
        self.down = Linear(base.in_features, rank, bias=False, device="meta", dtype=kind)
        self.up = Linear(rank, base.out_features, bias=False, device="meta", dtype=kind)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """The projection with the adapter's part added."""
        output = self.base(inputs)
        cast = inputs if self.autocast else inputs.to(self.kind)
        return output + (self.up(self.down(cast)) * 2.0).to(output.dtype)


def quantize(model: Module, setup: TrainingSetup, kind: torch.dtype, adapters: torch.dtype) -> Module:
    """Replace the projections of the layers by 4-bit ones with adapters where the setup puts them."""
    model.requires_grad_(False)
    targeted = {module.name for module in setup.adapted}
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, Linear) and name != "lm_head":
                base = FourBitLinear(child, kind, setup.quantizes_twice)
                adapted = Adapted(base, setup.rank, adapters, setup.profile.autocast) if name in targeted else base
                setattr(parent, name, adapted)
    if setup.profile.upcasts_quantized:
        for parameter in model.parameters():
            if parameter.is_floating_point() and not parameter.requires_grad and parameter.dtype == kind:
                parameter.data = parameter.data.float()
    return model
