"""The trainers that a design can be exported to.

To add one: a module beside this one whose function turns a design into `TrainerFiles`, an entry in `EXPORTERS`, and in
`templates/training-config/` its data file `<trainer>.yaml` (versions, requirements, trackers), its parts of the README
(`<trainer>-data.md.j2`, `<trainer>-notes.md.j2`), and in `losses.yaml` a sentence for what it cannot express. The tests
then check its files against the keys in `tests/fixtures/trainer-keys/<trainer>.json`.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from .assembly import Export, TrainerFiles, finished
from .axolotl import axolotl_files
from .llama_factory import llama_factory_files
from .neutral import FineTuningDesign
from .trl import trl_files
from .unsloth import unsloth_files

Exporter = Callable[[FineTuningDesign], TrainerFiles]

EXPORTERS: Mapping[str, Exporter] = MappingProxyType(
    {
        "trl": trl_files,
        "axolotl": axolotl_files,
        "llama-factory": llama_factory_files,
        "unsloth": unsloth_files,
    }
)


def export(design: FineTuningDesign, trainer: str, *, beside: bool = False) -> Export:
    """The design as the files of one trainer.

    Args:
        design: What to train and how.
        trainer: One of `EXPORTERS`.
        beside: Whether another trainer's files stand in the same folder; README and requirements then carry this
            trainer's name (`README-axolotl.md`) and overwrite nothing.

    Raises:
        ValueError: an unknown trainer; the message names the known ones.
    """
    if trainer not in EXPORTERS:
        raise ValueError(f"{trainer!r} is not a trainer that can be exported to; known are {', '.join(EXPORTERS)}")
    return finished(EXPORTERS[trainer](design), beside=beside)
