"""History, replay and their trees as text for a terminal of 80 columns."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..facilitation.parsing import format_value
from ..fields import fields_of
from ..texts import text
from .comparing import Difference
from .replaying import ReplayReport

WIDTH = 80
SHORT = 400
"""Characters of a question that are shown; `--json` has the whole."""


def history_lines(told: Mapping[str, Any]) -> Iterator[str]:
    """A run's history."""
    run = told["run"]
    yield from _wrapped(text("replay", "history_head", **run), "")
    for turn in told["turns"]:
        yield ""
        yield from _turn(turn)
    if pending := told["pending"]:
        yield ""
        yield from _wrapped(text("replay", "waiting", asked=pending["question_key"], title=pending["title"]), "")
    if told["decisions"]:
        yield ""
        yield text("replay", "decisions")
        for key, decision in told["decisions"].items():
            yield from _wrapped(f"{key}: {decision.get('choice', '')}", "  ")
    if told["files"]:
        yield ""
        yield text("replay", "files")
        yield from (f"  {path}" for path in told["files"])
    if told.get("model_use"):
        yield ""
        yield text("replay", "model_use")
        for node, spent in told["model_use"].items():
            yield from _wrapped(text("replay", "model_spent", node=node, **spent), "  ")
    yield ""
    yield text("replay", "checkpoints")
    yield from tree(told["checkpoints"])


def tree(points: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Checkpoints as a tree: a line each, what follows it, and a step to the right where the run has branched."""
    children: dict[str, list[Mapping[str, Any]]] = {}
    known = {point["id"] for point in points}
    for point in points:
        children.setdefault(point["parent"] if point["parent"] in known else "", []).append(point)
    waiting = [(point, 0) for point in reversed(children.get("", []))]
    while waiting:
        point, depth = waiting.pop()
        following = children.get(point["id"], [])
        yield _point(point, depth, is_head=not following)
        # The oldest branch first and to the right; the newest one, in which the run goes on, stays in line.
        for number, child in enumerate(reversed(following)):
            waiting.append((child, depth if number == 0 else depth + 1))


def replay_lines(report: ReplayReport) -> Iterator[str]:
    """What a replay found."""
    differing = {difference.name for difference in report.differences if difference.subject == "file"}
    for path in report.files:
        yield text("replay", "file_differs" if path in differing else "file_same", path=path)
    for path in report.edited:
        yield text("replay", "file_edited", path=path)
    for difference in report.differences:
        yield ""
        yield from _difference(difference)
    for query in report.unused:
        yield from _wrapped(text("replay", "query_unused", query=query), "")
    for difference in report.answers:
        yield ""
        yield from _difference(difference)
    if report.live and not report.answers:
        yield text("replay", "answers_same")
    yield ""
    verdict = "agrees" if report.agrees else "differs"
    yield from _wrapped(text("replay", verdict, run=report.run, turns=report.turns, count=len(report.differences)), "")


def _turn(turn: Mapping[str, Any]) -> Iterator[str]:
    yield text("replay", "turn", **{key: turn[key] for key in ("number", "section", "question_key")})
    for query in turn["queries"]:
        found = f"{len(query['evidence'])}" if query["status"] == "answered" else query["status"]
        yield from _wrapped(text("replay", "query", found=found, tool=query["tool"], asked=query["text"]), "  ")
    yield from _wrapped(text("replay", "question", said=_ending(turn["question"])), "  ")
    yield from _wrapped(text("replay", "reply", said=_reply(turn["reply"])), "  ")
    if turn["decided"]:
        yield from _wrapped(text("replay", "decided", said=_decided(turn["node"], turn["decided"])), "  ")


def _ending(message: str) -> str:
    """The last paragraph, which holds the question itself."""
    paragraphs = [" ".join(part.split()) for part in message.split("\n\n") if part.strip()]
    return textwrap.shorten(paragraphs[-1], SHORT, placeholder=" …") if paragraphs else ""


def _reply(reply: Mapping[str, Any]) -> str:
    if reply.get("text") is not None:
        return " ".join(str(reply["text"]).split())
    said = ", ".join(f"{name} {_plain(value)}" for name, value in (reply.get("fields") or {}).items())
    rest = text("replay", "rest_recommended") if reply.get("accept_recommended") else ""
    return "; ".join(part for part in (said, rest) if part)


def _decided(node: str, decided: Mapping[str, Any]) -> str:
    """The values as the conversation calls and shows them."""
    fields = {field.name: field for field in fields_of(node)}
    return "; ".join(
        f"{fields[name].called}: {format_value(fields[name], value)}" if name in fields else f"{name}: {_plain(value)}"
        for name, value in decided.items()
        if value is not None
    )


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _point(point: Mapping[str, Any], depth: int, *, is_head: bool) -> str:
    following = ", ".join(point["next"]).replace("__start__", "(start)") or "(end)"
    mark = "*" if is_head else "|"
    came = "" if point["source"] == "loop" else f" ({point['source']})"
    line = f"  {'| ' * depth}{mark} {point['step']:>3}  {following}{came}"
    return f"{line:<58}{point['created'][:19].replace('T', ' ')}"[:WIDTH]


def _difference(difference: Difference) -> Iterator[str]:
    yield from _wrapped(text("replay", f"differs_{difference.subject}", name=difference.name), "")
    for line in difference.text.splitlines():
        yield f"  {line}"


def _wrapped(said: str, indent: str) -> list[str]:
    wrapped = []
    for line in said.splitlines():
        wrapped += textwrap.wrap(
            line, WIDTH, initial_indent=indent, subsequent_indent=f"{indent}  ", break_on_hyphens=False
        ) or [""]
    return wrapped
