"""The design for Unsloth: `unsloth train` for SFT, `unsloth export` for the merge, and a Python script for DPO."""

import math
from typing import Any

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

TRAINER = "unsloth"
DPO_SCRIPT = "unsloth-dpo.py"
DPO_TRAINER = "trl"
"""The script runs TRL's trainer, which knows every tracker."""

STUDIO_HOME = OUTPUT_FOLDER.rpartition("/")[0]
"""`unsloth train` writes below `outputs/` of its own home folder, wherever it is started."""

USUAL_MODULES = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
"""Every linear layer, in the names that Unsloth gives them in all families; it takes no word for all of them."""


def unsloth_files(design: FineTuningDesign) -> TrainerFiles:
    """The files for Unsloth, what it cannot express, and the commands that run them."""
    plans = stage_plans(design, TRAINER)
    comment = stamp(TRAINER)
    files: dict[str, str] = {}
    shown: dict[str, dict[str, Any]] = {}
    for plan in plans:
        if plan.stage == "sft":
            shown["sft"] = _sft(plan)
            files[f"{plan.name}.yaml"] = yaml_text(shown["sft"], comment)
            files[f"{plan.shortened().name}.yaml"] = yaml_text(_sft(plan.shortened()), comment)
        else:
            shown["dpo"] = _dpo(plan)
            settings = {"full": shown["dpo"], "smoke": _dpo(plan.shortened())}
            files[DPO_SCRIPT] = python_file("unsloth-dpo.py.j2", settings, TRAINER)
    if design.needs_chat_template and "dpo" in design.stages:
        files[CHAT_TEMPLATE] = template_file("chat-template.j2")
    return TrainerFiles(
        trainer=TRAINER,
        files=files,
        main=f"{plans[0].name}.yaml" if plans[0].stage == "sft" else DPO_SCRIPT,
        full_configuration=full_configuration(shown, comment),
        losses=_losses(design),
        steps=_steps(plans),
        plans=plans,
    )


def _sft(plan: StagePlan) -> dict[str, Any]:
    """The configuration of `unsloth train`."""
    design = plan.design
    values: dict[str, Any] = {
        "model": plan.start,
        "data": {"local_dataset": list(plan.data_files), "format_type": "auto"},
        "training": {
            "training_type": "lora" if design.adapters else "full",
            "max_seq_length": design.max_length,
            "load_in_4bit": design.method == "qlora",
            "output_dir": f"outputs/{plan.name}",
            **_length(plan),
            "learning_rate": plan.learning_rate,
            "batch_size": plan.batch_size,
            "gradient_accumulation_steps": design.gradient_accumulation,
            **_warmup(design),
            "save_steps": plan.save_steps,
            "weight_decay": float(design.weight_decay),
            "random_seed": design.seed,
            "packing": False,
            "train_on_completions": True,
            "gradient_checkpointing": "unsloth",
        },
    }
    if design.adapters:
        values["lora"] = {
            "lora_r": design.rank,
            "lora_alpha": whole(design.alpha),
            "lora_dropout": float(design.dropout),
            "target_modules": ",".join(_modules(design)),
        }
    return values | {"logging": _logging(plan)}


def _length(plan: StagePlan) -> dict[str, Any]:
    """`unsloth train` counts whole epochs; a broken number is stated in steps where their number is known."""
    if plan.smoke:
        return {"max_steps": SMOKE_STEPS}
    if not float(plan.epochs).is_integer() and plan.design.sft_steps:
        return {"max_steps": plan.design.sft_steps}
    return {"num_epochs": max(1, round(plan.epochs)), "max_steps": 0}


def _warmup(design: FineTuningDesign) -> dict[str, Any]:
    """`unsloth train` counts warm-up in steps; without the number of steps its own default stays."""
    if not design.warmup_ratio:
        return {"warmup_steps": 0}
    return {"warmup_steps": math.ceil(design.warmup_ratio * design.sft_steps)} if design.sft_steps else {}


def _logging(plan: StagePlan) -> dict[str, Any]:
    values: dict[str, Any] = {
        "enable_wandb": plan.tracking == "wandb",
        "enable_tensorboard": plan.tracking == "tensorboard",
    }
    return values | ({"wandb_project": plan.design.project_name} if plan.tracking == "wandb" else {})


def _modules(design: FineTuningDesign) -> tuple[str, ...]:
    return USUAL_MODULES if design.all_linear else design.target_modules


def _dpo(plan: StagePlan) -> dict[str, Any]:
    """The settings of the DPO script; `dpo` holds keys of TRL's DPOConfig."""
    design = plan.design
    model = {
        "model_name": plan.start,
        "max_seq_length": design.max_length,
        "load_in_4bit": design.method == "qlora",
        "full_finetuning": not design.adapters,
    }
    settings: dict[str, Any] = {"model": model}
    if design.adapters:
        settings["lora"] = {
            "r": design.rank,
            "lora_alpha": whole(design.alpha),
            "lora_dropout": float(design.dropout),
            "target_modules": list(_modules(design)),
            "use_gradient_checkpointing": "unsloth",
            "random_state": design.seed,
        }
    settings["data"] = _data(plan)
    settings["warmup_ratio"] = float(below_one(design.warmup_ratio))
    settings["dpo"] = _dpo_config(plan)
    if design.early_stopping_patience and not plan.smoke:
        settings["early_stopping_patience"] = design.early_stopping_patience
    known = {**trainer_facts(DPO_TRAINER).trackers, **trainer_facts(TRAINER).trackers}
    tracker = known.get(plan.tracking)
    if tracker and tracker.env:
        settings["env"] = {tracker.env: design.project_name}
    return settings


def _data(plan: StagePlan) -> dict[str, Any]:
    data: dict[str, Any] = {"format": file_format(plan.data_files[0]), "train_files": list(plan.data_files)}
    if plan.eval_files:
        data["eval_files"] = list(plan.eval_files)
    else:
        data["test_split"] = plan.design.test_split
    if plan.smoke:
        data["rows"] = SMOKE_ROWS
    if plan.design.needs_chat_template:
        data["chat_template"] = f"{CONFIG_FOLDER}/{CHAT_TEMPLATE}"
    return data


def _dpo_config(plan: StagePlan) -> dict[str, Any]:
    design = plan.design
    length: dict[str, Any] = {"max_steps": SMOKE_STEPS} if plan.smoke else {"num_train_epochs": float(plan.epochs)}
    return {
        "beta": float(design.dpo_beta or 0),
        "max_length": design.max_length,
        "learning_rate": plan.learning_rate,
        "lr_scheduler_type": "cosine",
        "weight_decay": float(design.weight_decay),
        **length,
        "per_device_train_batch_size": plan.batch_size,
        "per_device_eval_batch_size": plan.batch_size,
        "gradient_accumulation_steps": design.gradient_accumulation,
        "optim": "paged_adamw_8bit" if design.method == "qlora" else "adamw_torch_fused",
        "bf16": design.bf16_supported,
        "fp16": not design.bf16_supported,
        **monitoring(plan),
        "seed": design.seed,
        **reporting(plan, DPO_TRAINER),
        "output_dir": plan.output_dir,
    }


def _losses(design: FineTuningDesign) -> list[Loss]:
    losses: list[Loss] = []
    if "sft" in design.stages:
        losses += _sft_losses(design)
    if design.gpu_count > 1:
        losses.append(Loss("unsloth.gpus", {"gpus": design.gpu_count}))
    if design.attention != "sdpa":
        losses.append(Loss("unsloth.attention", {"kernel": design.attention}))
    return losses


def _sft_losses(design: FineTuningDesign) -> list[Loss]:
    losses = [Loss("unsloth.sft_fixed", {"weights": "adapters" if design.adapters else "weights"})]
    losses.append(Loss("unsloth.evaluation", {"patience": design.early_stopping_patience or 0}))
    if design.warmup_ratio and not design.sft_steps:
        losses.append(Loss("unsloth.warmup", {"wanted": design.warmup_ratio}))
    if design.epochs and not design.epochs.is_integer() and not design.sft_steps:
        losses.append(Loss("unsloth.epochs", {"wanted": design.epochs, "got": max(1, round(design.epochs))}))
    if design.tracking in {"comet", "mlflow"}:
        losses.append(Loss("unsloth.tracking", {"tracker": design.tracking}))
    if design.needs_chat_template:
        losses.append(Loss("unsloth.chat_template", {"model": design.base_model}))
    return losses


def _steps(plans: tuple[StagePlan, ...]) -> list[CommandStep]:
    steps: list[CommandStep] = []
    for plan in plans:
        if plan.follows and plan.design.adapters:
            merge, smoke = (
                f"unsloth export {each.previous_dir} {each.merged_dir} --format merged-16bit"
                for each in (plan, plan.shortened())
            )
            steps.append(CommandStep("merge", merge, smoke, plan.merged_dir))
        steps.append(CommandStep(plan.stage, _command(plan), _command(plan.shortened()), plan.output_dir))
    return steps


def _command(plan: StagePlan) -> str:
    if plan.stage == "dpo":
        return f"python {CONFIG_FOLDER}/{DPO_SCRIPT}{' --smoke' if plan.smoke else ''}"
    return f'UNSLOTH_STUDIO_HOME="$PWD/{STUDIO_HOME}" unsloth train --config {CONFIG_FOLDER}/{plan.name}.yaml'
