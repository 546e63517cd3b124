"""Real training steps of randomly initialised models: on a GPU, on the CPU, or without their numbers.

Without numbers (`replay`) the model's real operations run on tensors that have shape and type but no content. Each
tensor's birth and death is fed to a replay of PyTorch's caching allocator, so that an 8-billion-parameter step needs
neither GPU nor memory.
"""

import weakref
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from allocator import CachingAllocator
from four_bit import quantize
from peft import LoraConfig, get_peft_model
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter
from transformers import AutoConfig, AutoModelForCausalLM

from fine_tuning_specialist.planning.training_setup import TrainingSetup

_TYPES = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}
_PIECE = 128


@dataclass(frozen=True)
class Peak:
    """Peak memory in bytes: live tensors, and what the allocator held."""

    live: int
    reserved: int


class LiveTensors(TorchDispatchMode):
    """Feeds the birth and death of every tensor's storage to a replayed allocator."""

    def __init__(self) -> None:
        super().__init__()
        self.allocator = CachingAllocator()
        self._seen: weakref.WeakKeyDictionary[Any, None] = weakref.WeakKeyDictionary()

    def count(self, tensor: torch.Tensor) -> None:
        """Take a tensor into account, once for each storage."""
        storage = tensor.untyped_storage()
        if storage in self._seen or not storage.nbytes():
            return
        self._seen[storage] = None
        block = self.allocator.allocate(storage.nbytes())
        weakref.finalize(storage, self.allocator.release, block)

    def __torch_dispatch__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Run an operation and count what it returns."""
        result = function(*args, **(kwargs or {}))
        for item in tree_iter(result):
            if isinstance(item, torch.Tensor):
                self.count(item)
        return result


def run(setup: TrainingSetup, config: Mapping[str, Any], device: str, steps: int = 2) -> Peak:
    """The peak of a few steps of the setup on `cuda`, `cpu` or `replay`.

    Args:
        setup: the run; its stack decides types, loss and checkpointing, as the planner assumes.
        config: the model's config.json.
        device: where.
        steps: how many; optimizer states exist from the second on.
    """
    with torch.device("meta"):
        model = _model(setup, config)
    if device == "cuda":
        model = model.to_empty(device="cuda")
        torch.cuda.reset_peak_memory_stats()
        _train(setup, model, "cuda", steps)
        return Peak(torch.cuda.max_memory_allocated(), torch.cuda.max_memory_reserved())
    live = LiveTensors()
    with FakeTensorMode(allow_non_fake_inputs=True) if device == "replay" else nullcontext():
        _materialise(model)
        with live:
            for tensor in (*model.parameters(), *model.buffers()):
                live.count(tensor)
            _train(setup, model, "cpu", steps)
    return Peak(live.allocator.peak_allocated, live.allocator.reserved)


def _model(setup: TrainingSetup, config: Mapping[str, Any]) -> torch.nn.Module:
    loaded = AutoConfig.for_model(**{**config, "use_cache": False})
    kind = _TYPES[setup.precision]
    mixed = setup.method == "full" and (setup.profile.full == "float32" or setup.precision == "fp16")
    loaded.dtype = torch.float32 if mixed else kind
    attention = "eager" if setup.attention == "eager" else "sdpa"
    model = AutoModelForCausalLM.from_config(loaded, attn_implementation=attention).to(loaded.dtype)
    if setup.method == "full":
        return model
    chosen = setup.profile.quantized_adapters if setup.method == "qlora" else setup.profile.adapters
    adapters = kind if chosen == "compute" else torch.float32
    if setup.method == "qlora":
        return quantize(model, setup, kind, adapters)
    targets = setup.target_modules if isinstance(setup.target_modules, str) else list(setup.target_modules)
    model = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", r=setup.rank, target_modules=targets))
    for name, parameter in model.named_parameters():
        if "lora_" in name:
            parameter.data = parameter.data.to(adapters)
    return model


def _materialise(model: torch.nn.Module) -> None:
    made: dict[int, torch.nn.Parameter] = {}
    for module in list(model.modules()):
        for name, parameter in list(module.named_parameters(recurse=False)):
            if id(parameter) not in made:
                numbers = torch.zeros(parameter.shape, dtype=parameter.dtype)
                made[id(parameter)] = torch.nn.Parameter(numbers, requires_grad=parameter.requires_grad)
            module.register_parameter(name, made[id(parameter)])
        for name, buffer in list(module.named_buffers(recurse=False)):
            module.register_buffer(name, torch.zeros(buffer.shape, dtype=buffer.dtype))


def _train(setup: TrainingSetup, model: torch.nn.Module, device: str, steps: int) -> None:
    model.train()
    if setup.checkpoints:
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
        if setup.method != "full":
            model.enable_input_require_grads()
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    kind = _TYPES[setup.precision]
    optimizer = torch.optim.AdamW(trained, lr=1e-4, fused=True)
    for _ in range(steps):
        for _ in range(setup.gradient_accumulation):
            ids = torch.zeros((setup.sequences, setup.max_length), dtype=torch.long, device=device)
            with torch.autocast(device, dtype=kind, enabled=setup.profile.autocast and kind != torch.float32):
                loss, kept = _loss(setup, model, ids)
            loss.backward()
            del loss, kept
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)


def _loss(setup: TrainingSetup, model: torch.nn.Module, ids: torch.Tensor) -> tuple[torch.Tensor, object]:
    """The stack's kind of loss, and what the trainer keeps a reference to until the step is over."""
    if setup.profile.logits == "full" and setup.stage == "dpo":
        logits = model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits.float()
        chosen, rejected = logits.log_softmax(-1).gather(-1, ids[..., None]).sum((1, 2)).chunk(2)
        return -torch.nn.functional.logsigmoid(chosen - rejected).mean(), logits
    if setup.profile.logits == "full":
        output = model(input_ids=ids, labels=ids, attention_mask=torch.ones_like(ids))
        return output.loss, output.logits if setup.profile.keeps_logits else None
    core = model.get_base_model() if hasattr(model, "get_base_model") else model
    hidden = core.model(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state
    if setup.profile.logits == "chunked":
        return hidden.float().pow(2).mean(), None
    pieces = [core.lm_head(piece).flatten(0, 1) for piece in hidden.split(_PIECE, dim=1)]
    losses = [
        torch.nn.functional.cross_entropy(
            piece, torch.zeros(len(piece), dtype=torch.long, device=ids.device), reduction="none"
        )
        for piece in pieces
    ]
    return torch.cat(losses).mean(), pieces
