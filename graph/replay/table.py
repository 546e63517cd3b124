"""The journals of all runs in one table beside the checkpoints; rows are added, and removed with their run only."""

from collections.abc import Sequence

from ..runs.records import Sql
from .entries import Kind, Row

SCHEMA = """
CREATE TABLE IF NOT EXISTS journal (
    run TEXT NOT NULL,
    number INTEGER NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    seal TEXT NOT NULL,
    content BYTEA NOT NULL,
    PRIMARY KEY (run, number)
)
"""


class JournalTable:
    """Reads and adds rows."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def setup(self) -> None:
        """Create the table where it is missing."""
        if not await self._sql.columns("journal"):
            async with self._sql.exclusive():
                await self._sql.execute(SCHEMA)

    async def add(self, run: str, rows: Sequence[Row]) -> None:
        """Append rows; one that is there already is an error of the database, never replaced."""
        for row in rows:
            await self._sql.execute(
                "INSERT INTO journal (run, number, kind, key, seal, content) VALUES (?, ?, ?, ?, ?, ?)", (run, *row)
            )

    async def rows(self, run: str) -> list[Row]:
        """All rows of a run in order."""
        found = await self._sql.execute(
            "SELECT number, kind, key, seal, content FROM journal WHERE run = ? ORDER BY number", (run,)
        )
        return [(number, kind, key, seal, bytes(content)) for number, kind, key, seal, content in found]

    async def last(self, run: str) -> tuple[int, str] | None:
        """Number and seal of a run's last row."""
        found = await self._sql.execute(
            "SELECT number, seal FROM journal WHERE run = ? ORDER BY number DESC LIMIT 1", (run,)
        )
        return (found[0][0], found[0][1]) if found else None

    async def of_kind(self, run: str, kind: Kind) -> list[Row]:
        """The rows of a run of one kind, in order."""
        found = await self._sql.execute(
            "SELECT number, kind, key, seal, content FROM journal WHERE run = ? AND kind = ? ORDER BY number",
            (run, kind),
        )
        return [(number, kind, key, seal, bytes(content)) for number, kind, key, seal, content in found]

    async def rename(self, run: str, new: str) -> None:
        """Give a run's journal to another name."""
        await self._sql.execute("UPDATE journal SET run = ? WHERE run = ?", (new, run))

    async def remove(self, run: str) -> None:
        """Remove a run's journal."""
        await self._sql.execute("DELETE FROM journal WHERE run = ?", (run,))
