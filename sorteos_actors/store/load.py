"""Reading a whole raffle, in one snapshot and few statements.

Numbers come as one array for each state, ended reservations packed as one string: half a million
rows would take a second to receive, and leave objects that the garbage collector walks for ever.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sorteos_actors.errors import RaffleNotFound
from sorteos_actors.ports import Picture
from sorteos_actors.raffle import Raffle
from sorteos_actors.raffle.model import (
    BLOCKED,
    PHASE_CODES,
    RESERVED,
    SOLD,
    EndedReservations,
)
from sorteos_actors.store.pool import Connection
from sorteos_actors.store.rows import (
    RESERVATION_COLUMNS,
    SUMMARY_COLUMNS,
    reservation_from_row,
    restore,
    summary_from_row,
)

RECENT_MINUTES = 15
"""A repeated command gets its old answer for that long; later, only how the reservation ended."""

_RAFFLE = f"""
SELECT {SUMMARY_COLUMNS}, time_to_ms(r.last_outage_at) AS last_outage_at
FROM raffles AS r WHERE r.id = $1
"""  # noqa: S608 - constants only

_NUMBERS = """
SELECT
    coalesce(array_agg(number) FILTER (WHERE status = 'reserved'), '{}') AS reserved,
    coalesce(array_agg(number) FILTER (WHERE status = 'sold'), '{}') AS sold,
    coalesce(array_agg(number) FILTER (WHERE status = 'blocked'), '{}') AS blocked
FROM number_claims WHERE raffle_id = $1
"""

_SOLD_BY_USER = """
SELECT coalesce(array_agg(user_id), '{}') AS users, coalesce(array_agg(numbers), '{}') AS numbers
FROM (
    SELECT user_id, count(*) AS numbers FROM number_claims
    WHERE raffle_id = $1 AND status = 'sold' GROUP BY user_id
) AS sold
"""

# Few: most of what is bought is never given back.
_RETURNED = """
SELECT sold_as, returned FROM payments WHERE raffle_id = $1 AND refund_wanted > 0
"""

_LIVE = f"""
SELECT {RESERVATION_COLUMNS} FROM reservations AS v
WHERE v.raffle_id = $1 AND v.ended_at IS NULL ORDER BY v.created_at, v.id
"""  # noqa: S608 - constants only

# 17 bytes each, as `EndedReservations` reads them: the id, then the phase's position in its list.
_ENDED = """
SELECT coalesce(
    string_agg(
        uuid_send(id) || set_byte('\\x00'::bytea, 0, array_position($2::text[], phase) - 1),
        ''::bytea ORDER BY id
    ),
    ''::bytea
)
FROM reservations WHERE raffle_id = $1 AND ended_at IS NOT NULL
"""

_RECENTLY_ENDED = f"""
SELECT {RESERVATION_COLUMNS} FROM reservations AS v
WHERE v.raffle_id = $1 AND v.ended_at > clock_timestamp() - make_interval(mins => $2)
ORDER BY v.ended_at DESC, v.id LIMIT $3
"""  # noqa: S608 - constants only


async def load(connection: Connection, raffle_id: UUID) -> tuple[Raffle, int]:
    """The raffle as committed, and its epoch. An asyncio function.

    Raises `RaffleNotFound`; `GuardViolated` when its counts are not those of its claims.
    """
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        row = await _raffle_row(connection, raffle_id)
        numbers = await connection.fetchrow(_NUMBERS, raffle_id)
        sold = await connection.fetchrow(_SOLD_BY_USER, raffle_id)
        returned = await connection.fetch(_RETURNED, raffle_id)
        live = await connection.fetch(_LIVE, raffle_id)
        phases = [phase.value for phase in PHASE_CODES]
        packed = await connection.fetchval(_ENDED, raffle_id, phases)
        recent = await connection.fetch(
            _RECENTLY_ENDED, raffle_id, RECENT_MINUTES, EndedReservations.RECENT
        )
    summary = summary_from_row(row)
    raffle = restore(
        summary,
        last_outage_at=row["last_outage_at"],
        reserved=numbers["reserved"],
        sold=numbers["sold"],
        blocked=numbers["blocked"],
        live=map(reservation_from_row, live),
        sold_by_user=dict(zip(sold["users"], sold["numbers"], strict=True)),
        returned={row["sold_as"]: frozenset(row["returned"]) for row in returned},
        ended=EndedReservations(packed, [reservation_from_row(row) for row in reversed(recent)]),
    )
    return raffle, summary.epoch


async def load_picture(connection: Connection, raffle_id: UUID) -> Picture:
    """Only what everybody may see. An asyncio function. Raises `RaffleNotFound`."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        row = await _raffle_row(connection, raffle_id)
        numbers = await connection.fetchrow(_NUMBERS, raffle_id)
    summary = summary_from_row(row)
    board = bytearray(summary.terms.number_count)
    for state, column in ((RESERVED, "reserved"), (SOLD, "sold"), (BLOCKED, "blocked")):
        for number in numbers[column]:
            board[number] = state
    return Picture(summary, board)


async def _raffle_row(connection: Connection, raffle_id: UUID) -> Any:
    row = await connection.fetchrow(_RAFFLE, raffle_id)
    if row is None:
        raise RaffleNotFound(raffle_id)
    return row
