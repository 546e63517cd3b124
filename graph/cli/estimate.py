"""`estimate`: memory, fit, time and cost of one training run."""

from pathlib import Path
from typing import Annotated

import typer

from .options import AsJson

ModelId = Annotated[
    str | None, typer.Option("--model", metavar="ID", help="A base model of the catalogue.", show_default=False)
]
Config = Annotated[
    Path | None,
    typer.Option("--config", metavar="CONFIG.json", help="Any other model, by its config.json.", show_default=False),
]
Sharding = Annotated[
    str, typer.Option(metavar="ddp|zero2|fsdp", help="With several GPUs: copy everything, or share state, or weights.")
]
Separate = Annotated[bool, typer.Option("--separate-reference", help="DPO with a second copy of the model.")]
Platform = Annotated[str, typer.Option(metavar="NAME", help="Where, for the price: runpod, lambda, sagemaker, …")]
ModelsFile = Annotated[
    Path | None, typer.Option("--models", metavar="FILE", help="Your own models: YAML with hf_id and config.")
]
PricesFile = Annotated[
    Path | None, typer.Option("--prices", metavar="FILE", help="Your own prices: YAML with platform, gpu, usd, as_of.")
]


def estimate(
    method: Annotated[
        str,
        typer.Option(metavar="full|lora|qlora", help="What is trained: every weight, or adapters.", show_default=False),
    ] = "",
    model: ModelId = None,
    config: Config = None,
    stage: Annotated[str, typer.Option(metavar="sft|dpo", help="Supervised, or on preference pairs.")] = "sft",
    rank: Annotated[int | None, typer.Option(metavar="N", help="Rank of the adapters. [default: 16]")] = None,
    target_modules: Annotated[
        str | None, typer.Option(metavar="a,b|all-linear", help="Adapted projections. [default: all-linear]")
    ] = None,
    batch_size: Annotated[int, typer.Option(metavar="N", help="Examples (or pairs) per GPU and forward pass.")] = 1,
    gradient_accumulation: Annotated[int, typer.Option(metavar="N", help="Forward passes for one step.")] = 1,
    max_length: Annotated[int, typer.Option(metavar="N", help="Tokens of the longest example.")] = 2048,
    precision: Annotated[
        str | None, typer.Option(metavar="bf16|fp16|fp32", help="[default: bf16, or fp16 on a GPU without it]")
    ] = None,
    optimizer: Annotated[str, typer.Option(metavar="NAME", help="adamw, adamw_8bit, paged_adamw_8bit, …")] = "adamw",
    gpu: Annotated[
        str, typer.Option(metavar="NAME", help="The GPU, such as A10G or H100; without it, nothing is judged.")
    ] = "",
    vram_gb: Annotated[
        float | None, typer.Option("--vram-gb", metavar="GB", help="Its memory, where the catalogue does not know it.")
    ] = None,
    gpus: Annotated[int, typer.Option(metavar="N", help="How many of them.")] = 1,
    sharding: Sharding = "ddp",
    attn_implementation: Annotated[str, typer.Option(metavar="eager|sdpa|flash", help="Attention kernel.")] = "sdpa",
    stack: Annotated[
        str, typer.Option(metavar="trl|peft|axolotl|llama-factory|unsloth|litgpt", help="What trains.")
    ] = "trl",
    no_gradient_checkpointing: Annotated[
        bool, typer.Option("--no-gradient-checkpointing", help="Keep the activations instead of recomputing them.")
    ] = False,
    separate_reference: Separate = False,
    examples: Annotated[int | None, typer.Option(metavar="N", help="Training examples, for time and cost.")] = None,
    example_length: Annotated[
        float | None, typer.Option(metavar="TOKENS", help="Their mean length. [default: --max-length]")
    ] = None,
    epochs: Annotated[float, typer.Option(metavar="N", help="Passes over the examples.")] = 1.0,
    platform: Platform = "",
    models: ModelsFile = None,
    prices: PricesFile = None,
    as_json: AsJson = False,
) -> None:
    """Say what a training run needs, whether it fits, how long it takes and what it costs; each figure with its source.

    Example: fine-tuning-specialist estimate --model Llama-3.1-8B --method qlora --gpu A10G --examples 5000
    """
    from .estimating import Asked, print_estimate

    asked = Asked(
        model=model or "",
        config=config,
        method=method,
        stage=stage,
        rank=rank,
        target_modules=target_modules,
        batch_size=batch_size,
        gradient_accumulation=gradient_accumulation,
        max_length=max_length,
        precision=precision,
        optimizer=optimizer,
        gpu=gpu,
        vram_gb=vram_gb,
        gpus=gpus,
        sharding=sharding,
        attention=attn_implementation,
        stack=stack,
        gradient_checkpointing=False if no_gradient_checkpointing else None,
        separate_reference=separate_reference,
        examples=examples,
        example_length=example_length,
        epochs=epochs,
        platform=platform,
        models=models,
        prices=prices,
    )
    print_estimate(asked, as_json=as_json)
