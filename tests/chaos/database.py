"""A raffle's rows, whole and in one snapshot: what the judges hold everything against."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final
from uuid import UUID

import asyncpg

from sorteos_actors import asyncio_bridge
from sorteos_actors.raffle.model import AVAILABLE, BLOCKED, RESERVED, SOLD
from sorteos_actors.store.rows import (
    RESERVATION_COLUMNS,
    journal_row_from_row,
    reservation_from_row,
)
from sorteos_actors.testing.durable import Claim, DatabaseState

_CODES: Final = {"reserved": RESERVED, "sold": SOLD, "blocked": BLOCKED}
_RESERVATIONS: Final = f"""
SELECT {RESERVATION_COLUMNS} FROM reservations AS v WHERE v.raffle_id = $1
"""
_JOURNAL: Final = """
SELECT seq, epoch, time_to_ms(at) AS at, kind, who, what
FROM raffle_events WHERE raffle_id = $1 ORDER BY seq
"""
_OVERDUE: Final = """
SELECT count(*) FROM reservations
WHERE raffle_id = $1 AND ended_at IS NULL
    AND expires_at < clock_timestamp() - $2 * interval '1 second'
"""


class Database:
    """One connection of our own, around every fault. Made by `open_database`."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def state(self, raffle_id: UUID) -> DatabaseState:
        """Everything that is kept of a raffle."""
        return await asyncio_bridge.run(self._state, raffle_id)

    async def overdue(self, raffle_id: UUID, seconds: float) -> int:
        """Holds whose deadline passed longer ago, and that are still there."""
        count: int = await asyncio_bridge.run(
            self._connection.fetchval, _OVERDUE, raffle_id, seconds
        )
        return count

    async def position(self, raffle_id: UUID) -> tuple[int, int]:
        """Epoch and seq."""
        row = await asyncio_bridge.run(
            self._connection.fetchrow, "SELECT epoch, seq FROM raffles WHERE id = $1", raffle_id
        )
        return row["epoch"], row["seq"]

    async def _state(self, raffle_id: UUID) -> DatabaseState:
        connection = self._connection
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            raffle = await connection.fetchrow(
                "SELECT epoch, seq FROM raffles WHERE id = $1", raffle_id
            )
            reservations = await connection.fetch(_RESERVATIONS, raffle_id)
            claims = await connection.fetch(
                "SELECT number, status, reservation_id FROM number_claims WHERE raffle_id = $1",
                raffle_id,
            )
            journal = await connection.fetch(_JOURNAL, raffle_id)
        return DatabaseState(
            epoch=raffle["epoch"],
            seq=raffle["seq"],
            reservations=[reservation_from_row(row) for row in reservations],
            claims=[Claim(row["number"], row["status"], row["reservation_id"]) for row in claims],
            journal=[journal_row_from_row(row) for row in journal],
        )


def board_of(state: DatabaseState, number_count: int) -> bytes:
    """The board that every viewer should see."""
    cells = bytearray([AVAILABLE]) * number_count
    for claim in state.claims:
        cells[claim.number] = _CODES[claim.status]
    return bytes(cells)


@asynccontextmanager
async def open_database(database_url: str) -> AsyncIterator[Database]:
    """A look at the database, for the block. Needs `asyncio_bridge.open_loop` around."""
    connection = await asyncio_bridge.run(asyncpg.connect, database_url)
    try:
        yield Database(connection)
    finally:
        await asyncio_bridge.run(connection.close)
