"""Rows that a scenario needs before it begins, written straight into the tables.

Only for raffles that no actor has loaded yet: the server finds them as if they had been there
always.
"""

from __future__ import annotations

import asyncio
from typing import Final
from uuid import UUID

import asyncpg

_RESERVATIONS: Final = """
WITH made AS (
    INSERT INTO reservations (raffle_id, id, user_id, phase, numbers, unit_price, created_at,
        expires_at, ended_at)
    SELECT $1, gen_random_uuid(), gen_random_uuid(), $4,
        array(SELECT generate_series(n * $3::int, (n + 1) * $3::int - 1)), 100000, now(),
        to_timestamp($5::float8), CASE WHEN $4 = 'completed' THEN now() END
    FROM generate_series(0, $2::int - 1) n
    RETURNING id, user_id, numbers
)
INSERT INTO number_claims (raffle_id, number, status, user_id, reservation_id)
SELECT $1, number, CASE WHEN $4 = 'completed' THEN 'sold' ELSE 'reserved' END, user_id, id
FROM made, unnest(numbers) AS number
"""
_COUNTS: Final = """
UPDATE raffles SET status = 'active',
    reserved_count = (SELECT count(*) FROM number_claims
        WHERE raffle_id = $1 AND status = 'reserved'),
    sold_count = (SELECT count(*) FROM number_claims WHERE raffle_id = $1 AND status = 'sold')
WHERE id = $1
"""
_EXPIRED: Final = """
SELECT extract(epoch FROM at)::float8 FROM raffle_events
WHERE raffle_id = $1 AND kind = 'reservation_expired'
"""


def fill(
    database_url: str, raffle_id: UUID, count: int, numbers_each: int, *, phase: str, until: float
) -> None:
    """Give a draft `count` reservations in `phase`, all with the same deadline, and open it.

    `until` in seconds since 1970. They are of different people and hold the lowest numbers.
    """

    async def main() -> None:
        connection = await asyncpg.connect(database_url)
        try:
            await connection.execute(_RESERVATIONS, raffle_id, count, numbers_each, phase, until)
            await connection.execute(_COUNTS, raffle_id)
        finally:
            await connection.close()

    asyncio.run(main())


def expired_at(database_url: str, raffle_id: UUID) -> list[float]:
    """When the end of each expired reservation was committed, in seconds since 1970."""

    async def main() -> list[float]:
        connection = await asyncpg.connect(database_url)
        try:
            return [row[0] for row in await connection.fetch(_EXPIRED, raffle_id)]
        finally:
            await connection.close()

    return asyncio.run(main())
