"""A cash desk without a door: store, raffle, cashier and sandbox of one node in this process, no HTTP.

What it sells is ready to be paid: reservations in checkout, written into the tables beforehand.
"""

from __future__ import annotations

import random
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final
from uuid import UUID

import msgspec
import trio

from benchmarks import buyers, rows
from sorteos_actors import asyncio_bridge
from sorteos_actors.actors.alone import LoneBus, LoneLease, LonePeers
from sorteos_actors.actors.outage import OutageMeter
from sorteos_actors.actors.registry import Registry
from sorteos_actors.actors.supervisor import World
from sorteos_actors.clock import ServerClock
from sorteos_actors.payments.house import Money, open_money
from sorteos_actors.payments.sandbox import Sandbox
from sorteos_actors.payments.settings import PaymentSettings
from sorteos_actors.ports import Owner
from sorteos_actors.ports.payments import Charge, Payment, Provider, charge_for
from sorteos_actors.raffle import Rejection
from sorteos_actors.store.pool import Pool, open_pool
from sorteos_actors.store.raffle_store import PostgresRaffleStore

PRICE: Final = 100_000
CURRENCY: Final = "CRC"
CHECKOUT_SECONDS: Final = 3600.0
"""Reservations of a run must not expire in it."""
_WEBHOOKS: Final = 2
"""Of a sale: authorised, captured."""
_PROCESSED: Final = "SELECT count(*) FROM webhook_inbox WHERE processed_at IS NOT NULL"


class Till(msgspec.Struct, frozen=True):
    """The parts that sell, and the pool that they share."""

    money: Money
    pool: Pool


class Sales(msgspec.Struct, frozen=True):
    """What a run has sold. Times in seconds."""

    sold: int
    seconds: float
    cpu_seconds: float
    """Of this process, buyers included."""
    latencies: list[float]


def in_checkout(database_url: str, raffle_id: UUID, count: int, seed: int) -> list[rows.InCheckout]:
    """Give a draft `count` reservations of one person each, ready to be paid, and open it."""
    source = random.Random(seed)
    waiting = [
        rows.InCheckout(buyers.fresh_uuid(source), buyers.fresh_uuid(source)) for _ in range(count)
    ]
    until = time.time() + CHECKOUT_SECONDS
    rows.fill_checkouts(database_url, raffle_id, waiting, buyers.NUMBERS_EACH, until)
    return waiting


@asynccontextmanager
async def open_till(database_url: str) -> AsyncIterator[Till]:
    """The parts of a node that sell, until the block ends."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(asyncio_bridge.open_loop())
        pool = await stack.enter_async_context(open_pool(database_url))
        nursery = await stack.enter_async_context(trio.open_nursery())
        stack.callback(nursery.cancel_scope.cancel)
        clock, store, me = ServerClock(), PostgresRaffleStore(pool), Owner("till", "")
        outage = OutageMeter(clock)
        sent = trio.current_time()
        clock.sample(await store.ping(), sent, trio.current_time())
        outage.answered()
        registry = Registry(
            World(
                store=store,
                clock=clock,
                lease=LoneLease(),
                bus=LoneBus(),
                peers=LonePeers(me),
                outage=outage,
            )
        )
        await nursery.start(registry.run)
        money = await stack.enter_async_context(
            open_money(
                PaymentSettings(sandbox=True),
                node=me.node,
                secret="a secret of this run alone",
                pool=pool,
                raffles=registry,
                clock=clock,
                on_mail=lambda: None,
            )
        )
        yield Till(money, pool)


async def sell(
    till: Till, raffle_id: UUID, waiting: list[rows.InCheckout], at_once: int, seconds: float
) -> Sales:
    """`at_once` buyers pay one reservation after the other, for so long or until all are sold.

    The first sale, which waits for the raffle to be loaded, is not counted. It ends, and its seconds
    do, when the webhooks of all sales have been processed too.
    Raises RuntimeError for a sale that did not end with its numbers sold and its money captured.
    """
    source = random.Random(0)
    queue = iter(enumerate(waiting))
    await _pay(till.money, raffle_id, *next(queue), source)  # The raffle is loaded by now.
    latencies: list[float] = []
    end = trio.current_time() + seconds

    async def buyer() -> None:
        for index, one in queue:
            if trio.current_time() >= end:
                return
            latencies.append(await _pay(till.money, raffle_id, index, one, source))

    begin, cpu = time.perf_counter(), time.process_time()
    async with trio.open_nursery() as nursery:
        for _ in range(at_once):
            nursery.start_soon(buyer)
    while await till.pool.value(_PROCESSED) < _WEBHOOKS * (len(latencies) + 1):
        await trio.sleep(0.02)
    return Sales(
        sold=len(latencies),
        seconds=time.perf_counter() - begin,
        cpu_seconds=time.process_time() - cpu,
        latencies=latencies,
    )


async def _pay(
    money: Money, raffle_id: UUID, index: int, one: rows.InCheckout, source: random.Random
) -> float:
    """Seconds until it is sold and captured."""
    provider = money.methods.providers[Sandbox.name]
    new = _new_payment(provider, raffle_id, index, one, buyers.fresh_uuid(source))
    asked = time.perf_counter()
    paid = await money.checkout.begin(provider, new, _charge(new))
    if isinstance(paid, Rejection) or paid.applied != "sold" or paid.captured != paid.amount:
        raise RuntimeError(f"not sold: {paid}")
    return time.perf_counter() - asked


def _new_payment(
    provider: Provider, raffle_id: UUID, index: int, one: rows.InCheckout, payment_id: UUID
) -> Payment:
    first = index * buyers.NUMBERS_EACH
    return Payment(
        raffle_id=raffle_id,
        id=payment_id,
        reservation_id=one.reservation_id,
        user_id=one.user_id,
        provider=provider.name,
        account=provider.account,
        amount=PRICE * buyers.NUMBERS_EACH,
        currency=CURRENCY,
        numbers=tuple(range(first, first + buyers.NUMBERS_EACH)),
        unit_price=PRICE,
    )


def _charge(payment: Payment) -> Charge:
    return charge_for(payment, description="numbers", return_url="http://127.0.0.1/")
