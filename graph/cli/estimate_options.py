"""The options of `estimate`: a training run, the machine, and what is asked about it."""

from pathlib import Path
from typing import Annotated

import typer

Method = Annotated[
    str,
    typer.Option(metavar="full|lora|qlora", help="What is trained: every weight, or adapters.", show_default=False),
]
ModelId = Annotated[
    str | None, typer.Option("--model", metavar="ID", help="A base model of the catalogue.", show_default=False)
]
Config = Annotated[
    Path | None,
    typer.Option("--config", metavar="CONFIG.json", help="Any other model, by its config.json.", show_default=False),
]
Stage = Annotated[str, typer.Option(metavar="sft|dpo", help="Supervised, or on preference pairs.")]
Rank = Annotated[int | None, typer.Option(metavar="N", help="Rank of the adapters. [default: 16]")]
TargetModules = Annotated[
    str | None, typer.Option(metavar="a,b|all-linear", help="Adapted projections. [default: all-linear]")
]
BatchSize = Annotated[int, typer.Option(metavar="N", help="Examples (or pairs) per GPU and forward pass.")]
GradientAccumulation = Annotated[int, typer.Option(metavar="N", help="Forward passes for one step.")]
MaxLength = Annotated[int, typer.Option(metavar="N", help="Tokens of the longest example.")]
Precision = Annotated[
    str | None, typer.Option(metavar="bf16|fp16|fp32", help="[default: bf16, or fp16 on a GPU without it]")
]
Optimizer = Annotated[str, typer.Option(metavar="NAME", help="adamw, adamw_8bit, paged_adamw_8bit, …")]
GpuName = Annotated[
    str, typer.Option(metavar="NAME", help="The GPU, such as A10G or H100; without it, nothing is judged.")
]
VramGb = Annotated[
    float | None, typer.Option("--vram-gb", metavar="GB", help="Its memory, where the catalogue does not know it.")
]
GpuCount = Annotated[int, typer.Option(metavar="N", help="How many of them.")]
Sharding = Annotated[
    str, typer.Option(metavar="ddp|zero2|fsdp", help="With several GPUs: copy everything, or share state, or weights.")
]
Attention = Annotated[str, typer.Option(metavar="eager|sdpa|flash", help="Attention kernel.")]
Stack = Annotated[str, typer.Option(metavar="trl|peft|axolotl|llama-factory|unsloth|litgpt", help="What trains.")]
NoGradientCheckpointing = Annotated[
    bool, typer.Option("--no-gradient-checkpointing", help="Keep the activations instead of recomputing them.")
]
Separate = Annotated[bool, typer.Option("--separate-reference", help="DPO with a second copy of the model.")]
Examples = Annotated[int | None, typer.Option(metavar="N", help="Training examples, for time and cost.")]
ExampleLength = Annotated[
    float | None, typer.Option(metavar="TOKENS", help="Their mean length. [default: --max-length]")
]
Epochs = Annotated[float, typer.Option(metavar="N", help="Passes over the examples.")]
Platform = Annotated[str, typer.Option(metavar="NAME", help="Where, for the price: runpod, lambda, sagemaker, …")]
ModelsFile = Annotated[
    Path | None, typer.Option("--models", metavar="FILE", help="Your own models: YAML with hf_id and config.")
]
PricesFile = Annotated[
    Path | None, typer.Option("--prices", metavar="FILE", help="Your own prices: YAML with platform, gpu, usd, as_of.")
]
