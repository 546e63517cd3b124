"""`estimate`: memory, fit, time and cost of one training run."""

from .estimate_options import (
    Attention,
    BatchSize,
    Config,
    Epochs,
    ExampleLength,
    Examples,
    GpuCount,
    GpuName,
    GradientAccumulation,
    MaxLength,
    Method,
    ModelId,
    ModelsFile,
    NoGradientCheckpointing,
    Optimizer,
    Platform,
    Precision,
    PricesFile,
    Rank,
    Separate,
    Sharding,
    Stack,
    Stage,
    TargetModules,
    VramGb,
)
from .options import AsJson


def estimate(
    method: Method = "",
    model: ModelId = None,
    config: Config = None,
    stage: Stage = "sft",
    rank: Rank = None,
    target_modules: TargetModules = None,
    batch_size: BatchSize = 1,
    gradient_accumulation: GradientAccumulation = 1,
    max_length: MaxLength = 2048,
    precision: Precision = None,
    optimizer: Optimizer = "adamw",
    gpu: GpuName = "",
    vram_gb: VramGb = None,
    gpus: GpuCount = 1,
    sharding: Sharding = "ddp",
    attn_implementation: Attention = "sdpa",
    stack: Stack = "trl",
    no_gradient_checkpointing: NoGradientCheckpointing = False,
    separate_reference: Separate = False,
    examples: Examples = None,
    example_length: ExampleLength = None,
    epochs: Epochs = 1.0,
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
