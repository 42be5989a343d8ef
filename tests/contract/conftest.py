"""Each test of this folder runs on every store there is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
import trio

from sorteos_actors import asyncio_bridge
from sorteos_actors.ports import Queries, RaffleStore
from sorteos_actors.ports.mail import Outbox
from sorteos_actors.ports.payment_store import PaymentDesk, PaymentPost, PaymentStore
from sorteos_actors.raffle import RaffleStatus
from sorteos_actors.store.mail import PostgresOutbox
from sorteos_actors.store.payment_batches import BatchedPayments
from sorteos_actors.store.pool import open_pool
from sorteos_actors.store.post_batches import BatchedPost
from sorteos_actors.store.raffle_store import PostgresRaffleStore
from sorteos_actors.store.read_batches import BatchedDesk, BatchedQueries
from sorteos_actors.testing.memory_desk import MemoryDesk
from sorteos_actors.testing.memory_outbox import MemoryOutbox
from sorteos_actors.testing.memory_payments import MemoryPayments
from sorteos_actors.testing.memory_store import MemoryStore
from tests.builders import some_terms
from tests.contract.money import AboutMoney, funded
from tests.contract.owner import Owner

ARaffle = Callable[..., Awaitable[Owner]]
Fund = Callable[..., Awaitable[Any]]


class Stores(msgspec.Struct, frozen=True):
    """One store under all of its ports."""

    writes: RaffleStore
    reads: Queries
    payments: PaymentStore
    post: PaymentPost
    desk: PaymentDesk
    outbox: Outbox


@pytest.fixture(params=["memory", "postgresql"])
def where(request: pytest.FixtureRequest) -> str | None:
    """The database, or None for memory."""
    if request.param == "memory":
        return None
    database_url: str = request.getfixturevalue("database_url")
    return database_url


@pytest.fixture
async def stores(where: str | None) -> AsyncIterator[Stores]:
    """An empty store."""
    if where is None:
        memory = MemoryStore()
        payments = MemoryPayments(memory)
        desk, outbox = MemoryDesk(memory), MemoryOutbox(memory)
        yield Stores(memory, memory, payments, payments.post, desk, outbox)
        return
    async with asyncio_bridge.open_loop(), open_pool(where) as pool, trio.open_nursery() as batches:
        yield Stores(
            PostgresRaffleStore(pool),
            BatchedQueries(pool, batches),
            BatchedPayments(pool, batches),
            BatchedPost(pool, batches),
            BatchedDesk(pool, batches),
            PostgresOutbox(pool),
        )
        batches.cancel_scope.cancel()


@pytest.fixture
async def store(stores: Stores) -> RaffleStore:
    """An empty store, to write to."""
    return stores.writes


@pytest.fixture
async def queries(stores: Stores) -> Queries:
    """The same store, to read from."""
    return stores.reads


@pytest.fixture
async def payments(stores: Stores) -> PaymentStore:
    """The payments of the same store."""
    return stores.payments


@pytest.fixture
async def fund(payments: PaymentStore) -> Fund:
    """Give a command the payment that it speaks of: the row is there, and so is its money."""

    async def pay(owner: Owner, command: AboutMoney, **changes: Any) -> AboutMoney:
        return await funded(payments, owner.raffle, command, **changes)

    return pay


@pytest.fixture
async def a_raffle(store: RaffleStore) -> ARaffle:
    """Make an active raffle of 100 numbers and take it over; keywords are terms to differ in."""

    async def make(status: RaffleStatus = RaffleStatus.ACTIVE, **terms: Any) -> Owner:
        raffle_id: UUID = terms.pop("id", None) or uuid4()
        await store.create(some_terms(id=raffle_id, **terms), status=status)
        return await Owner.of(store, raffle_id)

    return make
