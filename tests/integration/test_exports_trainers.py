"""Exports meet the trainers themselves: their parsers, and for TRL and LLaMA-Factory a whole training on the CPU.

Needs the `trainers` extra (`pip install -e '.[test,trainers]'`) for TRL. The others are checked where they are
installed: `pip install --no-deps axolotl==0.19.0 unsloth==2026.10.9` brings their schemas; `llamafactory` wants an
environment of its own.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from fine_tuning_specialist.exports import Export, FineTuningDesign, export

pytestmark = [pytest.mark.trainers, pytest.mark.filterwarnings("ignore")]

BASE = json.loads((Path(__file__).parents[1] / "fixtures" / "exports" / "design.json").read_text())
CONFIG = Path("phase-2-training/training-config")
OUTPUTS = Path("phase-2-training/outputs")
TINY = {
    "base_model": "./tiny",
    "rank": 4,
    "alpha": 8,
    "epochs": 1,
    "gradient_accumulation": 2,
    "max_length": 128,
    "logging_steps": 1,
    "eval_steps": 2,
    "save_steps": 2,
    "tracking": "none",
    "target_modules": ["all-linear"],
}
ANSWER = {"role": "assistant", "content": "Hold the button for ten seconds."}


def needs(module: str, how: str) -> ModuleType:
    imported: ModuleType = pytest.importorskip(module, reason=f"needs {module}: {how}")
    return imported


@pytest.fixture
def trl() -> ModuleType:
    needs("peft", "pip install -e '.[test,trainers]'")
    return needs("trl", "pip install -e '.[test,trainers]'")


@pytest.fixture
def llamafactory(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setenv("DISABLE_VERSION_CHECK", "1")
    return needs("llamafactory", "pip install llamafactory==0.9.5, in an environment of its own")


def design(**changes: Any) -> FineTuningDesign:
    values = BASE | changes
    if values["method"] == "full":
        values = {name: value for name, value in values.items() if name not in {"rank", "alpha"}}
    return FineTuningDesign.model_validate(values)


def designs() -> Iterator[FineTuningDesign]:
    for approach, method in product(("sft", "dpo", "sft+dpo"), ("full", "lora", "qlora")):
        yield design(approach=approach, method=method)
        yield design(approach=approach, method=method, base_model="meta-llama/Llama-3.1-8B", is_instruct=False)
        yield design(approach=approach, method=method, bf16_supported=False, tracking="mlflow")
        yield design(approach=approach, method=method, gpu_count=4, sharded=True, tracking="comet")
    yield design(data={"sft": ["a.jsonl", "b.jsonl"], "preference": ["c.jsonl"], "eval": ["d.jsonl"]})
    yield design(data={}, target_modules=["all-linear"], early_stopping_patience=None, sft_steps=480)


def configurations(trainer: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for each in designs():
        for name, text in export(each, trainer).files.items():
            if name.endswith(".yaml"):
                yield name, text, yaml.safe_load(text)


# Parsers


def test_trls_parser_takes_every_file_whole(trl: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from trl.scripts import dpo, sft

    for variable in ("WANDB_PROJECT", "MLFLOW_EXPERIMENT_NAME", "COMET_PROJECT_NAME"):
        monkeypatch.setenv(variable, "")
    file = tmp_path / "config.yaml"
    for name, text, values in configurations("trl"):
        file.write_text(text.replace("fp16: true", "fp16: false"))  # float16 training is refused on a CPU
        parser = (dpo if "dpo" in name else sft).make_parser()
        *parsed, unknown = parser.parse_args_and_config(
            ["--config", str(file), "--use_cpu", "true"], return_remaining_strings=True
        )
        assert unknown == [], name
        held = {key: value for part in parsed for key, value in vars(part).items()}
        for key in ("learning_rate", "warmup_steps", "lora_r", "max_steps", "output_dir", "model_name_or_path"):
            assert key not in values or held[key] == values[key], (name, key)


def test_trls_parser_would_refuse_a_key_that_it_does_not_know(trl: ModuleType, tmp_path: Path) -> None:
    from trl.scripts import sft

    file = tmp_path / "config.yaml"
    file.write_text(export(design(approach="sft"), "trl").files["trl-sft.yaml"] + "warmup_ratio: 0.1\n")
    with pytest.raises(ValueError, match="warmup_ratio"):
        sft.make_parser().parse_args_and_config(["--config", str(file), "--use_cpu", "true"])


def test_axolotls_schema_takes_every_file_and_drops_no_key() -> None:
    schema = needs("axolotl.utils.schemas.config", "pip install --no-deps axolotl==0.19.0").AxolotlInputConfig
    for name, _, values in configurations("axolotl"):
        kept = schema(**values).model_dump(exclude_none=True)
        assert set(values) <= set(kept), name
        assert kept["learning_rate"] == values["learning_rate"]
        for given, held in zip(values["datasets"], kept["datasets"], strict=True):
            assert {key: held.get(key) for key in given} == given, name


def test_unsloths_configuration_takes_every_file_and_keeps_every_value() -> None:
    config = needs("unsloth_cli.config", "pip install --no-deps unsloth==2026.10.9").Config
    for name, _, values in configurations("unsloth"):
        kept = config.model_validate(values).model_dump(mode="json")
        for section, content in values.items():
            for key, value in content.items() if isinstance(content, dict) else ():
                assert kept[section][key] == value, (name, key)


def test_the_unsloth_scripts_settings_make_a_configuration_of_trls_dpo_trainer(trl: ModuleType, tmp_path: Path) -> None:
    for each in designs():
        if "dpo" in each.stages:
            settings = list(yaml.safe_load_all(export(each, "unsloth").full_configuration))[-1]["dpo"]
            settings |= {"fp16": False, "use_cpu": True, "output_dir": str(tmp_path), "report_to": "none"}
            made = trl.DPOConfig(warmup_steps=10, **settings)
            assert (made.beta, made.learning_rate) == (0.1, 5e-6)


def test_llama_factorys_parser_takes_every_file(llamafactory: ModuleType) -> None:
    from llamafactory.hparams.parser import _TRAIN_ARGS
    from transformers import HfArgumentParser

    for name, _, values in configurations("llama-factory"):
        arguments = values | {"use_cpu": True, "fp16": False}
        HfArgumentParser(_TRAIN_ARGS).parse_dict(arguments, allow_extra_keys=False)
        with pytest.raises(ValueError, match="not used"):
            HfArgumentParser(_TRAIN_ARGS).parse_dict(arguments | {"lora_alhpa": 3}, allow_extra_keys=False)
        assert "dpo" in name or values["stage"] == "sft"


# Training


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Path]:
    """A project with a tiny random model, its data, and the files of an export."""

    def make(made: Export, *, template: bool, single: bool = False) -> Path:
        write_tiny_model(tmp_path / "tiny", template=template)
        write_data(tmp_path / "data", single=single)
        folder = tmp_path / CONFIG
        folder.mkdir(parents=True)
        for name, text in made.files.items():
            (folder / name).write_text(text)
        return tmp_path

    return make


def write_tiny_model(folder: Path, *, template: bool) -> None:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    text = Tokenizer(models.BPE())
    text.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    text.decoder = decoders.ByteLevel()
    special = ["<pad>", "<s>", "</s>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=320, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    text.train_from_iterator(["How do I reset my router?", ANSWER["content"]] * 20, trainer)
    roles = dict(zip(("pad_token", "bos_token", "eos_token"), special, strict=True))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=text, **roles)
    if template:
        tokenizer.chat_template = (
            "{% for m in messages %}{{ m['role'] + ': ' + m['content'] + eos_token }}{% endfor %}"
            "{% if add_generation_prompt %}{{ 'assistant: ' }}{% endif %}"
        )
    tokenizer.save_pretrained(folder)
    shape = {"hidden_size": 128, "intermediate_size": 256, "num_hidden_layers": 2, "num_attention_heads": 4}
    ends = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
    LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), **shape, **ends)).save_pretrained(folder)


def write_data(folder: Path, *, single: bool) -> None:
    questions = [{"role": "user", "content": f"How do I reset my router {number}?"} for number in range(24)]
    worse = {"role": "assistant", "content": "No idea."}
    chosen, rejected = (ANSWER, worse) if single else ([ANSWER], [worse])
    folder.mkdir()
    sft = [{"messages": [question, ANSWER]} for question in questions]
    pairs = [{"prompt": [question], "chosen": chosen, "rejected": rejected} for question in questions]
    for name, rows in (("sft", sft), ("pairs", pairs)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def run(folder: Path, *command: str) -> str:
    """Run a command of the README in the project folder, on the CPU and without network."""
    beside = str(Path(sys.executable).parent)
    environment = os.environ | {
        "PATH": f"{beside}{os.pathsep}{os.environ['PATH']}",
        "CUDA_VISIBLE_DEVICES": "",
        "HF_HUB_OFFLINE": "1",
        "DISABLE_VERSION_CHECK": "1",
        "HF_HOME": str(folder / "cache"),
    }
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done.stdout + done.stderr


def trained(folder: Path, name: str, file: str) -> Mapping[str, Any]:
    assert (folder / OUTPUTS / name / file).is_file(), name
    states = sorted((folder / OUTPUTS / name).glob("checkpoint-*/trainer_state.json"))
    loaded: Mapping[str, Any] = json.loads(states[-1].read_text())
    return loaded


@pytest.mark.parametrize("smoke", ["", "-smoke"])
def test_trl_trains_sft_merges_and_aligns_with_dpo(trl: ModuleType, project: Callable[..., Path], smoke: str) -> None:
    folder = project(export(design(**TINY), "trl"), template=True)
    run(folder, "trl", "sft", "--config", f"{CONFIG}/trl-sft{smoke}.yaml", "--use_cpu", "true")
    state = trained(folder, f"trl-sft{smoke}", "adapter_model.safetensors")
    assert any("eval_loss" in entry for entry in state["log_history"])
    run(folder, sys.executable, f"{CONFIG}/trl-merge.py", *(["--smoke"] if smoke else []))
    assert_merged(folder, folder / OUTPUTS / f"trl-sft{smoke}", folder / OUTPUTS / f"trl-merged{smoke}")
    run(folder, "trl", "dpo", "--config", f"{CONFIG}/trl-dpo{smoke}.yaml", "--use_cpu", "true")
    state = trained(folder, f"trl-dpo{smoke}", "adapter_model.safetensors")
    assert any("rewards/margins" in entry for entry in state["log_history"])


def test_trl_trains_adapters_on_4_bit_weights_and_merges_them_into_the_full_ones(
    trl: ModuleType, project: Callable[..., Path]
) -> None:
    needs("bitsandbytes", "pip install bitsandbytes")
    folder = project(export(design(**TINY, method="qlora"), "trl"), template=True)
    on_cpu = ("--use_cpu", "true", "--optim", "adamw_torch")  # 8-bit optimizers want a GPU
    run(folder, "trl", "sft", "--config", f"{CONFIG}/trl-sft.yaml", *on_cpu)
    run(folder, sys.executable, f"{CONFIG}/trl-merge.py")
    run(folder, "trl", "dpo", "--config", f"{CONFIG}/trl-dpo.yaml", *on_cpu)
    trained(folder, "trl-dpo", "adapter_model.safetensors")


def assert_merged(folder: Path, adapter: Path, merged: Path) -> None:
    """The merged model computes what base and adapters compute together, and the tokenizer came along."""
    import torch
    from peft import AutoPeftModelForCausalLM
    from transformers import AutoModelForCausalLM, AutoTokenizer

    base = json.loads((adapter / "adapter_config.json").read_text())
    base["base_model_name_or_path"] = str(folder / "tiny")
    (adapter / "adapter_config.json").write_text(json.dumps(base))
    tokens = torch.tensor([[5, 6, 7, 8]])
    both = AutoPeftModelForCausalLM.from_pretrained(adapter, dtype=torch.float32)(tokens).logits
    one = AutoModelForCausalLM.from_pretrained(merged, dtype=torch.float32)(tokens).logits
    assert torch.allclose(both, one, atol=2e-2)
    assert AutoTokenizer.from_pretrained(merged).chat_template


def test_trl_trains_every_weight_of_a_base_model_with_the_chat_template_that_comes_along(
    trl: ModuleType, project: Callable[..., Path]
) -> None:
    folder = project(export(design(**TINY, method="full", is_instruct=False), "trl"), template=False)
    run(folder, "trl", "sft", "--config", f"{CONFIG}/trl-sft.yaml", "--use_cpu", "true")
    trained(folder, "trl-sft", "model.safetensors")
    run(folder, "trl", "dpo", "--config", f"{CONFIG}/trl-dpo.yaml", "--use_cpu", "true")
    trained(folder, "trl-dpo", "model.safetensors")


def test_trl_trains_on_data_that_were_split_beforehand(trl: ModuleType, project: Callable[..., Path]) -> None:
    folder = project(export(design(**TINY, approach="sft", gpu_count=2), "trl"), template=True)
    run(folder, sys.executable, f"{CONFIG}/trl-split.py")
    parts = {
        name: (folder / OUTPUTS / "trl-sft-data" / f"{name}.jsonl").read_text().splitlines()
        for name in ("train", "test")
    }
    assert {name: len(lines) for name, lines in parts.items()} == {"train": 21, "test": 3}
    assert not set(parts["train"]) & set(parts["test"])
    run(folder, "trl", "sft", "--config", f"{CONFIG}/trl-sft.yaml", "--use_cpu", "true")
    trained(folder, "trl-sft", "adapter_model.safetensors")


def test_the_cli_of_trl_ends_with_an_error_on_an_unknown_option(trl: ModuleType, project: Callable[..., Path]) -> None:
    folder = project(export(design(**TINY, approach="sft"), "trl"), template=True)
    file = folder / CONFIG / "trl-sft.yaml"
    file.write_text(file.read_text() + "max_seq_length: 128\n")
    with pytest.raises(AssertionError, match="max_seq_length"):
        run(folder, "trl", "sft", "--config", f"{CONFIG}/trl-sft.yaml", "--use_cpu", "true")


def test_the_chat_template_that_comes_along_marks_the_answer_and_its_end(
    trl: ModuleType, project: Callable[..., Path]
) -> None:
    from transformers import AutoTokenizer

    folder = project(export(design(**TINY, is_instruct=False), "trl"), template=False)
    tokenizer = AutoTokenizer.from_pretrained(folder / "tiny")
    tokenizer.chat_template = (folder / CONFIG / "chat-template.jinja").read_text()
    turns = [{"role": "user", "content": "Hello"}, ANSWER, {"role": "user", "content": "Thanks"}]
    made = tokenizer.apply_chat_template(turns, tokenize=True, return_dict=True, return_assistant_tokens_mask=True)
    marked = [token for token, mark in zip(made["input_ids"], made["assistant_masks"], strict=True) if mark]
    assert tokenizer.decode(marked) == ANSWER["content"] + tokenizer.eos_token


def test_llama_factory_trains_sft_and_continues_with_dpo(
    llamafactory: ModuleType, project: Callable[..., Path]
) -> None:
    folder = project(export(design(**TINY), "llama-factory"), template=True, single=True)
    for stage in ("sft", "dpo"):
        run(folder, "llamafactory-cli", "train", f"{CONFIG}/llama-factory-{stage}.yaml", "use_cpu=true")
        trained(folder, f"llama-factory-{stage}", "adapter_model.safetensors")
