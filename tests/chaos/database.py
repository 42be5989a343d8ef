"""A raffle's rows, whole and in one snapshot: what the judges hold everything against."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar
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

T = TypeVar("T")
_CODES: Final = {"reserved": RESERVED, "sold": SOLD, "blocked": BLOCKED}
_RESERVATIONS: Final = f"""
SELECT {RESERVATION_COLUMNS} FROM reservations AS v WHERE v.raffle_id = $1
"""
_RAFFLE: Final = "SELECT epoch, seq FROM raffles WHERE id = $1"
_CLAIMS: Final = """
SELECT number, status, reservation_id FROM number_claims WHERE raffle_id = $1
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
    """Looks around every fault, with a new connection each time. Needs `asyncio_bridge.open_loop`."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def state(self, raffle_id: UUID) -> DatabaseState:
        """Everything that is kept of a raffle."""
        return await asyncio_bridge.run(self._look, _state, raffle_id)

    async def overdue(self, raffle_id: UUID, seconds: float) -> int:
        """Holds whose deadline passed longer ago, and that are still there."""
        return await asyncio_bridge.run(self._look, _overdue, raffle_id, seconds)

    async def _look(self, look: Callable[..., Awaitable[T]], *arguments: object) -> T:
        connection = await asyncpg.connect(self._url)
        try:
            return await look(connection, *arguments)
        finally:
            await connection.close()


async def _overdue(connection: Any, raffle_id: UUID, seconds: float) -> int:
    count: int = await connection.fetchval(_OVERDUE, raffle_id, seconds)
    return count


async def _state(connection: Any, raffle_id: UUID) -> DatabaseState:
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        raffle = await connection.fetchrow(_RAFFLE, raffle_id)
        reservations = await connection.fetch(_RESERVATIONS, raffle_id)
        claims = await connection.fetch(_CLAIMS, raffle_id)
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
