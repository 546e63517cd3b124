"""From what an exporter made to the finished export: README, requirements, and the list of what could not be said."""

import json
import shlex
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict

from ..project.writing.markdown import one_line
from ..project.writing.rendering import render, render_line, template_data, template_text
from .neutral import FineTuningDesign
from .stages import CONFIG_FOLDER, SMOKE_STEPS, StagePlan, below_one, is_placeholder, whole
from .trainer_facts import FOLDER, TrainerFacts, trainer_facts
from .yaml_files import yaml_text


class Loss(NamedTuple):
    """Something that the design says and the trainer cannot: a key of `losses.yaml` with its values."""

    key: str
    values: Mapping[str, Any]


class CommandStep(NamedTuple):
    """One command of the run, in its order."""

    kind: str
    """`sft`, `merge`, `dpo`, or another heading of `readme.yaml`."""
    command: str
    smoke: str
    """The same step of the smoke run."""
    output: str
    """The folder that it leaves."""


class TrainerFiles(NamedTuple):
    """What an exporter makes of a design."""

    trainer: str
    files: dict[str, str]
    main: str
    full_configuration: str
    losses: list[Loss]
    steps: list[CommandStep]
    plans: tuple[StagePlan, ...]
    environment: Mapping[str, str] = MappingProxyType({})
    """Variables that the trainer takes from the environment alone."""


class Export(BaseModel):
    """A design in one trainer's words."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    trainer: str
    files: dict[str, str]
    """Text by file name, to be written into `phase-2-training/training-config/`."""
    main: str
    """The file that the specification shows as its full configuration (the first stage's, where there are two)."""
    full_configuration: str
    """YAML: one document for each stage."""
    not_expressible: list[str]
    """One sentence for each thing that the design says and this trainer cannot."""
    versions: dict[str, str]
    """The versions against which the files were checked, by package."""


def finished(made: TrainerFiles, *, beside: bool = False) -> Export:
    """The export with its README and requirements.

    Args:
        made: What the trainer's exporter made.
        beside: Whether the files of another trainer stand in the same folder: README and requirements then carry the
            trainer's name.
    """
    facts = trainer_facts(made.trainer)
    design = made.plans[0].design
    losses = [_sentence(loss) for loss in (*_common_losses(made), *made.losses)]
    suffix = f"-{made.trainer}" if beside else ""
    requirements = f"requirements{suffix}.txt"
    files = dict(made.files)
    files[requirements] = "".join(f"{line}\n" for line in requirement_lines(facts, design))
    files[f"README{suffix}.md"] = render(
        f"{FOLDER}/readme.md.j2",
        facts=facts,
        design=design,
        plans=made.plans,
        steps=made.steps,
        losses=losses,
        folder=CONFIG_FOLDER,
        requirements=requirements,
        files=sorted(made.files),
        proposed=[name for plan in made.plans if is_placeholder(plan) for name in plan.data_files],
        smoke_steps=SMOKE_STEPS,
        texts=template_data(f"{FOLDER}/readme.yaml"),
        trainer=made.trainer,
        environment=made.environment,
        quoted=lambda value: shlex.quote(one_line(value)),
        percent=lambda share: f"{share * 100:g}",
    )
    return Export(
        trainer=made.trainer,
        files=files,
        main=made.main,
        full_configuration=made.full_configuration,
        not_expressible=losses,
        versions=facts.versions,
    )


def _common_losses(made: TrainerFiles) -> list[Loss]:
    design = made.plans[0].design
    losses: list[Loss] = []
    if design.encoder_decoder:
        losses.append(Loss("encoder_decoder", {"model": design.base_model}))
    if made.plans[0].save_steps != design.save_steps:
        losses.append(
            Loss(
                "save_steps", {"wanted": design.save_steps, "got": made.plans[0].save_steps, "eval": design.eval_steps}
            )
        )
    if design.adapters and whole(design.alpha) != design.alpha:
        losses.append(Loss("alpha", {"wanted": design.alpha, "got": whole(design.alpha)}))
    if below_one(design.warmup_ratio) != design.warmup_ratio:
        losses.append(Loss("warmup", {"wanted": design.warmup_ratio, "got": below_one(design.warmup_ratio)}))
    return losses


def _sentence(loss: Loss) -> str:
    return render_line(template_data(f"{FOLDER}/losses.yaml")[loss.key], **loss.values)


def requirement_lines(facts: TrainerFacts, design: FineTuningDesign) -> list[str]:
    """The packages that the run needs, as pip reads them."""
    lines = list(facts.requirements)
    if design.adapters:
        lines += facts.adapter_requirements
    if design.method == "qlora":
        lines += facts.qlora_requirements
    if design.attention == "flash":
        lines += facts.flash_requirements
    tracker = facts.trackers.get(design.tracking)
    if tracker and tracker.requirement:
        lines.append(tracker.requirement)
    return lines


def stamp(trainer: str) -> str:
    """The comment with which every file begins: the versions that it was checked against."""
    facts = trainer_facts(trainer)
    versions = ", ".join(f"{package} {version}" for package, version in facts.versions.items())
    return render_line(template_data(f"{FOLDER}/readme.yaml")["stamp"], trainer=facts.name, versions=versions)


def full_configuration(stages: Mapping[str, Mapping[str, Any]], comment: str) -> str:
    """The stages' configurations as one YAML text: a document for each."""
    titles = template_data(f"{FOLDER}/readme.yaml")["stages"]
    documents = [yaml_text(values, titles[stage]) for stage, values in stages.items()]
    return f"# {comment}\n" + "---\n".join(documents)


def python_file(template: str, settings: Mapping[str, Any], trainer: str) -> str:
    """A script from one of our templates, with its settings as JSON text that it parses when it runs.

    No value can leave the string literal in which it stands: the JSON is ASCII, and `repr` quotes each of its lines.
    """
    lines = json.dumps(settings, ensure_ascii=True, indent=4).splitlines(keepends=True)
    literal = "\n".join(f"    {line!r}" for line in lines)
    return render(f"{FOLDER}/{template}", settings=literal, stamp=stamp(trainer))


def template_file(name: str) -> str:
    """One of our files as it is, not rendered."""
    return template_text(f"{FOLDER}/{name}")
