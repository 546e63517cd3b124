"""Our templates, and how values read in them. Only files of this package are ever rendered as templates."""

from functools import cache
from importlib.resources import files
from typing import Any

import jinja2

from ...compiled_templates import CompiledBeside
from ...package_data import packaged_yaml
from . import markdown
from .design import Stated

_PACKAGE = "fine_tuning_specialist.templates"


def template_text(name: str) -> str:
    """The text of one of our template files."""
    return files(_PACKAGE).joinpath(name).read_text(encoding="utf-8")


@cache
def template_data(name: str) -> Any:
    """The content of one of our YAML files beside the templates; not to be changed by the caller."""
    return packaged_yaml(_PACKAGE, name)


@cache
def environment() -> jinja2.Environment:
    """Jinja2 with our filters, in which a missing name is an error."""
    made = jinja2.Environment(  # noqa: S701 - Markdown and YAML, escaped by our own filters
        loader=jinja2.FunctionLoader(template_text),
        bytecode_cache=CompiledBeside(_PACKAGE),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update(
        shown=shown,
        marked=marked,
        marker=marker,
        label=parameter_label,
        method=method_label,
        approach=approach_label,
        inline=markdown.inline,
        opening=markdown.opening,
        cell=markdown.cell,
        link=markdown.link,
        fenced=markdown.fenced,
    )
    return made


def render(name: str, **values: Any) -> str:
    """Render a template file; the values are data and stay so."""
    return environment().get_template(name).render(**values)


def render_line(source: str, **values: Any) -> str:
    """Render one line of a YAML file of ours, such as a story's criterion."""
    return markdown.one_line(_line_template(source).render(**values))


@cache
def _line_template(source: str) -> jinja2.Template:
    return environment().from_string(source)


def number(value: str | float | bool | None) -> str:
    """A value as people write it: `5,200`, `0.05`, `2e-4`, `yes`, `unknown`."""
    if value is None or value == "":
        return str(template_data("labels.yaml")["unknown"])
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        if value and abs(value) < 1e-3:
            mantissa, exponent = f"{value:e}".split("e")
            return f"{float(mantissa):g}e{int(exponent)}"
        return f"{value:.12g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def shown(stated: Stated | None) -> str:
    """The value alone, on one line."""
    return markdown.one_line(number(stated.value if stated else None))


def marked(stated: Stated | None) -> str:
    """The value with the marker of its origin, safe in Markdown."""
    if stated is None:
        return str(template_data("labels.yaml")["unknown"])
    return f"{markdown.inline(number(stated.value))} {origin_marker(stated)}"


def origin_marker(stated: Stated) -> str:
    """`[user]`, `[calc, K12]`, `[document: tech-stack-decision.md]`, with a word where no evidence could be had."""
    parts = [_origin_label(stated.origin), *(label for label in stated.evidence if label != stated.origin)]
    if stated.evidence_free:
        parts.append(str(template_data("labels.yaml")["no_evidence"]))
    return "[" + ", ".join(_bracketed(part) for part in parts) + "]"


def marker(origin: str) -> str:
    """The marker of a bare origin."""
    return f"[{_bracketed(_origin_label(origin))}]"


def parameter_label(parameter: str) -> str:
    """How a hyperparameter is called in the specification."""
    return str(template_data("labels.yaml")["parameters"].get(parameter, parameter))


def method_label(method: str) -> str:
    """LoRA, QLoRA or Full."""
    return str(template_data("labels.yaml")["methods"][method])


def approach_label(approach: str) -> str:
    """SFT, DPO or Combined."""
    return str(template_data("labels.yaml")["approaches"][approach])


def _origin_label(origin: str) -> str:
    kind, _, rest = origin.partition(":")
    name = str(template_data("labels.yaml")["origins"].get(kind, kind))
    return f"{name}: {rest.strip()}" if rest.strip() else name


def _bracketed(text: str) -> str:
    return markdown.inline(text).replace("[", "(").replace("]", ")")
