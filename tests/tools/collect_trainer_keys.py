"""Collect the keys that a trainer accepts from its own parser or schema, as JSON.

Run it in an environment that holds the trainer, once for each:

    python tests/tools/collect_trainer_keys.py trl > tests/fixtures/trainer-keys/trl.json

The light tests hold every exported file against these lists. For Axolotl and Unsloth the schema classes are enough:
`pip install --no-deps axolotl==0.19.0 unsloth==2026.10.9` beside TRL's environment.
"""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from importlib.metadata import version
from typing import Any


def keys_of(*types: type) -> list[str]:
    """The names of all fields of dataclasses and Pydantic models."""
    names: set[str] = set()
    for kind in types:
        names |= {field.name for field in fields(kind)} if is_dataclass(kind) else set(kind.model_fields)
    return sorted(names)


def trl() -> dict[str, Any]:
    """The options of `trl sft` and `trl dpo`, with those that it passes on to `accelerate launch`."""
    from accelerate.commands.launch import launch_command_parser
    from trl import DatasetMixtureConfig, DPOConfig, ModelConfig, ScriptArguments, SFTConfig
    from trl.scripts.utils import DatasetConfig

    shared = (ScriptArguments, ModelConfig, DatasetMixtureConfig)
    launch = {action.dest for action in launch_command_parser()._actions}
    return {
        "versions": versions("trl", "transformers", "accelerate"),
        "sft": sorted({*keys_of(SFTConfig, *shared), "env"}),
        "dpo": sorted({*keys_of(DPOConfig, *shared), "env"}),
        "dpo_config": keys_of(DPOConfig),
        "datasets": keys_of(DatasetConfig),
        "launch": sorted(launch | {"accelerate_config"}),
    }


def axolotl() -> dict[str, Any]:
    """The keys of Axolotl's schema, and those of a data set for each kind of training."""
    from axolotl.utils.schemas.config import AxolotlConfigWCapabilities, AxolotlInputConfig
    from axolotl.utils.schemas.datasets import DPODataset, SFTDataset

    return {
        "versions": versions("axolotl"),
        "config": keys_of(AxolotlInputConfig, AxolotlConfigWCapabilities),
        "sft_dataset": keys_of(SFTDataset),
        "dpo_dataset": keys_of(DPODataset),
    }


def llama_factory() -> dict[str, Any]:
    """The options of `llamafactory-cli train`, and the names of its chat templates."""
    from llamafactory.data.template import TEMPLATES
    from llamafactory.hparams.parser import _TRAIN_ARGS

    return {
        "versions": versions("llamafactory", "transformers", "trl"),
        "train": keys_of(*_TRAIN_ARGS),
        "templates": sorted(TEMPLATES),
    }


def unsloth() -> dict[str, Any]:
    """The sections of `unsloth train`'s configuration with their keys."""
    from unsloth_cli.config import Config

    sections: dict[str, Any] = {"versions": versions("unsloth"), "config": keys_of(Config)}
    for name, field in Config.model_fields.items():
        if hasattr(field.annotation, "model_fields"):
            sections[name] = keys_of(field.annotation)
    return sections


def versions(*packages: str) -> dict[str, str]:
    """The installed versions."""
    return {package: version(package) for package in packages}


COLLECTORS: dict[str, Callable[[], dict[str, Any]]] = {
    "trl": trl,
    "axolotl": axolotl,
    "llama-factory": llama_factory,
    "unsloth": unsloth,
}


def main() -> None:
    """Print one trainer's keys."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trainer", choices=COLLECTORS)
    json.dump(COLLECTORS[parser.parse_args().trainer](), sys.stdout, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
