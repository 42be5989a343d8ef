"""Rows that a scenario needs before it begins, written straight into the tables.

Only for raffles that no actor has loaded yet: the server finds them as if they had been there
always.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Final
from uuid import UUID, uuid4

import asyncpg
import msgspec

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
_CHECKOUTS: Final = """
WITH asked AS (
    SELECT u.id, u.user_id, array(
        SELECT generate_series((u.n - 1) * $4::int, u.n * $4::int - 1)
    ) AS numbers
    FROM unnest($2::uuid[], $3::uuid[]) WITH ORDINALITY AS u (id, user_id, n)
), made AS (
    INSERT INTO reservations
        (raffle_id, id, user_id, phase, numbers, unit_price, created_at, expires_at)
    SELECT $1, id, user_id, 'checkout', numbers, 100000, now(), to_timestamp($5::float8)
    FROM asked RETURNING id, user_id, numbers
)
INSERT INTO number_claims (raffle_id, number, status, user_id, reservation_id)
SELECT $1, number, 'reserved', user_id, id FROM made, unnest(numbers) AS number
"""
_EXPIRED: Final = """
SELECT extract(epoch FROM at)::float8 FROM raffle_events
WHERE raffle_id = $1 AND kind = 'reservation_expired'
"""
_WAITING: Final = "SELECT EXISTS (SELECT FROM webhook_inbox WHERE processed_at IS NULL)"
_PLAIN: Final = """
DROP TABLE IF EXISTS plain_webhooks;
CREATE TABLE plain_webhooks (
    event_id text PRIMARY KEY, body bytea NOT NULL, received_at timestamptz NOT NULL DEFAULT now());
"""
_PLAIN_INSERT: Final = "INSERT INTO plain_webhooks (event_id, body) VALUES ($1, $2)"


class InCheckout(msgspec.Struct, frozen=True):
    """A reservation that is to be paid, and whose it is."""

    reservation_id: UUID
    user_id: UUID


def fill_checkouts(
    database_url: str,
    raffle_id: UUID,
    waiting: Sequence[InCheckout],
    numbers_each: int,
    until: float,
) -> None:
    """Give a draft these reservations in checkout and open it; they hold the lowest numbers in order.

    `until` is their deadline, in seconds since 1970.
    """
    ids = [one.reservation_id for one in waiting]
    people = [one.user_id for one in waiting]

    async def main() -> None:
        connection = await asyncpg.connect(database_url)
        try:
            await connection.execute(_CHECKOUTS, raffle_id, ids, people, numbers_each, until)
            await connection.execute(_COUNTS, raffle_id)
        finally:
            await connection.close()

    asyncio.run(main())


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


def webhooks_processed(database_url: str) -> int:
    """How many webhooks are kept, once all of them are processed."""

    async def main() -> int:
        connection = await asyncpg.connect(database_url)
        try:
            while await connection.fetchval(_WAITING):
                await asyncio.sleep(0.1)
            return int(await connection.fetchval("SELECT count(*) FROM webhook_inbox"))
        finally:
            await connection.close()

    return asyncio.run(main())


def insert_rate(database_url: str, at_once: int, seconds: float) -> float:
    """Durable INSERTs of a row like a webhook's a second: `at_once` writers over ten connections."""

    async def main() -> float:
        pool = await asyncpg.create_pool(database_url, min_size=10, max_size=10)
        try:
            await pool.execute(_PLAIN)
            begin = time.perf_counter()

            async def write() -> int:
                done = 0
                while time.perf_counter() < begin + seconds:
                    await pool.execute(_PLAIN_INSERT, f"evt_{uuid4().hex}", b"x" * 250)
                    done += 1
                return done

            total = sum(await asyncio.gather(*(write() for _ in range(at_once))))
            return total / (time.perf_counter() - begin)
        finally:
            await pool.close()

    return asyncio.run(main())
