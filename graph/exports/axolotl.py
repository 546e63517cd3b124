"""The design as configuration files of Axolotl: `axolotl train`, `axolotl merge-lora`, `axolotl train`."""

from typing import Any

from .assembly import CommandStep, Loss, TrainerFiles, full_configuration, stamp, template_file
from .neutral import FineTuningDesign
from .stages import (
    CHAT_TEMPLATE,
    CONFIG_FOLDER,
    DEEPSPEED,
    OUTPUT_FOLDER,
    SMOKE_ROWS,
    SMOKE_STEPS,
    StagePlan,
    below_one,
    file_format,
    stage_plans,
    whole,
)
from .yaml_files import yaml_text

TRAINER = "axolotl"

_KERNELS = {"eager": "eager", "sdpa": "sdpa", "flash": "flash_attention_2"}


def axolotl_files(design: FineTuningDesign) -> TrainerFiles:
    """The files for Axolotl, what it cannot express, and the commands that run them."""
    plans = stage_plans(design, TRAINER)
    comment = stamp(TRAINER)
    values = {plan.name: _values(plan) for plan in plans}
    files = {f"{name}.yaml": yaml_text(content, comment) for name, content in values.items()}
    files |= {f"{plan.shortened().name}.yaml": yaml_text(_values(plan.shortened()), comment) for plan in plans}
    if design.needs_chat_template:
        files[CHAT_TEMPLATE] = template_file("chat-template.j2")
    if _shards(design):
        files[DEEPSPEED] = template_file("deepspeed-zero3.json.j2")
    return TrainerFiles(
        trainer=TRAINER,
        files=files,
        main=f"{plans[0].name}.yaml",
        full_configuration=full_configuration({plan.stage: values[plan.name] for plan in plans}, comment),
        losses=_losses(design),
        steps=_steps(plans),
        plans=plans,
    )


def _values(plan: StagePlan) -> dict[str, Any]:
    return {
        "base_model": _start(plan),
        **({"rl": "dpo", "rl_beta": float(plan.design.dpo_beta or 0)} if plan.stage == "dpo" else {}),
        **_adapters(plan.design),
        **_template(plan.design),
        **_data(plan),
        **_optimisation(plan),
        **_precision(plan.design),
        "attn_implementation": _KERNELS[plan.design.attention],
        "gradient_checkpointing": True,
        **_monitoring(plan),
        "seed": plan.design.seed,
        **_tracking(plan),
        "output_dir": plan.output_dir,
    }


def _start(plan: StagePlan) -> str:
    """What the stage starts from; `axolotl merge-lora` leaves the merged model inside the stage's output."""
    return f"{plan.previous_dir}/merged" if plan.follows and plan.design.adapters else plan.start


def _adapters(design: FineTuningDesign) -> dict[str, Any]:
    if not design.adapters:
        return {}
    modules: dict[str, Any] = (
        {"lora_target_linear": True} if design.all_linear else {"lora_target_modules": list(design.target_modules)}
    )
    return {
        "adapter": design.method,
        **({"load_in_4bit": True} if design.method == "qlora" else {}),
        "lora_r": design.rank,
        "lora_alpha": whole(design.alpha),
        "lora_dropout": float(design.dropout),
        **modules,
    }


def _template(design: FineTuningDesign) -> dict[str, Any]:
    if design.needs_chat_template:
        return {"chat_template": "jinja", "chat_template_jinja": f"{CONFIG_FOLDER}/{CHAT_TEMPLATE}"}
    return {"chat_template": "tokenizer_default"}


def _data(plan: StagePlan) -> dict[str, Any]:
    rows = f"train[:{SMOKE_ROWS}]" if plan.smoke else "train"
    held_out: dict[str, Any] = (
        {"test_datasets": [_dataset(plan, name, "train") for name in plan.eval_files], "val_set_size": 0.0}
        if plan.eval_files
        else {"val_set_size": plan.design.test_split}
    )
    return {
        "datasets": [_dataset(plan, name, rows) for name in plan.data_files],
        **held_out,
        "dataset_prepared_path": f"{OUTPUT_FOLDER}/axolotl-prepared",
        "sequence_len": plan.design.max_length,
        "excess_length_strategy": "truncate",
        "sample_packing": False,
    }


def _dataset(plan: StagePlan, name: str, split: str) -> dict[str, Any]:
    """One data file. Preference data have no `ds_type` in Axolotl's schema: with one, it drops their columns."""
    if plan.stage == "dpo":
        return {
            "path": name,
            "split": split,
            "type": "chat_template.default",
            "field_messages": "prompt",
            "field_chosen": "chosen",
            "field_rejected": "rejected",
        }
    return {
        "path": name,
        "ds_type": file_format(name),
        "split": split,
        "type": "chat_template",
        "field_messages": "messages",
        "roles_to_train": ["assistant"],
        "train_on_eos": "turn",
    }


def _optimisation(plan: StagePlan) -> dict[str, Any]:
    design = plan.design
    length: dict[str, Any] = {"max_steps": SMOKE_STEPS} if plan.smoke else {"num_epochs": float(plan.epochs)}
    return {
        "micro_batch_size": plan.batch_size,
        "eval_batch_size": plan.batch_size,
        "gradient_accumulation_steps": design.gradient_accumulation,
        **length,
        "optimizer": "paged_adamw_8bit" if design.method == "qlora" else "adamw_torch_fused",
        "lr_scheduler": "cosine",
        "learning_rate": plan.learning_rate,
        "warmup_ratio": float(below_one(design.warmup_ratio)),
        "weight_decay": float(design.weight_decay),
    }


def _precision(design: FineTuningDesign) -> dict[str, Any]:
    """Weights trained in full cannot be float16 under a gradient scaler: without bfloat16 they are float32."""
    if design.bf16_supported:
        return {"bf16": True, "fp16": False}
    if design.adapters:
        return {"bf16": False, "fp16": True}
    return {"bf16": False, "fp16": False, "float32": True}


def _monitoring(plan: StagePlan) -> dict[str, Any]:
    values: dict[str, Any] = {
        "logging_steps": plan.logging_steps,
        "eval_steps": plan.eval_steps,
        "save_steps": plan.save_steps,
        "save_total_limit": 2,
    }
    if plan.stage == "dpo":  # Axolotl's preference trainers keep the last checkpoint and never stop early
        return values
    values |= {"load_best_model_at_end": True, "metric_for_best_model": plan.design.metric, "greater_is_better": False}
    if plan.design.early_stopping_patience and not plan.smoke:
        values["early_stopping_patience"] = plan.design.early_stopping_patience
    return values


def _tracking(plan: StagePlan) -> dict[str, Any]:
    project = plan.design.project_name
    match plan.tracking:
        case "wandb":
            return {"use_wandb": True, "wandb_project": project, "wandb_name": plan.name}
        case "comet":
            return {"use_comet": True, "comet_project_name": project}
        case "mlflow":
            return {"use_mlflow": True, "mlflow_experiment_name": project, "mlflow_run_name": plan.name}
        case "tensorboard":
            return {"use_tensorboard": True}
        case _:
            return {}


def _losses(design: FineTuningDesign) -> list[Loss]:
    losses: list[Loss] = []
    if "dpo" in design.stages:
        losses.append(Loss("axolotl.best_dpo", {"patience": design.early_stopping_patience or 0}))
    if not design.bf16_supported and not design.adapters:
        losses.append(Loss("axolotl.full_without_bf16", {}))
    return losses


def _shards(design: FineTuningDesign) -> bool:
    return design.sharded and design.gpu_count > 1


def _steps(plans: tuple[StagePlan, ...]) -> list[CommandStep]:
    steps: list[CommandStep] = []
    for plan in plans:
        if plan.follows and plan.design.adapters:
            before = plans[0]
            merge, smoke = (f"axolotl merge-lora {_path(each)}" for each in (before, before.shortened()))
            steps.append(CommandStep("merge", merge, smoke, f"{before.output_dir}/merged"))
        steps.append(CommandStep(plan.stage, _command(plan), _command(plan.shortened()), plan.output_dir))
    return steps


def _command(plan: StagePlan) -> str:
    design = plan.design
    shards = f" --deepspeed {CONFIG_FOLDER}/{DEEPSPEED}" if _shards(design) else ""
    processes = f" --launcher accelerate -- --num_processes {design.gpu_count}" if design.gpu_count > 1 else ""
    return f"axolotl train {_path(plan)}{shards}{processes}"


def _path(plan: StagePlan) -> str:
    return f"{CONFIG_FOLDER}/{plan.name}.yaml"
