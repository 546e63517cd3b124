"""`estimate`: what a program reads, what a person reads, and what is refused."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from fine_tuning_specialist.cli.errors import BadInputError
from fine_tuning_specialist.cli.estimate_table import show
from fine_tuning_specialist.cli.estimating import Asked, answer_to
from fine_tuning_specialist.cli.main import app

LLAMA = ("--model", "Llama-3.1-8B", "--method", "lora")
SEVEN = "q_proj,k_proj,v_proj,o_proj,gate_proj,up_proj,down_proj"
Run = Callable[..., Any]


def printed(*options: str) -> str:
    done = CliRunner().invoke(app, ["estimate", *options], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def figures(*options: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(printed(*options, "--json"))
    return found


def refusal(*options: str) -> str:
    with pytest.raises(BadInputError) as refused:
        CliRunner().invoke(app, ["estimate", *options], catch_exceptions=False)
    return str(refused.value)


@pytest.mark.parametrize("modules", [SEVEN, "all-linear"])
def test_trainable_parameters_are_exact(modules: str) -> None:
    found = figures(*LLAMA, "--rank", "16", "--target-modules", modules)
    assert found["trainable_parameters"] == 41_943_040


def test_a_program_reads_every_figure_with_its_sources() -> None:
    found = figures(*LLAMA, "--gpu", "A100-80GB", "--examples", "5000", "--example-length", "600", "--epochs", "3")
    memory = found["memory"]
    assert memory["total_gib"] == pytest.approx(sum(memory["breakdown_gib"].values()), abs=0.01)
    assert 0 < memory["uncertainty"] < 1
    assert found["fits"] is True
    assert found["largest_batch"] >= 1
    assert 0 < found["time_hours"]["low"] < found["time_hours"]["high"]
    assert 0 < found["cost_usd"]["low"] < found["cost_usd"]["high"]
    assert found["ladder"] == []
    for name in ("memory", "fits", "largest_batch", "trainable_parameters", "time_hours", "cost_usd"):
        assert found["sources"][name], name


def test_what_was_not_asked_is_null_with_the_reason() -> None:
    found = figures(*LLAMA)
    assert (found["fits"], found["largest_batch"], found["time_hours"], found["cost_usd"]) == (None,) * 4
    assert found["unknown"] == {
        "fits": "no GPU was named",
        "time_hours": "no number of examples was given",
        "cost_usd": "no number of examples was given",
    }
    assert found["fits_on"]


def test_a_gpu_without_a_price_costs_an_unknown_amount() -> None:
    found = figures(*LLAMA, "--gpu", "RTX 3090", "--examples", "100", "--platform", "nowhere")
    assert found["time_hours"] is not None
    assert found["cost_usd"] is None
    assert found["unknown"]["cost_usd"] == "no price is known for RTX 3090 at nowhere"
    assert "unknown: no price" in printed(*LLAMA, "--gpu", "RTX 3090", "--examples", "100", "--platform", "nowhere")


def test_a_run_that_does_not_fit_gets_a_ladder_that_ends_where_it_fits() -> None:
    found = figures(*LLAMA, "--gpu", "T4", "--batch-size", "4")
    assert found["fits"] is False
    names = [rung["name"] for rung in found["ladder"]]
    assert names[:4] == ["as-planned", "micro-batch", "optimizer", "quantization"]
    assert [rung["changes_scope"] for rung in found["ladder"][:4]] == [False, False, False, True]
    assert found["ladder"][3]["verdict"] == "fits"
    totals = [rung["total_gib"] for rung in found["ladder"]]
    assert totals == sorted(totals, reverse=True)


def test_the_ladder_goes_down_to_smaller_models_of_the_family() -> None:
    found = figures("--model", "Qwen2.5-7B", "--method", "qlora", "--gpu", "T4", "--max-length", "512")
    assert found["fits"] is True
    found = figures("--model", "Qwen2.5-72B", "--method", "qlora", "--gpu", "T4", "--max-length", "512")
    assert "Qwen2.5-32B" in [rung["changes"].get("shape") for rung in found["ladder"]]


def test_a_gpu_without_bfloat16_gets_half_precision_unless_told_otherwise() -> None:
    assert figures(*LLAMA, "--gpu", "T4")["settings"]["precision"] == "fp16"
    assert figures(*LLAMA, "--gpu", "A10G")["settings"]["precision"] == "bf16"
    assert "--precision" in refusal(*LLAMA, "--gpu", "T4", "--precision", "bf16")


def test_other_gpus_are_judged_in_the_precision_that_they_would_train_in() -> None:
    full = ("--model", "Qwen2.5-7B", "--method", "full")
    in_bf16 = figures(*full, "--gpu", "L4")["fits_on"]
    assert figures(*full, "--gpu", "T4")["fits_on"] == in_bf16
    assert figures(*full, "--gpu", "T4", "--precision", "fp16")["fits_on"] != in_bf16


def test_full_training_counts_every_weight() -> None:
    found = figures("--model", "Llama-3.1-8B", "--method", "full")
    assert found["trainable_parameters"] == found["model"]["parameters"] == 8_030_261_248
    assert "every weight" in found["sources"]["trainable_parameters"][0]


def test_kernel_stack_and_checkpointing_change_the_figure() -> None:
    def total(*options: str) -> float:
        return float(figures(*LLAMA, "--batch-size", "4", *options)["memory"]["total_gib"])

    usual = total()
    assert total("--attn-implementation", "eager") > usual
    assert total("--stack", "peft") > usual
    assert total("--no-gradient-checkpointing") > usual
    assert total("--stage", "dpo") > usual


def test_any_model_by_its_config(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    shape = {
        "architectures": ["LlamaForCausalLM"], "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
        "num_key_value_heads": 2, "intermediate_size": 128, "vocab_size": 1000, "tie_word_embeddings": True,
    }  # fmt: skip
    config.write_text(json.dumps(shape), encoding="utf-8")
    found = figures("--config", str(config), "--method", "lora", "--rank", "2", "--target-modules", "q_proj")
    assert found["trainable_parameters"] == 2 * 2 * (64 + 64)
    config.write_text("{}", encoding="utf-8")
    assert "config.json" in refusal("--config", str(config), "--method", "lora")
    assert "cannot be read" in refusal("--config", str(tmp_path / "none.json"), "--method", "lora")


def test_own_models_and_own_prices_win(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(
        json.dumps(
            {
                "architectures": ["LlamaForCausalLM"], "hidden_size": 64, "num_hidden_layers": 2,
                "num_attention_heads": 4, "intermediate_size": 128, "vocab_size": 1000, "tie_word_embeddings": True,
            }
        ),
        encoding="utf-8",
    )  # fmt: skip
    models, prices = tmp_path / "models.yaml", tmp_path / "prices.yaml"
    models.write_text("- {hf_id: me/Tiny-1B, config: config.json}\n", encoding="utf-8")
    prices.write_text(
        "prices:\n- {platform: home, gpu: RTX 3090, usd: 0.5, as_of: 2026-01-01, source: my bill}\n", encoding="utf-8"
    )
    found = figures(
        "--model", "Tiny-1B", "--method", "full", "--gpu", "RTX 3090", "--examples", "10",
        "--models", str(models), "--prices", str(prices),
    )  # fmt: skip
    assert found["model"]["hf_id"] == "me/Tiny-1B"
    assert "my bill" in found["sources"]["cost_usd"][0]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((*LLAMA, "--rank", "-4"), ("--rank", "1 to 4096", "-4")),
        ((*LLAMA, "--rank", "0"), ("--rank", "1 to 4096")),
        ((*LLAMA, "--target-modules", "q_proj,query"), ("--target-modules", "'query'", "q_proj, k_proj", "all-linear")),
        ((*LLAMA, "--target-modules", ""), ("--target-modules", "q_proj")),
        ((*LLAMA, "--batch-size", "0"), ("--batch-size", "1 to")),
        ((*LLAMA, "--max-length", "1"), ("--max-length", "16 to")),
        ((*LLAMA, "--precision", "int4"), ("--precision", "bf16, fp16, fp32")),
        ((*LLAMA, "--optimizer", "adagrad"), ("--optimizer", "paged_adamw_8bit")),
        ((*LLAMA, "--gpus", "0"), ("--gpus", "1 to")),
        ((*LLAMA, "--gpu", "Z80"), ("--gpu", "--vram-gb", "H100")),
        ((*LLAMA, "--attn-implementation", "fast"), ("--attn-implementation", "eager, sdpa, flash")),
        ((*LLAMA, "--stack", "keras"), ("--stack", "trl, peft, axolotl, llama-factory, unsloth, litgpt")),
        ((*LLAMA, "--stage", "ppo"), ("--stage", "sft, dpo")),
        ((*LLAMA, "--examples", "0"), ("--examples", "1 to")),
        ((*LLAMA, "--epochs", "nan"), ("--epochs", "more than 0")),
        ((*LLAMA, "--example-length", "4096"), ("--example-length", "1 to --max-length (2048)")),
        (("--model", "Llama-3.1-8B", "--method", "full", "--rank", "8"), ("--rank", "method full")),
        (("--model", "Llama-3.1-8B", "--method", "full", "--target-modules", "q_proj"), ("--target-modules",)),
        (("--model", "Llama-3.1-8B", "--method", "dora"), ("--method", "full, lora, qlora")),
        (("--model", "Llama-3.1-8B"), ("--method", "full, lora, qlora")),
        (("--method", "lora"), ("--model", "--config")),
        (("--model", "Llama-3.1-9B", "--method", "lora"), ("--model", "Llama-3.1-8B", "config.json")),
    ],
)  # fmt: skip
def test_bad_input_names_the_option_and_its_range(options: tuple[str, ...], words: tuple[str, ...]) -> None:
    said = refusal(*options)
    for word in words:
        assert word in said
    assert "\n" not in said


def test_a_person_reads_a_plain_table_in_a_pipe() -> None:
    shown = printed(*LLAMA, "--gpu", "T4", "--batch-size", "4", "--examples", "5000")
    assert "\x1b" not in shown
    assert "█" not in shown
    assert max(len(line) for line in shown.splitlines()) <= 80
    assert not [line for line in shown.splitlines() if line != line.rstrip()]
    for words in (
        "Llama-3.1-8B · LoRA · SFT · T4 16 GB", "Does not fit.", "41,943,040", "weights", "What to give up",
        "3  base model in 4 bits (QLoRA) *", "for you to decide", "Fits as planned on", "Sources", "Hu et al. 2021",
    ):  # fmt: skip
        assert words in shown


def test_a_terminal_gets_bars_and_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("NO_COLOR", raising=False)
    out = Screen()
    show(answer_to(asked(gpu="A100-80GB")), out)
    assert "\x1b[" in out.getvalue()
    assert "█" in out.getvalue()
    assert "Fits." in out.getvalue()


def test_every_phrase_of_the_table_can_be_shown() -> None:
    kinds: list[dict[str, Any]] = [
        {"method": "full", "stage": "dpo", "gpu": "H100", "gpus": 8, "sharding": "fsdp"},
        {"method": "qlora", "model": "Qwen2.5-72B", "gpu": "T4", "attention": "eager", "batch_size": 8},
        {"method": "full", "gpu": "T4", "gradient_checkpointing": False, "examples": 7, "example_length": 20.0},
        {"method": "lora", "vram_gb": 11.0, "gpus": 2},
        {"method": "lora", "gpu": "H100", "gpus": 2, "examples": 10_000_000, "epochs": 9.0},
    ]
    for kind in kinds:
        out = io.StringIO()
        show(answer_to(asked(**kind)), out)
        assert max(len(line) for line in out.getvalue().splitlines()) <= 80


def asked(**changes: Any) -> Asked:
    usual: dict[str, Any] = {
        "model": "Llama-3.1-8B", "config": None, "method": "lora", "stage": "sft", "rank": None, "target_modules": None,
        "batch_size": 1, "gradient_accumulation": 1, "max_length": 2048, "precision": None, "optimizer": "adamw",
        "gpu": "", "vram_gb": None, "gpus": 1, "sharding": "ddp", "attention": "sdpa", "stack": "trl",
        "gradient_checkpointing": None, "separate_reference": False, "examples": None, "example_length": None,
        "epochs": 1.0, "platform": "", "models": None, "prices": None,
    }  # fmt: skip
    return Asked(**{**usual, **changes})
