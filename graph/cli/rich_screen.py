"""The terminal: Markdown in 80 columns, the progress as a rule, a spinner while the step works."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, TextIO

from markdown_it import MarkdownIt
from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import Markdown, MarkdownElement, TableElement
from rich.rule import Rule
from rich.status import Status
from rich.table import Table
from rich.text import Text
from typing_extensions import override

from ..texts import text
from .cleaning import clean
from .plain_screen import event_text, progress_line, reply_text
from .replies import Reply
from .screen import Ending, Said, Screen

COLUMNS = 80
RULE_ENDS = 4
"""Columns that a rule needs beside its title."""
PARTS = {"message": "message", "consulting": "consult", "consulted": "consult", "decision": "result", "file": "result"}
"""What belongs together, by event."""
HEARD = 800
"""Characters of a reply that are seen while it arrives."""


class RichScreen(Screen):
    """Draws the conversation; what others wrote is only ever Markdown or literal text, never Rich markup."""

    def __init__(self, out: TextIO) -> None:
        probe = Console(file=out, highlight=False)
        self._console = Console(file=out, markup=False, highlight=False, emoji=False, width=min(COLUMNS, probe.width))
        self._status: Status | None = None
        self._heard = ""
        self._said = Said()
        self._part = ""
        """What was drawn last: the parts stand apart by a blank line."""

    def opened(self, run: str, project: str, *, continued: bool, output: str = "") -> None:
        """Say which run this is."""
        self._part = "banner"
        self._dim(text("terminal", "banner", name=run, project=project, output=output))
        if continued:
            self._dim(text("terminal", "continuing", name=run))

    def question(self, payload: Mapping[str, Any]) -> None:
        """Draw how far we are, and the question."""
        self._begin("question", again=True)
        progress = Text(clean(progress_line(payload)), style="bold cyan")
        if progress.cell_len + RULE_ENDS > self._console.width:
            self._console.print(Rule(style="cyan"), progress)
        else:
            self._console.print(Rule(progress, style="cyan"))
        self._console.print()
        self._markdown(self._said.rest_of(str(payload["message"])))
        self._console.print()

    @override
    def reply(self, question_key: str, reply: Reply) -> None:
        """Show a reply that was not typed here."""
        self._part = "reply"
        if reply.origin != "typed":
            self._dim(f"> {reply_text(reply)}")

    def event(self, event: Mapping[str, Any]) -> None:
        """Show what the step reports; while it works, the spinner says what is asked."""
        line = event_text(event)
        kind = event.get("event")
        if kind == "token":
            self._hear(event)
        if line is None:
            return
        self._begin(PARTS.get(str(kind), ""), again=kind in ("message", "consulting"))
        if kind == "message":
            self._markdown(line)
            self._said.heard(line)
        elif kind == "decision":
            self._console.print(Text(clean(f"✓ {line}"), style="green"))
        elif kind == "consulting":
            for part in line.splitlines():
                self._console.print(_hanging(clean(part)))
        else:
            self._dim(line)
        if kind == "consulting" and self._status is not None:
            self._status.update(Text(f"{text('terminal', 'consulting')} …"))

    def _begin(self, part: str, *, again: bool = False) -> None:
        """A blank line before something of another kind; `again` before any further one of the same kind as well."""
        if again or part != self._part:
            self._console.print()
        self._part = part

    def _hear(self, event: Mapping[str, Any]) -> None:
        """Show the end of what a model is saying; the whole of it comes with the question."""
        self._heard = "" if event.get("restart") else self._heard + str(event.get("text", ""))
        if self._status is not None:
            self._status.update(Text(clean(self._heard)[-HEARD:] or f"{text('terminal', 'thinking')} …"))

    def note(self, markdown: str) -> None:
        """Show what the terminal has to say."""
        if self._part != "banner":
            self._console.print()
        self._markdown(markdown)
        self._console.print()

    @contextmanager
    def working(self) -> Iterator[None]:
        """A spinner until the next question."""
        with self._console.status(Text(f"{text('terminal', 'thinking')} …")) as self._status:
            yield
        self._status, self._heard = None, ""

    def ended(self, ending: Ending) -> None:
        """Show the farewell, and what to do now with the command on a line of its own."""
        self._console.print()
        if message := str(ending.result.get("message", "")):
            self._markdown(message)
            self._console.print()
        for line in clean(ending.note).splitlines():
            # A command stays on one line, so that it can be copied.
            self._console.print(Text(line), soft_wrap=line.startswith("  "))

    def _markdown(self, written: str) -> None:
        self._console.print(LiteralMarkdown(clean(written)))

    def _dim(self, line: str) -> None:
        self._console.print(Text(clean(line), style="dim"))


def _hanging(line: str) -> Table | Text:
    """A line in grey whose wrapped part stands below its text, not below its dash."""
    if not line.startswith("- "):
        return Text(line, style="dim")
    grid = Table.grid()
    grid.add_row(Text("- ", style="dim"), Text(line[2:], style="dim"))
    return grid


class FoldingTable(TableElement):
    """A table that breaks long words over lines, where Rich's own cuts them off."""

    @override
    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The table as Rich draws it, with no cell cut off."""
        for drawn in super().__rich_console__(console, options):
            if isinstance(drawn, Table):
                for column in drawn.columns:
                    column.overflow = "fold"
            yield drawn


class LiteralMarkdown(Markdown):
    """Markdown in which HTML is text: left to itself, Rich drops every tag, and with it words such as `<name>`."""

    elements: ClassVar[dict[str, type[MarkdownElement]]] = {**Markdown.elements, "table_open": FoldingTable}

    def __init__(self, written: str) -> None:
        super().__init__(written, hyperlinks=False)
        parser = MarkdownIt("commonmark", {"html": False}).enable("strikethrough").enable("table")
        self.parsed = parser.parse(written)
