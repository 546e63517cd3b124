"""Standard input without a terminal: one reply a line."""

import asyncio
import json
import os
import threading
from collections.abc import Mapping
from typing import Any

from typing_extensions import override

from .replies import Typist

LONGEST_LINE = 1024 * 1024
"""Bytes after which a line is cut: the step refuses far less, and says so."""


class LineReader:
    """Reads lines from a file descriptor without blocking the event loop.

    The reading thread is a daemon on the bare descriptor: it may wait for ever without keeping the program from
    leaving, which neither `asyncio.to_thread` nor the buffered `sys.stdin` allow. It reads only when asked.
    """

    def __init__(self, descriptor: int = 0) -> None:
        self._descriptor = descriptor
        self._buffer = b""
        self._ended = False

    async def line(self) -> str:
        """The next line, without its end.

        Raises:
            EOFError: There are no more.
        """
        while b"\n" not in self._buffer and not self._ended and len(self._buffer) < LONGEST_LINE:
            chunk = await self._chunk()
            self._ended = not chunk
            self._buffer += chunk
        if self._ended and not self._buffer:
            raise EOFError
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.decode("utf-8", errors="replace").removesuffix("\r")

    async def _chunk(self) -> bytes:
        loop = asyncio.get_running_loop()
        arrived: asyncio.Future[bytes] = loop.create_future()

        def deliver(chunk: bytes) -> None:
            if not arrived.done():
                arrived.set_result(chunk)

        def read() -> None:
            try:
                chunk = os.read(self._descriptor, 65536)
            except OSError:  # a closed or unreadable input has no replies
                chunk = b""
            if not loop.is_closed():
                loop.call_soon_threadsafe(deliver, chunk)

        threading.Thread(target=read, daemon=True, name="standard-input").start()
        return await arrived


class LineTypist(Typist):
    """Replies from lines; a backslash at the end of one continues it on the next."""

    def __init__(self, reader: LineReader, *, objects: bool = False) -> None:
        self._reader = reader
        self._objects = objects
        """Whether a line that is a JSON object is a resume value."""

    @override
    async def read(self, question: Mapping[str, Any]) -> Any:
        """The next reply.

        Raises:
            EOFError: There will be none.
        """
        lines = [await self._reader.line()]
        while lines[-1].endswith("\\"):
            lines[-1] = lines[-1][:-1]
            lines.append(await self._reader.line())
        typed = "\n".join(lines)
        return self._object(typed) if self._objects and typed.lstrip().startswith("{") else typed

    def _object(self, typed: str) -> Any:
        try:
            return json.loads(typed)
        except (json.JSONDecodeError, RecursionError):
            return typed
