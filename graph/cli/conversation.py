"""The conversation: question after question until the step has come to its end."""

from collections.abc import Callable

from ..runs.errors import InvalidReplyError
from ..runs.session import Pending, RunSession
from ..texts import text
from .errors import KnowledgeStoppedError, PausedError
from .replies import Replies, Reply, means_stop
from .screen import Screen
from .slash import find_command, help_text, is_command, unknown_command


async def converse(
    session: RunSession, replies: Replies, screen: Screen, leaving: Callable[[], bool] = lambda: False
) -> None:
    """Ask and answer until the run is finished; `leaving` says whether the last reply asked to stop here.

    Raises:
        PausedError: Whoever answers has left, or has nothing more to say.
    """
    while (question := session.pending) is not None:
        screen.question(question.payload)
        reply = await next_reply(question, replies, screen)
        screen.reply(question.question_key, reply)
        try:
            with screen.working():
                await session.answer(reply.value)
        except InvalidReplyError as error:
            screen.note(text("terminal", "reply_refused", problem=str(error)))
        if leaving():
            raise PausedError
        replies.settled(question, session.pending)
        if (
            means_stop(question, reply.value)
            and session.pending
            and session.pending.question_key == question.question_key
        ):
            raise KnowledgeStoppedError


async def next_reply(question: Pending, replies: Replies, screen: Screen) -> Reply:
    """The next reply that is meant for the step; commands of the terminal are carried out on the way.

    Raises:
        PausedError: The user leaves.
    """
    while True:
        reply = await replies.to(question)
        typed = reply.value
        if reply.origin != "typed" or not isinstance(typed, str) or not is_command(typed):
            return reply
        command = find_command(typed)
        if command is None:
            screen.note(unknown_command(typed))
        elif command.handler == "quit":
            raise PausedError
        elif command.handler == "help":
            screen.note(help_text())
        else:
            argument = typed.split(maxsplit=1)[1:]
            return Reply(" ".join([f"/{command.name}", *argument]), "typed")
