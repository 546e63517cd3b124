"""The texts that people read: phrases and templates from `prompts/`, filled with values.

Only these files are ever rendered; what comes from users, documents, models or servers is inserted as a value.
"""

from functools import cache
from importlib.resources import files
from typing import Any

import jinja2

from .compiled_templates import CompiledBeside
from .excerpts import excerpt, uncited, untitled
from .package_data import packaged_yaml
from .readable_numbers import duration, thousands

PROMPTS = "fine_tuning_specialist.prompts"


def phrases(name: str) -> dict[str, str]:
    """The phrases of `prompts/<name>.yaml` by key."""
    loaded: dict[str, str] = packaged_yaml(PROMPTS, f"{name}.yaml")
    return loaded


def text(phrasebook: str, key: str, **values: Any) -> str:
    """One phrase with its values; a value is inserted as it is and never rendered."""
    phrase = phrases(phrasebook)[key]
    return (phrase if "{" not in phrase else _phrase(phrasebook, key).render(**values)).strip()


def render(name: str, **values: Any) -> str:
    """A template of `prompts/` with its values."""
    return environment().get_template(name).render(**values).strip()


@cache
def environment() -> jinja2.Environment:
    """Jinja2 over `prompts/`: an unknown name is an error, and nothing outside the folder can be loaded."""
    found = jinja2.Environment(
        loader=jinja2.FunctionLoader(_source),
        bytecode_cache=CompiledBeside(PROMPTS),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701  (Markdown for a terminal; values are cleaned where they are read)
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["duration"] = duration
    found.filters["excerpt"] = excerpt
    found.filters["thousands"] = thousands
    found.filters["uncited"] = uncited
    found.filters["untitled"] = untitled
    return found


@cache
def _phrase(phrasebook: str, key: str) -> jinja2.Template:
    return environment().from_string(phrases(phrasebook)[key])


def _source(name: str) -> str:
    return files(PROMPTS).joinpath(name).read_text(encoding="utf-8")
