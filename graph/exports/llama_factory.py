"""The design as configuration files of LLaMA-Factory, with the list of data sets that it reads."""

import json
import posixpath
from typing import Any

from .assembly import CommandStep, Loss, TrainerFiles, full_configuration, stamp, template_file
from .neutral import FineTuningDesign
from .stages import (
    CONFIG_FOLDER,
    DEEPSPEED,
    SMOKE_ROWS,
    SMOKE_STEPS,
    StagePlan,
    below_one,
    stage_plans,
    whole,
)
from .trainer_facts import trainer_facts
from .training_arguments import monitoring, reporting
from .yaml_files import yaml_text

TRAINER = "llama-factory"
DATASET_INFO = "dataset_info.json"

_KERNELS = {"eager": "disabled", "sdpa": "sdpa", "flash": "fa2"}
_TAGS = {"role_tag": "role", "content_tag": "content", "user_tag": "user", "assistant_tag": "assistant"}


def llama_factory_files(design: FineTuningDesign) -> TrainerFiles:
    """The files for LLaMA-Factory, what it cannot express, and the commands that run them."""
    plans = stage_plans(design, TRAINER)
    comment = stamp(TRAINER)
    values = {plan.name: _values(plan) for plan in plans}
    files = {f"{name}.yaml": yaml_text(content, comment) for name, content in values.items()}
    files |= {f"{plan.shortened().name}.yaml": yaml_text(_values(plan.shortened()), comment) for plan in plans}
    files[DATASET_INFO] = json.dumps(_dataset_info(plans), indent=2) + "\n"
    if _shards(design):
        files[DEEPSPEED] = template_file("deepspeed-zero3.json.j2")
    return TrainerFiles(
        trainer=TRAINER,
        files=files,
        main=f"{plans[0].name}.yaml",
        full_configuration=full_configuration({plan.stage: values[plan.name] for plan in plans}, comment),
        losses=_losses(design),
        steps=[CommandStep(p.stage, _command(p), _command(p.shortened()), p.output_dir) for p in plans],
        plans=plans,
        environment=_environment(design),
    )


def _values(plan: StagePlan) -> dict[str, Any]:
    design = plan.design
    return {
        **_model(plan),
        "stage": plan.stage,
        "do_train": True,
        **_method(design),
        **({"pref_beta": float(design.dpo_beta or 0), "pref_loss": "sigmoid"} if plan.stage == "dpo" else {}),
        **_data(plan),
        **_optimisation(plan),
        **monitoring(plan),
        **_early_stopping(plan),
        "seed": design.seed,
        **reporting(plan, TRAINER),
        "output_dir": plan.output_dir,
        "overwrite_output_dir": True,
    }


def _environment(design: FineTuningDesign) -> dict[str, str]:
    tracker = trainer_facts(TRAINER).trackers.get(design.tracking)
    return {tracker.env: design.project_name} if tracker and tracker.env else {}


def _model(plan: StagePlan) -> dict[str, Any]:
    """The model, and in the second stage the adapters of the first, also in the reference that DPO compares with.

    Plain weights take the first stage's adapters in at the start, and new ones are trained: the reference is the model
    with its adapters off. Into 4-bit or spread-out weights LLaMA-Factory merges nothing: there the adapters are trained
    on, and the reference is loaded a second time.
    """
    design = plan.design
    if not (plan.follows and design.adapters):
        return {"model_name_or_path": plan.start}
    chained: dict[str, Any] = {"model_name_or_path": design.base_model, "adapter_name_or_path": plan.previous_dir}
    if not _second_reference(design):
        return chained | {"create_new_adapter": True}
    reference = {"ref_model": design.base_model, "ref_model_adapters": plan.previous_dir}
    return chained | reference | ({"ref_model_quantization_bit": 4} if design.method == "qlora" else {})


def _second_reference(design: FineTuningDesign) -> bool:
    """Whether DPO after SFT loads the reference model beside the one that is trained."""
    return len(design.stages) > 1 and (design.method == "qlora" or (design.adapters and _shards(design)))


def _method(design: FineTuningDesign) -> dict[str, Any]:
    if not design.adapters:
        return {"finetuning_type": "full"}
    values: dict[str, Any] = {
        "finetuning_type": "lora",
        "lora_rank": design.rank,
        "lora_alpha": whole(design.alpha),
        "lora_dropout": float(design.dropout),
        "lora_target": "all" if design.all_linear else ",".join(design.target_modules),
    }
    if design.method == "qlora":
        values |= {
            "quantization_bit": 4,
            "quantization_method": "bnb",
            "quantization_type": "nf4",
            "double_quantization": True,
        }
    return values


def _data(plan: StagePlan) -> dict[str, Any]:
    design = plan.design
    held_out: dict[str, Any] = (
        {"eval_dataset": ",".join(_names(f"{plan.stage}_eval", plan.eval_files))}
        if plan.eval_files
        else {"val_size": design.test_split}
    )
    return {
        "dataset_dir": CONFIG_FOLDER,
        "dataset": ",".join(_names(plan.stage, plan.data_files)),
        **held_out,
        **_template(design),
        "cutoff_len": design.max_length,
        **({"max_samples": SMOKE_ROWS} if plan.smoke else {}),
        "packing": False,
    }


def _template(design: FineTuningDesign) -> dict[str, Any]:
    """The chat template; where LLaMA-Factory has none for the model, it reads the tokenizer's own."""
    if design.needs_chat_template:
        return {"template": "default"}
    name = trainer_facts(TRAINER).chat_template(design.base_model)
    if name is None:
        return {}
    thinks = name in {"qwen3", "qwen3_5", "qwen3_6"}
    return {"template": name} | ({"enable_thinking": False} if thinks else {})


def _optimisation(plan: StagePlan) -> dict[str, Any]:
    design = plan.design
    length: dict[str, Any] = {"max_steps": SMOKE_STEPS} if plan.smoke else {"num_train_epochs": float(plan.epochs)}
    return {
        "per_device_train_batch_size": plan.batch_size,
        "per_device_eval_batch_size": plan.batch_size,
        "gradient_accumulation_steps": design.gradient_accumulation,
        "learning_rate": plan.learning_rate,
        **length,
        "lr_scheduler_type": "cosine",
        "warmup_ratio": float(below_one(design.warmup_ratio)),
        "weight_decay": float(design.weight_decay),
        "optim": "paged_adamw_8bit" if design.method == "qlora" else "adamw_torch_fused",
        "bf16": design.bf16_supported,
        "fp16": not design.bf16_supported,
        "flash_attn": _KERNELS[design.attention],
    }


def _early_stopping(plan: StagePlan) -> dict[str, Any]:
    patience = plan.design.early_stopping_patience
    return {"early_stopping_steps": patience} if patience and not plan.smoke else {}


def _dataset_info(plans: tuple[StagePlan, ...]) -> dict[str, Any]:
    entries: dict[str, Any] = {}
    for plan in plans:
        for name, path in zip(_names(plan.stage, plan.data_files), plan.data_files, strict=True):
            entries[name] = _entry(plan, path)
        for name, path in zip(_names(f"{plan.stage}_eval", plan.eval_files), plan.eval_files, strict=True):
            entries[name] = _entry(plan, path)
    return entries


def _entry(plan: StagePlan, path: str) -> dict[str, Any]:
    """One data file, whose path LLaMA-Factory takes relative to the list."""
    tags = _TAGS | {"system_tag": "system"}
    name = path if posixpath.isabs(path) else posixpath.relpath(path, CONFIG_FOLDER)
    place = {"file_name": name, "formatting": "sharegpt"}
    if plan.stage == "sft":
        return place | {"columns": {"messages": "messages"}, "tags": tags}
    columns = {"messages": "prompt", "chosen": "chosen", "rejected": "rejected"}
    return place | {"ranking": True, "columns": columns, "tags": tags}


def _names(stem: str, paths: tuple[str, ...]) -> list[str]:
    """The names of data sets: `sft`, `sft_2`, `sft_3`."""
    return [stem if number == 1 else f"{stem}_{number}" for number in range(1, len(paths) + 1)]


def _shards(design: FineTuningDesign) -> bool:
    return design.sharded and design.gpu_count > 1 and design.method != "qlora"


def _losses(design: FineTuningDesign) -> list[Loss]:
    losses: list[Loss] = []
    if "dpo" in design.stages:
        losses.append(Loss("llama-factory.preference_format", {}))
    losses += [Loss("llama-factory.project", {"variable": name}) for name in _environment(design)]
    if design.sharded and not _shards(design) and design.gpu_count > 1:
        losses.append(Loss("llama-factory.sharded_qlora", {"gpus": design.gpu_count}))
    if _second_reference(design):
        losses.append(Loss("llama-factory.second_reference", {}))
    return losses


def _command(plan: StagePlan) -> str:
    design = plan.design
    processes = f"FORCE_TORCHRUN=1 NPROC_PER_NODE={design.gpu_count} " if design.gpu_count > 1 else ""
    shards = f" deepspeed={CONFIG_FOLDER}/{DEEPSPEED}" if _shards(design) else ""
    return f"{processes}llamafactory-cli train {CONFIG_FOLDER}/{plan.name}.yaml{shards}"
