"""What PostgreSQL itself guards about money, whatever a node believes and whoever writes beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import trio
from msgspec.structs import replace

from sorteos_actors import asyncio_bridge
from sorteos_actors.errors import GuardViolated
from sorteos_actors.raffle import RaffleStatus
from sorteos_actors.raffle.commands import (
    RefundNumbers,
    ReserveNumbers,
    StartCheckout,
    StartPayment,
)
from sorteos_actors.store.payment_store import PostgresPayments
from sorteos_actors.store.pool import Pool, open_pool
from sorteos_actors.store.raffle_store import _COMMIT, PostgresRaffleStore
from sorteos_actors.store.rows import commit_arguments
from tests.builders import ANA, FIRST, PAYMENT, paid, some_terms
from tests.contract.money import a_payment, seen
from tests.contract.owner import Owner
from tests.waiting import PATIENCE_SECONDS

RAFFLE = UUID(int=0xE000)
PAID = slice(31, 35)
"""Where the arguments of ``commit_batch`` name the payments that have paid."""


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    async with asyncio_bridge.open_loop(), open_pool(database_url) as pool:
        yield pool


@pytest.fixture
async def owner(pool: Pool) -> Owner:
    """Ana is about to pay 1 and 2, and the money is there."""
    store, payments = PostgresRaffleStore(pool), PostgresPayments(pool)
    await store.create(some_terms(id=RAFFLE), status=RaffleStatus.ACTIVE)
    owner = await Owner.of(store, RAFFLE)
    await owner.do(ReserveNumbers(ANA, FIRST, (1, 2)), StartCheckout(ANA, FIRST))
    await payments.create(a_payment(RAFFLE, 1, 2))
    await owner.do(StartPayment(ANA, FIRST, PAYMENT))
    await payments.merge(RAFFLE, PAYMENT, seen("authorised"))
    return owner


async def test_numbers_are_not_sold_when_nothing_is_said_of_who_pays(
    pool: Pool, owner: Owner
) -> None:
    arguments = commit_arguments(owner.batch(owner.decided([paid(1, 2)])))
    assert arguments[PAID] == [[PAYMENT], [FIRST], ["{1,2}"], [200_000]]
    arguments[PAID] = [[], [], [], []]
    with pytest.raises(GuardViolated, match="nobody has paid"):
        await pool.value(_COMMIT, *arguments)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_transfers SET amount = 1",
        "DELETE FROM ledger_transfers",
        "TRUNCATE ledger_transfers",
        "DELETE FROM payment_method_changes",
    ],
)
async def test_what_was_entered_is_never_changed(pool: Pool, owner: Owner, statement: str) -> None:
    await owner.do(paid(1, 2))
    with pytest.raises(GuardViolated, match="append-only"):
        await pool.value(statement)


async def test_every_ledger_sums_to_nothing(pool: Pool, owner: Owner) -> None:
    payments = PostgresPayments(pool)
    await owner.do(paid(1, 2))
    await payments.merge(RAFFLE, PAYMENT, seen("captured"))
    await owner.do(RefundNumbers(FIRST, PAYMENT, ANA, (2,)))
    await payments.merge(RAFFLE, PAYMENT, seen("captured", refunded=100_000))
    balances = await pool.rows("SELECT account, balance FROM ledger_balances ORDER BY account")
    assert [(row["account"], row["balance"]) for row in balances] == [
        ("provider:sandbox:test", 100_000),
        ("sales", -100_000),
        ("suspense", 0),
    ]


@pytest.mark.parametrize("what", ["sale", "refund", "start"])
async def test_a_commit_finds_a_payment_that_somebody_else_is_writing(
    pool: Pool, database_url: str, owner: Owner, what: str
) -> None:
    command: Any = paid(1, 2)
    if what == "refund":
        await owner.do(paid(1, 2))
        command = RefundNumbers(FIRST, PAYMENT, ANA, (1,))
    if what == "start":
        other = a_payment(RAFFLE, 8, id=uuid4(), reservation_id=uuid4())
        await PostgresPayments(pool).create(other)
        await owner.do(
            ReserveNumbers(UUID(int=5), other.reservation_id, (8,)),
            StartCheckout(UUID(int=5), other.reservation_id),
        )
        command = StartPayment(UUID(int=5), other.reservation_id, other.id)
    payment_id = command.payment_id

    async def write_slowly(waiting: trio.Event) -> None:
        """Change the row, and let the commit wait for a while before that is true."""
        connection = await asyncio_bridge.run(asyncpg.connect, database_url)
        change = "UPDATE payments SET version = version + 1 WHERE id = $1"
        await asyncio_bridge.run(connection.execute, "BEGIN")
        await asyncio_bridge.run(connection.execute, change, payment_id)
        waiting.set()
        blocked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        with trio.fail_after(PATIENCE_SECONDS):
            while not await asyncio_bridge.run(connection.fetchval, blocked):
                await trio.lowlevel.checkpoint()
        await asyncio_bridge.run(connection.execute, "COMMIT")
        await asyncio_bridge.run(connection.close)

    async with trio.open_nursery() as nursery:
        written = trio.Event()
        nursery.start_soon(write_slowly, written)
        await written.wait()
        assert await owner.do(command)


async def test_a_picture_has_a_limit(pool: Pool) -> None:
    insert = "INSERT INTO receipts VALUES ($1, $1, $1, 'image/png', $2, $3)"
    await pool.value(insert, uuid4(), bytes(2 << 20), bytes(32))
    with pytest.raises(GuardViolated):
        await pool.value(insert, uuid4(), bytes((2 << 20) + 1), bytes(32))


async def test_a_payment_is_the_price_of_its_numbers(pool: Pool) -> None:
    payments = PostgresPayments(pool)
    with pytest.raises(GuardViolated):
        await payments.create(replace(a_payment(RAFFLE, 1, 2), amount=1))
