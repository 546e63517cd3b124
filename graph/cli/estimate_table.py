"""An estimate as people read it: in colour and with bars at a terminal, plain in a pipe."""

import io
from collections.abc import Iterator
from typing import TextIO

from rich.console import Console
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from ..planning.ladder import Ladder, Rung
from ..planning.time_and_cost import CostEstimate, TimeEstimate
from ..readable_numbers import duration
from ..texts import text
from .cleaning import clean
from .estimating import Answer

COLUMNS = 80
BAR = 24
"""Columns of the longest bar."""

STYLES = {"fits": "bold green", "tight": "bold yellow", "does_not_fit": "bold red", "unknown": "bold"}
PHRASES = "estimate"


def show(answer: Answer, out: TextIO) -> None:
    """Print the whole estimate in at most 80 columns."""
    probe = Console(file=out)
    width = min(COLUMNS, probe.width)
    if probe.is_terminal:
        _show(answer, Console(file=out, markup=False, highlight=False, emoji=False, width=width))
        return
    drawn = io.StringIO()
    _show(answer, Console(file=drawn, markup=False, highlight=False, emoji=False, width=width))
    out.write("".join(f"{line.rstrip()}\n" for line in drawn.getvalue().splitlines()))


def _show(answer: Answer, console: Console) -> None:
    console.print()
    console.print(_title(answer, rule=console.is_terminal))
    console.print()
    console.print(_verdict(answer))
    console.print()
    console.print(_memory(answer, bars=console.is_terminal))
    console.print()
    console.print(_figures(answer))
    console.print()
    if answer.ladder is not None:
        _show_ladder(console, answer.ladder)
    if answer.ladder is not None or answer.result.verdict is None:
        names = [card.name if "GB" in card.name else f"{card.name} {card.vram_gb:g} GB" for card in answer.fitting]
        listed = ", ".join(names) or text(PHRASES, "fits_on_none")
        console.print(_hanging(f"{text(PHRASES, 'fits_on')}:", listed))
        console.print()
    _show_sources(console, answer)


def _title(answer: Answer, *, rule: bool) -> Rule | Text:
    result = answer.result
    title = text(
        PHRASES,
        "title",
        model=clean(result.shape.name),
        method=text(PHRASES, f"method_{result.setup.method}"),
        stage=text(PHRASES, f"stage_{result.setup.stage}"),
        gpus=result.setup.gpus,
        gpu=f"{result.card.name} {result.card.vram_gb:g} GB" if result.card else "",
    )
    return Rule(Text(title, style="bold cyan"), style="cyan") if rule else Text(title)


def _verdict(answer: Answer) -> Text:
    fit, memory = answer.result.verdict, answer.result.memory
    kind = "unknown" if fit is None else fit.fit
    said = text(
        PHRASES,
        f"verdict_{kind}",
        needed=f"{memory.total_gib:.1f}",
        percent=f"{memory.uncertainty * 100:.0f}",
        each=_each(answer),
        **({} if fit is None else {"usable": f"{fit.usable_gib:.1f}"}),
    )
    head, dot, rest = said.partition(". ")
    return Text.assemble((head + dot, STYLES[kind]), rest)


def _each(answer: Answer) -> str:
    return f" {text(PHRASES, 'each')}" if answer.result.setup.gpus > 1 else ""


def _memory(answer: Answer, *, bars: bool) -> Table:
    memory, fit = answer.result.memory, answer.result.verdict
    table = _table(text(PHRASES, "memory", each=_each(answer)), "", text(PHRASES, "gib"))
    largest = max(memory.breakdown_gib.values())
    for part, gib in memory.breakdown_gib.items():
        bar = "█" * round(BAR * gib / largest) if bars else ""
        table.add_row(text(PHRASES, part), Text(bar, style="cyan"), f"{gib:.2f}")
    low, high = (memory.total_gib * (1 + sign * memory.uncertainty) for sign in (-1, 1))
    table.add_row(Text(text(PHRASES, "total"), style="bold"), "", Text(f"{memory.total_gib:.2f}", style="bold"))
    table.add_row(text(PHRASES, "range"), "", f"{low:.1f} – {high:.1f}")
    if fit is not None:
        table.add_row(text(PHRASES, "usable"), "", f"{fit.usable_gib:.2f}")
    return table


def _figures(answer: Answer) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    for name, value in _named_figures(answer):
        table.add_row(text(PHRASES, name), value)
    return table


def _named_figures(answer: Answer) -> Iterator[tuple[str, str]]:
    result, setup = answer.result, answer.result.setup
    share = 100 * result.trainable_parameters / result.shape.params
    yield (
        "trainable",
        text(
            PHRASES,
            "trainable_value",
            count=f"{result.trainable_parameters:,}",
            percent=f"{share:.3g} %",
            all=_short(result.shape.params),
        ),
    )
    if (fit := result.verdict) is not None:
        batch = {"batch": f"{fit.largest_batch:,}", "length": f"{setup.max_length:,}"}
        length = {"batch": f"{setup.batch_size:,}", "length": f"{fit.largest_length:,}"}
        nothing = text(PHRASES, "none_fits")
        yield "largest_batch", text(PHRASES, "largest_batch_value", **batch) if fit.largest_batch else nothing
        yield "largest_length", text(PHRASES, "largest_length_value", **length) if fit.largest_length else nothing
    yield "time", _time(result.time) or _unknown(answer, "time_hours")
    yield "cost", _cost(result.cost) or _unknown(answer, "cost_usd")


def _unknown(answer: Answer, figure: str) -> str:
    return text(PHRASES, "unknown_value", why=answer.result.unknown[figure])


def _time(time: TimeEstimate | None) -> str:
    if time is None:
        return ""
    low, high = duration(time.low_hours), duration(time.high_hours)
    return text(PHRASES, "time_value", low=low, high=high, steps=f"{time.steps:,}", tokens=_short(time.tokens))


def _cost(cost: CostEstimate | None) -> str:
    if cost is None:
        return ""
    digits = 2 if cost.high_usd < 10 else 0
    return text(PHRASES, "cost_value", low=f"{cost.low_usd:,.{digits}f}", high=f"{cost.high_usd:,.{digits}f}")


def _show_ladder(console: Console, steps: Ladder) -> None:
    first = steps.first_fit
    shown = steps.rungs[: steps.rungs.index(first) + 1] if first else steps.rungs
    table = _table(text(PHRASES, "ladder"), "", text(PHRASES, "gib"))
    for number, rung in enumerate(shown):
        table.add_row(_rung(number, rung), Text(text(PHRASES, f"fit_{rung.fit}"), style=STYLES[rung.fit]), _gib(rung))
    console.print(table)
    scope = any(rung.changes_scope for rung in shown)
    console.print(Text(text(PHRASES, "rungs_add_up", scope=scope), style="dim"))
    if first is None:
        console.print(Text(text(PHRASES, "nothing_fits")))
    console.print()


def _rung(number: int, rung: Rung) -> Text:
    said = text(PHRASES, f"rung_{rung.name}", **rung.changes)
    return Text(clean(f"{number}  {said}{' *' if rung.changes_scope else ''}"))


def _gib(rung: Rung) -> str:
    return f"{rung.memory.total_gib:.1f}"


def _show_sources(console: Console, answer: Answer) -> None:
    settings = ", ".join(_setting(name, value) for name, value in answer.settings().items())
    console.print(_hanging(f"{text(PHRASES, 'settings')}:", settings, "dim"))
    console.print()
    console.print(Text(text(PHRASES, "sources"), style="dim"))
    for source in dict.fromkeys(source for found in answer.as_json()["sources"].values() for source in found):
        console.print(_hanging("-", source, "dim"))


def _hanging(mark: str, words: str, style: str = "") -> Table:
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_row(Text(mark, style=style), Text(clean(words), style=style))
    return grid


def _setting(name: str, value: object) -> str:
    if isinstance(value, bool):
        shown = "yes" if value else "no"
    else:
        shown = " ".join(value) if isinstance(value, list) else str(value)
    return f"{name.replace('_', ' ')} {shown}"


def _table(*headers: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column, header in enumerate(headers):
        table.add_column(header, justify="right" if column == len(headers) - 1 else "left")
    return table


def _short(count: float) -> str:
    for size, unit in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count:.0f}"
