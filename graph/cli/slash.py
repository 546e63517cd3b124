"""The slash commands: one list, from which help, completion and documentation derive."""

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from ..texts import text

Handler = Literal["graph", "help", "quit"]


@dataclass(frozen=True)
class SlashCommand:
    """One command: its name without the slash, and who carries it out."""

    name: str
    handler: Handler = "graph"
    """`graph`: the step itself understands it and gets it as typed; the others belong to the terminal."""
    argument: str = ""
    aliases: tuple[str, ...] = ()

    @property
    def usage(self) -> str:
        """How it is typed, without the slash."""
        return f"{self.name} {self.argument}".strip()

    @property
    def help(self) -> str:
        """What it does, in a few words."""
        return text("terminal", f"command_{self.name}")


COMMANDS: tuple[SlashCommand, ...] = (
    SlashCommand("help", handler="help", aliases=("?",)),
    SlashCommand("progress"),
    SlashCommand("sections"),
    SlashCommand("why", argument="[FIELD]"),
    SlashCommand("evidence"),
    SlashCommand("findings"),
    SlashCommand("back"),
    SlashCommand("quit", handler="quit", aliases=("exit", "q")),
)


def is_command(typed: str) -> bool:
    """Whether a line is a command: a slash and one word, so that a path such as `/data/a.jsonl` is an answer."""
    first = typed.split(maxsplit=1)[0] if typed.strip() else ""
    return len(first) > 1 and first.startswith("/") and "/" not in first[1:] and "." not in first


def find_command(typed: str) -> SlashCommand | None:
    """The command that a line names: by its name, another name for it, or a beginning that only one command has."""
    name = typed.split(maxsplit=1)[0].removeprefix("/").lower()
    exact = [command for command in COMMANDS if name == command.name or name in command.aliases]
    begun = exact or [command for command in COMMANDS if command.name.startswith(name)]
    return begun[0] if len(begun) == 1 else None


def help_text() -> str:
    """What `/help` shows, as Markdown."""
    return text("terminal", "help", commands=COMMANDS)


def unknown_command(typed: str) -> str:
    """What is said to a slash and a word that is no command."""
    name = typed.split(maxsplit=1)[0].removeprefix("/")
    closest = get_close_matches(name.lower(), [command.name for command in COMMANDS], n=1)
    return text("terminal", "unknown_command", name=name, closest=closest[0] if closest else "")
