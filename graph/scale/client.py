"""Submitting replies to runs that workers serve, and following them."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from dbos import DBOSClient, EnqueueOptions, WorkflowHandleAsync  # type: ignore[import-not-found, unused-ignore]
from dbos import error as dbos_errors  # type: ignore[import-not-found, unused-ignore]
from pydantic import ValidationError

from ..interrupts import Resume
from ..runs.errors import InvalidReplyError
from ..runs.records import RunRecord
from ..runs.session import Event
from ..runs.store import RunStore, open_store
from .queue import open_queue
from .turn import APPLICATION, EVENTS, OPENING, QUEUE, REPLYING, VERSION, Turn, TurnFailedError

POLL_SECONDS = 0.05
LOOK_SECONDS = 5.0
"""How often a caller that waits looks whether its turn is still there."""

OnEvent = Callable[[Event], Awaitable[None]]


class Client:
    """Starts runs, and submits replies to them; workers do the rest. Use `open_client` to get one."""

    def __init__(self, queue: DBOSClient, store: RunStore) -> None:
        self._queue = queue
        self._store = store

    async def start(
        self,
        project: Path,
        *,
        name: str | None = None,
        new: bool = False,
        output: Path | None = None,
        inputs: Mapping[str, Any] | None = None,
        on_event: OnEvent | None = None,
    ) -> Turn:
        """The project's open run, or a new one, at its pending question.

        Args:
            project: The project folder, as the workers see it.
            name: The run's name; made from the folder's by default.
            new: Start a run although the project has one.
            output: A folder for a copy of the project, which is written to instead.
            inputs: More of the step's input, such as `documents` in place of the folder's.
            on_event: Is told what the turn does, while it does it.

        Raises:
            RunError: The run cannot be started so.
            TurnFailedError: The project cannot be read.
        """
        folder, copy = _absolute(project), _absolute(output) if output else None
        run = await self._store.runs.claim(folder, name=name, new=new, output=copy)
        given: dict[str, Any] = dict(inputs or {})
        if "documents" not in given:
            given["project_dir"] = run.project
            if run.output:
                given["output_dir"] = run.output
        return await self.open(run.name, given, on_event=on_event)

    async def open(self, run: str, inputs: Mapping[str, Any] | None = None, *, on_event: OnEvent | None = None) -> Turn:
        """Where a run stands, after whatever was cut off has gone on.

        Raises:
            UnknownRunError: There is none of that name.
            TurnFailedError: It could not go on.
        """
        await self._store.runs.claim(None, name=run)
        return await self._carry_out(f"{run}:open:{secrets.token_hex(8)}", OPENING, run, on_event, run, inputs or {})

    async def submit(self, run: str, interrupt_id: str, reply: Any, *, on_event: OnEvent | None = None) -> Turn:
        """Submit a reply to a question and follow the run to its next question or its end.

        Submitting to the same question again applies nothing again: it follows the turn that is under way, or returns
        what came of it. So a caller that does not know whether its reply has arrived submits it again.

        Args:
            run: The run's name.
            interrupt_id: The question that the reply is meant for.
            reply: Text, `{"fields": {…}}` or `{"decisions": [{…}]}`.
            on_event: Is told what the turn does, while it does it.

        Raises:
            InvalidReplyError: The reply has none of the accepted forms; nothing was submitted.
            TurnFailedError: The turn could not be carried out. Submitting again tries again.
        """
        try:
            Resume.model_validate(reply)
        except ValidationError as error:
            raise InvalidReplyError('A reply is text, {"fields": {…}}, or {"decisions": [{…}]}.') from error
        turn = await self._turn_id(run, interrupt_id)
        return await self._carry_out(turn, REPLYING, run, on_event, run, interrupt_id, reply)

    async def runs(self) -> list[RunRecord]:
        """Every run, the one touched last first."""
        return await self._store.runs.all()

    async def _turn_id(self, run: str, interrupt_id: str) -> str:
        """The name of the turn that answers a question; after one that failed, of the next attempt."""
        prefix = f"{run}:{interrupt_id}:"
        tried = await self._queue.list_workflows_async(workflow_id_prefix=prefix, load_input=False)
        failed = [
            turn
            for turn in tried
            if turn.status in ("ERROR", "CANCELLED") or (turn.output or {}).get("standing") == "failed"
        ]
        return f"{prefix}{len(failed) + 1}"

    async def _carry_out(self, turn: str, what: str, run: str, on_event: OnEvent | None, *arguments: Any) -> Turn:
        options: EnqueueOptions = {
            "workflow_name": what,
            "workflow_id": turn,
            "queue_name": QUEUE,
            "queue_partition_key": run,
            "app_version": VERSION,
            "application_name": APPLICATION,
        }
        handle: WorkflowHandleAsync[dict[str, Any]] = await self._queue.enqueue_async(options, *arguments)
        following = asyncio.create_task(self._follow(turn, on_event)) if on_event else None
        try:
            outcome = Turn(**await _result(handle))
            if following is not None:
                await following
        finally:
            if following is not None:
                following.cancel()
        if outcome.standing == "failed":
            raise TurnFailedError(outcome.problem, "")
        return outcome

    async def _follow(self, turn: str, on_event: OnEvent) -> None:
        events = self._queue.read_stream_async(turn, EVENTS, polling_interval_sec=POLL_SECONDS)
        with suppress(dbos_errors.DBOSNonExistentWorkflowError):  # a turn that was removed has no more to tell
            async for event in events:
                await on_event(event)


async def _result(handle: "WorkflowHandleAsync[dict[str, Any]]") -> dict[str, Any]:
    """What came of a turn; DBOS itself would wait for ever for one that has been removed."""
    waiting = asyncio.ensure_future(handle.get_result(polling_interval_sec=POLL_SECONDS))
    try:
        while not (await asyncio.wait({waiting}, timeout=LOOK_SECONDS))[0]:
            await handle.get_status()
        return await waiting
    except dbos_errors.DBOSAwaitedWorkflowCancelledError as error:
        raise TurnFailedError(
            "The turn was given up, because one worker after another died over it.",
            "See why in their logs; submitting again tries again.",
        ) from error
    except dbos_errors.DBOSNonExistentWorkflowError as error:
        raise TurnFailedError(
            "The turn was removed before its outcome was read.", "Open the run to see where it stands."
        ) from error
    finally:
        waiting.cancel()


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100  (the folder may be on the workers' machines only)


@asynccontextmanager
async def open_client(database: str) -> AsyncIterator[Client]:
    """A client for the runs of a database that workers serve.

    Args:
        database: `postgresql://…`, the same that the workers were given.

    Raises:
        StoreUnavailableError: It cannot be opened, or no worker has set it up yet.
    """
    async with open_store(database) as store, open_queue(database) as queue:
        yield Client(queue, store)
