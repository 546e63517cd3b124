"""The training configuration of a recorded run, in the chosen trainer's words."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from ..exports.formats import EXPORTERS, export
from ..exports.neutral import DataFiles, FineTuningDesign
from ..planning.catalogue import load_catalogue
from ..planning.gpus import gpu
from ..planning.monitoring import held_out_share
from ..project.facts import ProjectContext
from .recorded import RecordedRun

FALLBACK_TRAINER = "trl"
PEFT, HYPER, DATA = "configure_peft", "configure_hyperparameters", "assess_training_data"
ADAPTER = ("rank", "alpha")
OF_STAGE = {
    "sft": ("learning_rate", "epochs", "batch_size"),
    "dpo": ("dpo_beta", "dpo_learning_rate", "dpo_epochs", "dpo_batch_size"),
}
SHARED = (
    "gradient_accumulation", "warmup_ratio", "weight_decay", "max_length", "logging_steps", "eval_steps", "save_steps",
    "early_stopping_patience",
)  # fmt: skip


class Configuration(NamedTuple):
    """What the chosen trainer runs."""

    text: str = ""
    """The specification's "Full Configuration"."""
    files: Mapping[str, str] = MappingProxyType({})
    """File name below `training-config/` to its text."""
    not_expressible: tuple[str, ...] = ()
    """What the design says and this trainer cannot, a sentence each."""


def configure(context: ProjectContext, sections: Mapping[str, Mapping[str, Any]]) -> Configuration:
    """The configuration of a recorded run; an empty one for a deferral."""
    run = RecordedRun(sections)
    if run.rag_first or not run.approach:
        return Configuration()
    trainer = run.value("choose_infrastructure", "trainer") or FALLBACK_TRAINER
    exported = export(neutral_design(context, run), trainer if trainer in EXPORTERS else FALLBACK_TRAINER)
    return Configuration(exported.full_configuration, exported.files, tuple(exported.not_expressible))


def neutral_design(context: ProjectContext, run: RecordedRun) -> FineTuningDesign:
    """The confirmed design in no trainer's words."""
    model = run.record("select_base_model").get("extra", {})
    method = run.value(PEFT, "method")
    approach = run.approach or "sft"
    values: dict[str, Any] = {name: run.value(HYPER, name) for name in SHARED}
    for stage in approach.split("+"):
        values |= {name: run.value(HYPER, name) for name in OF_STAGE[stage]}
    if method != "full":
        values |= {name: run.value(PEFT, name) for name in ADAPTER}
        values |= {
            "dropout": run.value(PEFT, "dropout") or 0.0,
            "target_modules": tuple(run.value(PEFT, "target_modules") or ()),
        }
    name = run.value("select_base_model", "base_model")
    known = load_catalogue().find(name)
    card = gpu(run.value(PEFT, "gpu_type"), run.value(PEFT, "vram_gb"))
    return FineTuningDesign(
        project_name=context.project_name,
        base_model=model.get("hf_id") or name,
        model_family=model.get("family") or "",
        is_instruct=bool(model.get("instruct")),
        encoder_decoder=bool(known and known.type == "encoder-decoder"),
        approach=approach,
        method=method,
        gpu_count=run.value(PEFT, "gpu_count") or 1,
        sharded=bool(run.record(PEFT).get("extra", {}).get("sharded")),
        bf16_supported=card is None or card.bf16,
        tracking=run.value("choose_infrastructure", "tracking") or "none",
        data=data_files(run),
        sft_steps=run.record(HYPER).get("extra", {}).get("total_steps") if approach != "dpo" else None,
        test_split=held_out_share(examples_of(run, approach)),
        **values,
    )


def examples_of(run: RecordedRun, approach: str) -> int:
    """The examples of the first stage, planned ones included."""
    counted = run.value(DATA, "preference_pairs" if approach == "dpo" else "sft_examples") or 0
    return max(counted, run.value("resolve_insufficient_data", "target_examples") or 0, 1)


def data_files(run: RecordedRun) -> DataFiles:
    """The data files that the user named, by purpose."""
    paths = run.value(DATA, "data_paths") or {}
    return DataFiles(**{purpose: tuple(paths.get(purpose, ())) for purpose in ("sft", "preference", "eval")})
