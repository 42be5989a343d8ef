"""The `Queries` port on PostgreSQL: committed state for pages."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sorteos_actors.ports import ReservationRecord, TicketRecord
from sorteos_actors.raffle import RaffleStatus, RaffleSummary
from sorteos_actors.store.pool import Connection, Pool
from sorteos_actors.store.rows import (
    RESERVATION_COLUMNS,
    SUMMARY_COLUMNS,
    TERMS_COLUMNS,
    Row,
    reservation_from_row,
    summary_from_row,
    terms_from_row,
)

_RAFFLE = f"SELECT {SUMMARY_COLUMNS} FROM raffles AS r WHERE r.id = $1"  # noqa: S608 - constants

_LISTED = "FROM raffles AS r WHERE r.status = ANY($1) OR r.organizer_id = $2"
_COUNT = f"SELECT count(*) {_LISTED}"
_PAGE = f"""
SELECT {SUMMARY_COLUMNS} {_LISTED} ORDER BY r.created_at DESC, r.id DESC LIMIT $3 OFFSET $4
"""

_RECORDS = f"""
SELECT {TERMS_COLUMNS}, {RESERVATION_COLUMNS}
FROM reservations AS v JOIN raffles AS r ON r.id = v.raffle_id
"""  # noqa: S608 - constants only

# Clients make the ids. Somebody who knows one may use it again in another raffle; the first stays.
_RESERVATION = f"{_RECORDS} WHERE v.id = $1 ORDER BY v.created_at, v.raffle_id LIMIT 1"
RESERVATIONS = f"""
SELECT u.id AS asked, f.* FROM unnest($1::uuid[]) AS u (id)
CROSS JOIN LATERAL (
    {_RECORDS} WHERE v.id = u.id ORDER BY v.created_at, v.raffle_id LIMIT 1
) AS f
"""  # noqa: S608 - constants only
"""The reservations with these ids, each found as if it were asked for alone."""
_LIVE_RESERVATION = f"""
{_RECORDS} WHERE v.raffle_id = $1 AND v.user_id = $2 AND v.ended_at IS NULL
"""
_RESERVATIONS_OF = f"{_RECORDS} WHERE v.user_id = $1 ORDER BY v.created_at DESC, v.id DESC LIMIT $2"

_TICKET = f"""
SELECT {TERMS_COLUMNS}, {RESERVATION_COLUMNS}, ARRAY(
    SELECT c.number FROM number_claims AS c
    WHERE c.raffle_id = v.raffle_id AND c.number = ANY(v.numbers)
        AND c.reservation_id = v.id AND c.status = 'sold'
    ORDER BY c.number
) AS owned
FROM reservations AS v JOIN raffles AS r ON r.id = v.raffle_id
WHERE v.raffle_id = $1 AND v.id = $2 AND v.phase = 'completed'
"""  # noqa: S608 - constants only


class PostgresQueries:
    """See `Queries`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def raffle(self, raffle_id: UUID) -> RaffleSummary | None:
        """One raffle."""
        row = await self._pool.row(_RAFFLE, raffle_id)
        return None if row is None else summary_from_row(row)

    async def raffles(
        self,
        *,
        statuses: Sequence[RaffleStatus],
        organizer_id: UUID | None,
        limit: int,
        offset: int,
    ) -> tuple[list[RaffleSummary], int]:
        """A page of raffles and how many there are."""
        names = [status.value for status in statuses]

        async def page_and_count(connection: Connection) -> tuple[Sequence[Row], int]:
            rows = await connection.fetch(_PAGE, names, organizer_id, limit, offset)
            return rows, await connection.fetchval(_COUNT, names, organizer_id)

        rows, total = await self._pool.run(page_and_count)
        return [summary_from_row(row) for row in rows], total

    async def reservation(self, reservation_id: UUID) -> ReservationRecord | None:
        """One reservation; of several with this id, the oldest."""
        return _record(await self._pool.row(_RESERVATION, reservation_id))

    async def live_reservation(self, raffle_id: UUID, user_id: UUID) -> ReservationRecord | None:
        """A person's live reservation in a raffle."""
        return _record(await self._pool.row(_LIVE_RESERVATION, raffle_id, user_id))

    async def reservations_of(self, user_id: UUID, limit: int) -> list[ReservationRecord]:
        """A person's reservations, newest first."""
        rows = await self._pool.rows(_RESERVATIONS_OF, user_id, limit)
        return [record_from_row(row) for row in rows]

    async def ticket(self, raffle_id: UUID, reservation_id: UUID) -> TicketRecord | None:
        """What a completed reservation has bought."""
        row = await self._pool.row(_TICKET, raffle_id, reservation_id)
        if row is None:
            return None
        return TicketRecord(terms_from_row(row), reservation_from_row(row), tuple(row["owned"]))


def record_from_row(row: Row) -> ReservationRecord:
    """A reservation and what its raffle sells."""
    return ReservationRecord(terms_from_row(row), reservation_from_row(row))


def _record(row: Row | None) -> ReservationRecord | None:
    return None if row is None else record_from_row(row)
