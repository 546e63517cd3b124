"""A turn of a conversation in Markdown, as a chat page shows it."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..project.writing.places import SPEC_PATH
from ..runs.session import Event
from ..texts import text
from .conversations import Standing


def turn_said(done: Standing) -> list[str]:
    """The messages of a turn: what was done and what is asked now, or the finished specification and the farewell."""
    if done.result:
        return ending_said(done)
    message = str(done.question["message"])
    parts = [hindrance_said(done), *events_said(done.events, message), progress_said(done.question), message]
    return ["\n\n".join(part for part in parts if part)]


def ending_said(done: Standing) -> list[str]:
    """The end, or that it had come before."""
    if not done.applied:
        return [text("serving", "finished_before")]
    farewell = str(done.result.get("message", ""))
    parts = [*events_said(done.events, farewell), farewell]
    written = done.result.get("artifacts", {}).get(SPEC_PATH)
    shown = [text("serving", "written", path=SPEC_PATH, written=written)] if written else []
    return [*shown, "\n\n".join(part for part in parts if part)]


def hindrance_said(done: Standing) -> str:
    """Why a reply was not taken in; empty where it was."""
    if done.applied:
        return ""
    return text("serving", "refused", problem=done.problem) if done.problem else text("serving", "moved_on")


def events_said(events: Sequence[Event], following: str) -> list[str]:
    """What the step reported: decisions and files as a list, and notices that what follows does not repeat."""
    notices = [str(event["text"]) for event in events if event.get("event") == "message"]
    kinds = ("decision", "file")
    done = [text("serving", str(event["event"]), **event) for event in events if event.get("event") in kinds]
    return [*(notice for notice in notices if notice.strip() not in following), "\n".join(done)]


def progress_said(question: Mapping[str, Any]) -> str:
    """Which section asks, and how many are done."""
    return text("serving", "progress", **{key: question[key] for key in ("section", "title", "progress")})
