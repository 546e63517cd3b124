"""The design as configuration files of TRL's command line: `trl sft`, the merge, `trl dpo`."""

from collections.abc import Mapping
from typing import Any

from ..planning.families import families
from .assembly import CommandStep, Loss, TrainerFiles, full_configuration, python_file, stamp, template_file
from .neutral import FineTuningDesign
from .stages import (
    CHAT_TEMPLATE,
    CONFIG_FOLDER,
    OUTPUT_FOLDER,
    SMOKE_ROWS,
    SMOKE_STEPS,
    StagePlan,
    below_one,
    file_format,
    stage_plans,
    whole,
)
from .trainer_facts import trainer_facts
from .training_arguments import monitoring, reporting
from .yaml_files import yaml_text

TRAINER = "trl"
MERGE = "trl-merge.py"
SPLIT = "trl-split.py"

_KERNELS = {"eager": "eager", "sdpa": "sdpa", "flash": "flash_attention_2"}


def trl_files(design: FineTuningDesign) -> TrainerFiles:
    """The files for TRL, what it cannot express, and the commands that run them."""
    plans = stage_plans(design, TRAINER)
    values = {plan.name: _values(plan) for plan in plans}
    comment = stamp(TRAINER)
    files = {f"{name}.yaml": yaml_text(content, comment) for name, content in values.items()}
    files |= {f"{plan.shortened().name}.yaml": yaml_text(_values(plan.shortened()), comment) for plan in plans}
    if _merges(design):
        files[MERGE] = python_file("merge.py.j2", _merge_settings(plans), TRAINER)
    if _splits(design):
        files[SPLIT] = python_file("trl-split.py.j2", _split_settings(plans), TRAINER)
    if design.needs_chat_template and "sft" in design.stages:
        files[CHAT_TEMPLATE] = template_file("chat-template.j2")
    return TrainerFiles(
        trainer=TRAINER,
        files=files,
        main=f"{plans[0].name}.yaml",
        full_configuration=full_configuration({plan.stage: values[plan.name] for plan in plans}, comment),
        losses=_losses(plans),
        steps=_steps(plans),
        plans=plans,
    )


def _values(plan: StagePlan) -> dict[str, Any]:
    """One configuration file, in the order in which people read it."""
    return {
        **_environment(plan),
        "model_name_or_path": plan.start,
        "dtype": _dtype(plan),
        "attn_implementation": _KERNELS[plan.design.attention],
        **_data(plan),
        **_adapters(plan.design),
        **_objective(plan),
        **_optimisation(plan),
        **monitoring(plan),
        "seed": plan.design.seed,
        **reporting(plan, TRAINER),
        "output_dir": plan.output_dir,
    }


def _environment(plan: StagePlan) -> dict[str, Any]:
    tracker = trainer_facts(TRAINER).trackers.get(plan.tracking)
    return {"env": {tracker.env: plan.design.project_name}} if tracker and tracker.env else {}


def _dtype(plan: StagePlan) -> str:
    """The type in which the weights are loaded; TRL's own default is float32.

    Without bfloat16 every trained weight must be float32 for the gradient scaler: all of them in full fine-tuning;
    with 4-bit weights TRL makes the adapters bfloat16, which the scaler refuses, so that they are computed in float32.
    """
    if plan.design.bf16_supported:
        return "bfloat16"
    return "float16" if plan.design.method == "lora" else "float32"


def _scales(design: FineTuningDesign) -> bool:
    """Whether float16 mixed precision is used."""
    return not design.bf16_supported and design.method != "qlora"


def _data(plan: StagePlan) -> dict[str, Any]:
    if _splits(plan.design):
        return {"dataset_name": _split_folder(plan), "dataset_train_split": "train", "dataset_test_split": "test"}
    rows = f"train[:{SMOKE_ROWS}]" if plan.smoke else "train"
    sources = [{"path": file_format(name), "data_files": name, "split": rows} for name in plan.data_files]
    return {"datasets": sources, "test_split_size": plan.design.test_split}


def _splits(design: FineTuningDesign) -> bool:
    """Whether the data are split beforehand: TRL draws a split of its own in every process, and takes no eval files."""
    return design.gpu_count > 1 or bool(design.data.eval)


def _split_folder(plan: StagePlan) -> str:
    return f"{OUTPUT_FOLDER}/{plan.name}-data"


def _split_settings(plans: tuple[StagePlan, ...]) -> Mapping[str, Any]:
    design = plans[0].design
    stages = [
        {
            "format": file_format(plan.data_files[0]),
            "train_files": list(plan.data_files),
            **({"eval_files": list(plan.eval_files)} if plan.eval_files else {}),
            "output": _split_folder(plan),
            "smoke_output": _split_folder(plan.shortened()),
        }
        for plan in plans
    ]
    return {"stages": stages, "test_split": design.test_split, "seed": design.seed, "smoke_rows": SMOKE_ROWS}


def _adapters(design: FineTuningDesign) -> dict[str, Any]:
    if not design.adapters:
        return {"use_peft": False}
    values: dict[str, Any] = {
        "use_peft": True,
        "lora_task_type": "SEQ_2_SEQ_LM" if design.encoder_decoder else "CAUSAL_LM",
        "lora_r": design.rank,
        "lora_alpha": whole(design.alpha),
        "lora_dropout": float(design.dropout),
        "lora_target_modules": ["all-linear"] if design.all_linear else list(design.target_modules),
    }
    if design.method == "qlora":
        values |= {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4", "use_bnb_nested_quant": True}
        if design.sharded and design.gpu_count > 1:  # FSDP spreads tensors of one type only
            values["bnb_4bit_quant_storage"] = "bfloat16" if design.bf16_supported else "float32"
    return values


def _objective(plan: StagePlan) -> dict[str, Any]:
    design = plan.design
    values: dict[str, Any] = {"max_length": design.max_length}
    if plan.stage == "dpo":
        return values | {"beta": float(design.dpo_beta or 0), "loss_type": ["sigmoid"]}
    if design.needs_chat_template:
        values["chat_template_path"] = f"{CONFIG_FOLDER}/{CHAT_TEMPLATE}"
    return values | {"packing": False, "assistant_only_loss": _assistant_only(design)}


def _assistant_only(design: FineTuningDesign) -> bool:
    """Only where the chat template marks the assistant's words: ours does, and those that TRL has a marked copy of."""
    if design.needs_chat_template:
        return True
    return design.is_instruct and families().has_training_template(design.base_model)


def _optimisation(plan: StagePlan) -> dict[str, Any]:
    design = plan.design
    length: dict[str, Any] = {"max_steps": SMOKE_STEPS} if plan.smoke else {"num_train_epochs": float(plan.epochs)}
    return {
        "learning_rate": plan.learning_rate,
        "lr_scheduler_type": "cosine",
        "warmup_steps": float(below_one(design.warmup_ratio)),
        "weight_decay": float(design.weight_decay),
        **length,
        "per_device_train_batch_size": plan.batch_size,
        "per_device_eval_batch_size": plan.batch_size,
        "gradient_accumulation_steps": design.gradient_accumulation,
        "gradient_checkpointing": True,
        "optim": "paged_adamw_8bit" if design.method == "qlora" else "adamw_torch_fused",
        "bf16": design.bf16_supported,
        "fp16": _scales(design),
    }


def _merges(design: FineTuningDesign) -> bool:
    return design.adapters and len(design.stages) > 1


def _merge_settings(plans: tuple[StagePlan, ...]) -> Mapping[str, Any]:
    last = plans[-1]
    smoke = last.shortened()
    dtype = "bfloat16" if last.design.bf16_supported else "float16"
    return {
        "adapter": last.previous_dir,
        "output": last.merged_dir,
        "smoke_adapter": smoke.previous_dir,
        "smoke_output": smoke.merged_dir,
        "dtype": dtype,
    }


def _losses(plans: tuple[StagePlan, ...]) -> list[Loss]:
    design = plans[0].design
    losses: list[Loss] = []
    if design.early_stopping_patience:
        losses.append(Loss("trl.early_stopping", {"patience": design.early_stopping_patience}))
    if not _splits(design):
        losses.append(Loss("trl.split_seed", {}))
    if design.needs_chat_template and "sft" not in design.stages:
        losses.append(Loss("trl.dpo_chat_template", {"model": design.base_model}))
    if "sft" in design.stages and not _assistant_only(design):
        losses.append(Loss("trl.assistant_only", {"model": design.base_model}))
    if design.method == "qlora" and not design.bf16_supported:
        losses.append(Loss("trl.qlora_without_bf16", {}))
    return losses


def _steps(plans: tuple[StagePlan, ...]) -> list[CommandStep]:
    steps: list[CommandStep] = []
    if _splits(plans[0].design):
        split = f"python {CONFIG_FOLDER}/{SPLIT}"
        steps.append(CommandStep("split", split, split, OUTPUT_FOLDER))
    for plan in plans:
        if plan.follows and plan.design.adapters:
            script = f"python {CONFIG_FOLDER}/{MERGE}"
            steps.append(CommandStep("merge", script, f"{script} --smoke", plan.merged_dir))
        steps.append(CommandStep(plan.stage, _command(plan), _command(plan.shortened()), plan.output_dir))
    return steps


def _command(plan: StagePlan) -> str:
    design = plan.design
    launch = f" --num_processes {design.gpu_count}" if design.gpu_count > 1 else ""
    if design.gpu_count > 1 and design.sharded:
        launch = f" --accelerate_config fsdp2{launch}"
    return f"trl {plan.stage} --config {CONFIG_FOLDER}/{plan.name}.yaml{launch}"
