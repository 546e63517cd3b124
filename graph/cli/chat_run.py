"""What `chat` does: opens store, run and knowledge base, converses, and says how it ended."""

import asyncio
import shlex
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel

from ..facilitation.model.choice import ModelChoice, check_model, choose_model, open_model
from ..facilitation.model.stopping import Stopper
from ..facilitation.spent import total_of
from ..knowledge.client import open_knowledge
from ..replay.forgetting import forget
from ..replay.opening import journalled, journalled_model, open_journal
from ..runs.location import data_folder, ensure_folder
from ..runs.records import RunRecord
from ..runs.session import RunSession
from ..runs.store import RunStore, open_store
from ..texts import text
from .answers import AnswersFile, read_answers
from .conversation import converse
from .errors import BadInputError, ExitCode, Failure, KnowledgeStoppedError, PausedError, expected_failure
from .knowledge_choice import knowledge_server
from .program import program
from .replies import Replies, Typist
from .screen import Ending, Screen
from .signals import pausing_signals
from .step import compile_step


@dataclass(frozen=True)
class ChatOptions:
    """The options of `chat` as given."""

    project: Path | None = None
    model: str | None = None
    run: str | None = None
    new: bool = False
    answers: Path | None = None
    accept_recommended: bool = False
    output: Path | None = None
    workflow: Path | None = None
    knowledge: str | None = None
    database: str | None = None
    as_json: bool = False

    def command(self, *arguments: str) -> str:
        """A `chat` command with the same surroundings, as a shell takes it."""
        given = [
            ("--model", self.model),
            ("--workflow", self.workflow),
            ("--knowledge", self.knowledge),
            ("--database", self.database),
        ]
        options = [part for name, value in given if value is not None for part in (name, str(value))]
        return shlex.join([program(), "chat", *arguments, *options])


async def run_chat(options: ChatOptions) -> ExitCode:
    """Hold the conversation and return the exit code.

    Raises:
        Exception: Anything that is not an ending of a conversation; `main` reports it.
    """
    answers = read_answers(options.answers) if options.answers else None
    screen = choose_screen(options)
    typist = choose_typist(options)
    chat = Chat(options, screen, Replies(typist, answers=answers, accept_recommended=options.accept_recommended))
    with pausing_signals(chat.stopper.stop) as pause:
        try:
            ending = await chat.hold()
        except asyncio.CancelledError:
            if not pause.requested:
                raise
            ending = chat.paused(PausedError())
    screen.ended(ending)
    if answers is not None and ending.code is ExitCode.DONE:
        warn_of_leftovers(answers)
    return ending.code


class Chat:
    """One `chat` command from its run to its ending."""

    def __init__(self, options: ChatOptions, screen: Screen, replies: Replies) -> None:
        self._options = options
        self._screen = screen
        self._replies = replies
        self._run: RunRecord | None = None
        self._session: RunSession | None = None
        self._choice: ModelChoice | None = None
        self._leaving = False
        self.stopper = Stopper()
        """Stops what a model is saying."""

    async def hold(self) -> Ending:
        """Open everything, converse, and close everything."""
        project = project_folder(self._options)
        output = self._options.output.expanduser().resolve() if self._options.output else None
        async with AsyncExitStack() as stack:
            store = await stack.enter_async_context(open_store(self._options.database))
            run = await store.runs.claim(project, output=output, name=self._options.run, new=self._options.new)
            self._run = run
            await stack.enter_async_context(store.lease(run.name))
            if run.finished:
                return await self._finished_before(store, run)
            model = await self._model()
            self._run = run = await store.runs.use_model(run, self._choice.spec if self._choice else "")
            server = knowledge_server(self._options.knowledge, Path(run.project), self._options.workflow)
            knowledge = await stack.enter_async_context(open_knowledge(server))
            journal = await open_journal(store, run)
            asked, files = journalled(knowledge, journal)
            step = compile_step(asked, store.saver, journalled_model(model, journal), self.stopper, files)
            session = RunSession(step, run, store.runs, self._show, journal)
            self._session = session
            with self._screen.working():
                await self._begin(session, store)
            knowledge.start()  # while the first answers are typed, but not while their question is being prepared
            return await self._converse(session)

    async def _model(self) -> BaseChatModel | None:
        """The chosen model once it has answered a first, tiny call; None in guided mode.

        Raises:
            ModelChoiceError: It cannot be used.
        """
        self._choice = choose_model(self._options.model)
        if self._choice is None:
            return None
        model = open_model(self._choice)
        await check_model(model, self._choice)
        return model

    def paused(self, reason: PausedError) -> Ending:
        """The ending of a conversation that can be continued."""
        name = self._run.name if self._run else ""
        command = self._options.command("--run", name) if name else self._options.command()
        stopped = isinstance(reason, KnowledgeStoppedError)
        note = text("terminal", "knowledge_stopped" if stopped else "paused", command=command)
        return Ending(
            ExitCode.KNOWLEDGE_UNAVAILABLE if stopped else ExitCode.PAUSED,
            name,
            "knowledge_unavailable" if stopped else "paused",
            "\n".join(part for part in (reason.reason, self._spent(), note) if part),
        )

    async def _converse(self, session: RunSession) -> Ending:
        run = session.run
        self._screen.opened(run.name, run.project, output=run.output, continued=session.continued)
        if not self._options.as_json:
            chosen = {"model": str(self._choice)} if self._choice else {}
            self._screen.note(text("model_choice", "with_model" if self._choice else "choice", **chosen))
        try:
            await converse(session, self._replies, self._screen, lambda: self._leaving)
        except PausedError as reason:
            return self.paused(reason)
        return self._done(session.run, session.result(), again=False)

    async def _begin(self, session: RunSession, store: RunStore) -> None:
        """Bring the run to its first question; a project that cannot be read leaves no run behind."""
        inputs = {"project_dir": session.run.project, "output_dir": session.run.output}
        if self._options.workflow is not None:
            inputs["workflow_dir"] = str(self._options.workflow.expanduser().resolve())
        try:
            await session.start({key: value for key, value in inputs.items() if value})
        except Exception as error:
            if not session.continued and isinstance(expected_failure(error), Failure):
                await forget(store, session.run.name)
            raise

    async def _finished_before(self, store: RunStore, run: RunRecord) -> Ending:
        session = RunSession(compile_step(saver=store.saver), run, store.runs, self._show)
        await session.start({})
        return self._done(run, session.result(), again=True)

    def _done(self, run: RunRecord, result: Mapping[str, Any], *, again: bool) -> Ending:
        output = ("--output", run.output) if run.output else ()
        command = self._options.command(run.project, "--new", *output)
        note = text("terminal", "finished", name=run.name, status=run.status, command=command) if again else ""
        note = "\n".join(part for part in (self._spent(), note) if part)
        return Ending(ExitCode.DONE, run.name, str(result.get("status", run.status)), note, result)

    def _spent(self) -> str:
        """What the run's model has taken so far; empty where there was none."""
        total = total_of(self._session.usage if self._session else [])
        return text("model_choice", "spent", **total) if total["calls"] else ""

    async def _show(self, event: Mapping[str, Any]) -> None:
        self._leaving = self._leaving or event.get("event") == "leave"
        self._screen.event(event)


def project_folder(options: ChatOptions) -> Path | None:
    """The project that the command means, absolute; None where only a run is named.

    Raises:
        BadInputError: There is no such folder, or none is given and the current one is no project.
    """
    if options.project is not None:
        folder = options.project.expanduser().resolve()
        if not folder.is_dir():
            raise BadInputError(
                f"There is no project folder {options.project}.",
                f"Create one with: {program()} init {shlex.quote(str(options.project))}",
            )
        return folder
    if options.run is not None:
        return None
    here = Path.cwd()
    if (here / "sidecar.yaml").is_file():
        return here
    raise BadInputError(
        "No project is given, and the current folder has no sidecar.yaml.",
        f"Name a project folder, or create one with: {program()} init PROJECT",
    )


def choose_screen(options: ChatOptions) -> Screen:
    """JSON where asked for, the terminal's own where there is one, else plain text."""
    if options.as_json:
        from .json_screen import JsonScreen

        return JsonScreen(sys.stdout)
    if sys.stdout.isatty():
        from .rich_screen import RichScreen

        return RichScreen(sys.stdout)
    from .plain_screen import PlainScreen

    return PlainScreen(sys.stdout)


def choose_typist(options: ChatOptions) -> Typist:
    """A prompt at a terminal, else standard input line by line."""
    if sys.stdin.isatty() and sys.stdout.isatty() and not options.as_json:
        from .prompt import TerminalTypist

        return TerminalTypist(ensure_folder(data_folder()) / "history")
    from .typists import LineReader, LineTypist

    return LineTypist(LineReader(sys.stdin.fileno()), objects=options.as_json)


def warn_of_leftovers(answers: AnswersFile) -> None:
    """Say which replies of the file were not used."""
    for key, entry in answers.unused():
        phrase = "leftover" if entry.asked else "never_asked"
        count = len(entry.replies)
        said = text("terminal", phrase, file=answers.path, line=entry.line, question=key, count=count)
        sys.stderr.write(f"warning: {said}\n")
