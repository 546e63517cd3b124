"""The prompt of the terminal: history, suggestions, several lines, completion."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.output import Output
from prompt_toolkit.output.defaults import create_output
from prompt_toolkit.output.vt100 import Vt100_Output
from typing_extensions import override

from ..texts import text
from .cleaning import clean
from .errors import PausedError
from .replies import Typist
from .slash import COMMANDS


class TerminalTypist(Typist):
    """Someone at a terminal."""

    def __init__(self, history_file: Path | None) -> None:
        self._completer = ReplyCompleter()
        self._session: PromptSession[str] = PromptSession(
            message="> ",
            history=open_history(history_file),
            auto_suggest=AutoSuggestFromHistory(),
            completer=self._completer,
            complete_while_typing=Condition(self._types_a_command),
            key_bindings=key_bindings(),
            multiline=True,
            prompt_continuation="… ",
            placeholder=self._hint,
            reserve_space_for_menu=4,
            output=quiet_output(),
        )

    @override
    async def read(self, question: Mapping[str, Any]) -> Any:
        """The next reply.

        Raises:
            PausedError: Ctrl-C, or Ctrl-D on an empty line.
        """
        self._completer.question = question
        try:
            # Signals stay with the program's own handlers; Ctrl-C arrives here as a key.
            return clean(await self._session.prompt_async(handle_sigint=False))
        except (EOFError, KeyboardInterrupt) as error:
            raise PausedError from error

    def _hint(self) -> StyleAndTextTuples:
        """What can be typed, while nothing is; it does not stay behind when the reply is given."""
        if get_app().is_done:
            return []
        kind = hint_of(self._completer.question)
        return [("class:placeholder fg:ansibrightblack", text("terminal", f"prompt_hint_{kind}"))]

    def _types_a_command(self) -> bool:
        return self._session.default_buffer.text.startswith("/")


def hint_of(question: Mapping[str, Any]) -> str:
    """Which hint fits a question: its kind, `part` of a choice at the menu, or `open` where nothing is recommended."""
    kind = str(question.get("kind", "question"))
    if kind == "menu" and "." in str(question.get("question_key", "")):
        return "part"
    needed = [field for field in question.get("fields", []) if field.get("required")]
    if kind == "question" and any(field.get("recommended") is None and not field.get("open_as") for field in needed):
        return "open"
    return kind


class ReplyCompleter(Completer):
    """Completes slash commands, and the choices and field names of the pending question."""

    def __init__(self) -> None:
        self.question: Mapping[str, Any] = {}

    @override
    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """What could stand at the cursor."""
        before = document.text_before_cursor
        if before.startswith("/") and " " not in before:
            for command in COMMANDS:
                if command.name.startswith(before[1:].lower()):
                    yield Completion("/" + command.name, start_position=-len(before), display_meta=command.help)
            return
        word = document.get_word_before_cursor(WORD=True)
        for candidate in self._candidates():
            if candidate.lower().startswith(word.lower()):
                yield Completion(candidate, start_position=-len(word))

    def _candidates(self) -> list[str]:
        fields = self.question.get("fields", [])
        choices = [str(choice["value"]) for field in fields for choice in field.get("choices", [])]
        return list(dict.fromkeys([*choices, *(str(field["name"]) for field in fields)]))


def key_bindings() -> KeyBindings:
    """Enter sends; Alt-Enter, or a backslash before Enter, begins a new line."""
    bindings = KeyBindings()

    @bindings.add("enter")
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if buffer.document.text_before_cursor.endswith("\\") and buffer.document.is_cursor_at_the_end:
            buffer.delete_before_cursor()
            buffer.insert_text("\n")
        else:
            buffer.validate_and_handle()

    @bindings.add("escape", "enter")
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    return bindings


def open_history(file: Path | None) -> History:
    """The history of earlier replies; one that cannot be kept lasts for this conversation only."""
    if file is None:
        return InMemoryHistory()
    try:
        file.touch(mode=0o600)
    except OSError:
        return InMemoryHistory()
    return FileHistory(str(file))


def quiet_output() -> Output:
    """Output that does not ask the terminal where its cursor is: one that never answers would draw a warning."""
    output = create_output()
    if isinstance(output, Vt100_Output):
        output.enable_cpr = False
    return output
