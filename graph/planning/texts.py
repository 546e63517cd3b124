"""The sentences of the recommendations, from `prompts/planning.yaml`, and how numbers are written in them."""

from collections.abc import Callable

from ..package_data import packaged_yaml


def say(key: str, **values: str | int | float) -> str:
    """A sentence of `prompts/planning.yaml` with its named fields filled.

    The template is always ours; values are inserted as they are and never read as templates themselves.

    Raises:
        KeyError: There is no such sentence, or a field of it is not given.
    """
    return " ".join(_sentences()[key].format_map(values).split())


def name_of(kind: str, name: str) -> str:
    """What people call something, from the names of its kind; without one there it is called as it is."""
    return _sentences().get(f"{kind}.name.{name}", name)


def _sentences() -> dict[str, str]:
    sentences: dict[str, str] = packaged_yaml("fine_tuning_specialist.prompts", "planning.yaml")
    return sentences


def number(value: float) -> str:
    """A number as people of the field write it: 5,200 · 0.05 · 2e-4 · 5.5."""
    if value == int(value) and abs(value) >= 1:
        return f"{int(value):,}"
    if value != 0 and abs(value) < 0.001:
        mantissa, exponent = f"{value:.2e}".split("e")
        return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"
    return f"{value:.4g}"


def percent(value: float) -> str:
    """A fraction as a percentage: 3 %."""
    return f"{number(round(value * 100, 2))} %"


def size(billions: float | None) -> str:
    """A model size: 8B, 0.5B, or words where it is unknown."""
    return "a model of unknown size" if billions is None else f"{billions:g}B"


def span(low: float | None, high: float | None, written: Callable[[float], str] = number) -> str:
    """A range: 8 to 32, at least 1,000, up to 32, or one number, as such numbers are written."""
    if low is None and high is None:
        return "no figure"
    if low is None:
        return f"up to {written(high or 0)}"
    if high is None:
        return f"at least {written(low)}"
    return written(low) if low == high else f"{written(low)} to {written(high)}"


def listing(items: list[str], limit: int = 3) -> str:
    """Items in one line: the first few, then how many more."""
    shown = items[:limit]
    more = len(items) - len(shown)
    return "; ".join(shown) + (f"; and {more} more" if more else "")
