"""The baseline: the seed's own way to reserve and to expire, written as the seed describes it.

Per number: a lock in Redis (``SET raffle:number:<id> NX PX 10000``), ``SELECT status``, a
transaction with the UPDATE of the number's row and the INSERT of a reservation, and the lock's
release. PostgreSQL through 20 pooled connections. Every 30 seconds a job looks for what is due.

Where the description leaves a choice, the baseline gets the quicker one: it is called directly,
without HTTP, WebSocket or broadcast; it runs on plain asyncio; the SELECT and the transaction
share one connection; the pool resets nothing; the release is a plain DEL; all statements are
prepared; its tables have no triggers.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
from redis.asyncio import Redis

CONNECTIONS: Final = 20
LOCK_MS: Final = 10_000
SWEEP_SECONDS: Final = 30.0

_SCHEMA: Final = """
DROP SCHEMA IF EXISTS seed CASCADE;
CREATE SCHEMA seed;
CREATE TABLE seed.raffle_numbers (
    id bigint PRIMARY KEY, raffle_id uuid NOT NULL, number text NOT NULL,
    status text NOT NULL DEFAULT 'available', user_id uuid, reservation_id uuid,
    reserved_until timestamptz, UNIQUE (raffle_id, number));
CREATE TABLE seed.reservations (
    id uuid PRIMARY KEY, raffle_id uuid NOT NULL, user_id uuid NOT NULL, number_id bigint NOT NULL,
    phase text NOT NULL DEFAULT 'selection', created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL);
CREATE INDEX ON seed.reservations (expires_at) WHERE phase IN ('selection', 'checkout');
"""
_FILL: Final = """
INSERT INTO seed.raffle_numbers (id, raffle_id, number)
SELECT n, $1, n::text FROM generate_series(0, $2::bigint - 1) n
"""
_STATUS: Final = "SELECT status FROM seed.raffle_numbers WHERE id = $1"
_TAKE: Final = """
UPDATE seed.raffle_numbers SET status = 'reserved', user_id = $2, reservation_id = $3,
    reserved_until = now() + interval '10 minutes' WHERE id = $1
"""
_INSERT: Final = """
INSERT INTO seed.reservations (id, raffle_id, user_id, number_id, expires_at)
VALUES ($1, $2, $3, $4, now() + interval '10 minutes')
"""
_DUE: Final = """
SELECT id, number_id FROM seed.reservations
WHERE phase IN ('selection', 'checkout') AND expires_at <= now()
"""
_RELEASE: Final = """
UPDATE seed.raffle_numbers SET status = 'available', user_id = NULL, reservation_id = NULL,
    reserved_until = NULL WHERE id = $1
"""
_EXPIRE: Final = "UPDATE seed.reservations SET phase = 'expired' WHERE id = $1"


class Seed:
    """One raffle, served the seed's way."""

    def __init__(self, pool: Any, redis: Redis, raffle_id: UUID) -> None:
        self._pool = pool
        self._redis = redis
        self._raffle_id = raffle_id

    async def reserve(self, user_id: UUID, numbers: tuple[int, ...]) -> bool:
        """Reserve number after number; False at the first that somebody else has."""
        for number in numbers:
            if not await self._reserve_one(user_id, number):
                return False
        return True

    async def _reserve_one(self, user_id: UUID, number: int) -> bool:
        key = f"raffle:number:{number}"
        if not await self._redis.set(key, str(user_id), nx=True, px=LOCK_MS):
            return False
        try:
            async with self._pool.acquire() as connection:
                if await connection.fetchval(_STATUS, number) != "available":
                    return False
                await self._write(connection, user_id, (number,))
        finally:
            await self._redis.delete(key)
        return True

    async def reserve_together(self, user_id: UUID, numbers: tuple[int, ...]) -> bool:
        """A kinder reading: locks in one round trip, and one transaction for all numbers."""
        keys = [f"raffle:number:{number}" for number in numbers]
        pipeline = self._redis.pipeline(transaction=False)
        for key in keys:
            pipeline.set(key, str(user_id), nx=True, px=LOCK_MS)
        locked = await pipeline.execute()
        try:
            if not all(locked):
                return False
            async with self._pool.acquire() as connection:
                for number in numbers:
                    if await connection.fetchval(_STATUS, number) != "available":
                        return False
                await self._write(connection, user_id, numbers)
        finally:
            held = [key for key, is_ours in zip(keys, locked, strict=True) if is_ours]
            if held:
                await self._redis.delete(*held)
        return True

    async def _write(self, connection: Any, user_id: UUID, numbers: tuple[int, ...]) -> None:
        async with connection.transaction():
            for number in numbers:
                reservation_id = uuid4()
                await connection.execute(_TAKE, number, user_id, reservation_id)
                await connection.execute(_INSERT, reservation_id, self._raffle_id, user_id, number)

    async def sweep(self) -> list[float]:
        """The job's work once: release everything due. Seconds from its begin to each release."""
        begin = time.perf_counter()
        released = []
        async with self._pool.acquire() as connection:
            for row in await connection.fetch(_DUE):
                await connection.execute(_RELEASE, row["number_id"])
                await connection.execute(_EXPIRE, row["id"])
                released.append(time.perf_counter() - begin)
        return released

    async def make_all_due(self) -> None:
        """Let every reservation's time be up."""
        await self._pool.execute("UPDATE seed.reservations SET expires_at = now()")


@asynccontextmanager
async def open_seed(database_url: str, redis_url: str, number_count: int) -> AsyncIterator[Seed]:
    """Fresh tables in a schema of their own, with one row a number, and the connections."""

    async def keep(_: object) -> None:
        """Reset nothing between two users of a connection."""

    raffle_id = uuid4()
    async with asyncpg.create_pool(
        database_url, min_size=CONNECTIONS, max_size=CONNECTIONS, reset=keep
    ) as pool:
        await pool.execute(_SCHEMA)
        await pool.execute(_FILL, raffle_id, number_count)
        await pool.execute("VACUUM ANALYZE seed.raffle_numbers")
        redis = Redis.from_url(redis_url)
        try:
            yield Seed(pool, redis, raffle_id)
        finally:
            await redis.aclose()
            await pool.execute("DROP SCHEMA seed CASCADE")


async def rate(
    seed: Seed,
    wanted: Iterator[tuple[int, int]],
    *,
    buyers: int,
    seconds: float,
    warm_up: float = 0.5,
    together: bool = False,
) -> float:
    """Reservations a second with so many buyers, each asking again as soon as he has his answer.

    Raises RuntimeError when one is refused: the numbers are all different.
    """
    reserve = seed.reserve_together if together else seed.reserve
    begin = time.perf_counter() + warm_up
    end = begin + seconds
    done = 0

    async def buyer() -> None:
        nonlocal done
        while time.perf_counter() < end:
            if not await reserve(uuid4(), next(wanted)):
                raise RuntimeError("the baseline was refused a free number")
            done += begin <= time.perf_counter() < end

    async with asyncio.TaskGroup() as group:
        for _ in range(buyers):
            group.create_task(buyer())
    return done / seconds
