"""The baseline of a sale: what a plain program does for one in PostgreSQL, without provider or raffle.

Three durable steps, each its own round trip at least: the payment is written down; its numbers are sold
in a transaction, with the ledger and the mail; and that the money was taken is noted.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

import asyncpg

from benchmarks import buyers

CONNECTIONS: Final = 10
"""As many as one node has."""
NUMBERS: Final = 50_000
_SCHEMA: Final = """
DROP SCHEMA IF EXISTS textbook CASCADE;
CREATE SCHEMA textbook;
CREATE TABLE textbook.numbers (number int PRIMARY KEY, status text NOT NULL, payment_id uuid);
CREATE TABLE textbook.payments (
    id uuid PRIMARY KEY, amount bigint NOT NULL, status text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE textbook.ledger (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, debit text NOT NULL, credit text NOT NULL,
    amount bigint NOT NULL, payment_id uuid NOT NULL);
CREATE TABLE textbook.outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, payload jsonb NOT NULL);
"""
_FILL: Final = """
INSERT INTO textbook.numbers SELECT n, 'reserved' FROM generate_series(0, $1::int - 1) AS n
"""
_BEGIN: Final = (
    "INSERT INTO textbook.payments (id, amount, status) VALUES ($1, 200000, 'authorised')"
)
_SELL: Final = """
UPDATE textbook.numbers SET status = 'sold', payment_id = $1
WHERE number = ANY($2) AND status = 'reserved'
"""
_SOLD: Final = "UPDATE textbook.payments SET status = 'sold' WHERE id = $1"
_ENTER: Final = """
INSERT INTO textbook.ledger (debit, credit, amount, payment_id) VALUES ($2, $3, 200000, $1)
"""
_MAIL: Final = (
    "INSERT INTO textbook.outbox (payload) VALUES (jsonb_build_object('payment', $1::uuid))"
)
_CAPTURED: Final = "UPDATE textbook.payments SET status = 'captured' WHERE id = $1"


def rate(database_url: str, at_once: int, seconds: float) -> float:
    """Sales a second, `at_once` at the same time over ten connections."""
    return asyncio.run(_rate(database_url, at_once, seconds))


async def _rate(database_url: str, at_once: int, seconds: float) -> float:
    pool = await asyncpg.create_pool(database_url, min_size=CONNECTIONS, max_size=CONNECTIONS)
    try:
        await pool.execute(_SCHEMA)
        await pool.execute(_FILL, NUMBERS)
        pairs = buyers.pairs(NUMBERS)
        begin = time.perf_counter()
        sold = sum(
            await asyncio.gather(*(_buyer(pool, pairs, begin + seconds) for _ in range(at_once)))
        )
        return sold / (time.perf_counter() - begin)
    finally:
        await pool.close()


async def _buyer(pool: Any, pairs: Iterator[tuple[int, int]], end: float) -> int:
    sold = 0
    while time.perf_counter() < end:
        numbers = next(pairs)
        await _sell(pool, buyers.person(numbers[0]), numbers)
        sold += 1
    return sold


async def _sell(pool: Any, payment_id: UUID, numbers: tuple[int, int]) -> None:
    async with pool.acquire() as connection:
        await connection.execute(_BEGIN, payment_id)
        async with connection.transaction():
            await connection.execute(_SELL, payment_id, numbers)
            await connection.execute(_SOLD, payment_id)
            await connection.execute(_ENTER, payment_id, "suspense", "sales")
            await connection.execute(_MAIL, payment_id)
        async with connection.transaction():
            await connection.execute(_CAPTURED, payment_id)
            await connection.execute(_ENTER, payment_id, "provider", "suspense")
