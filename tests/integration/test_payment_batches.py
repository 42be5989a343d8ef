"""Statements for many payments at once, on a real PostgreSQL: what they leave out, and why."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import trio
from msgspec.structs import replace

from sorteos_actors import asyncio_bridge
from sorteos_actors.errors import GuardViolated, ReferenceTaken
from sorteos_actors.ports.payment_store import EventKey, InboxEvent
from sorteos_actors.ports.payments import Observation, Payment
from sorteos_actors.store.payment_batches import BatchedPayments
from sorteos_actors.store.pool import Pool, open_pool
from sorteos_actors.store.post_batches import BatchedPost
from tests.contract.money import a_payment, seen

RAFFLE = UUID(int=0xE0)
MANY = 20


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    """A pool of an empty database."""
    async with asyncio_bridge.open_loop(), open_pool(database_url) as opened:
        yield opened


@pytest.fixture
async def payments(pool: Pool, nursery: trio.Nursery) -> BatchedPayments:
    """What is tested."""
    return BatchedPayments(pool, nursery)


def several() -> list[Payment]:
    return [a_payment(RAFFLE, number, id=uuid4(), reservation_id=uuid4()) for number in range(MANY)]


async def created(payments: BatchedPayments, wanted: list[Payment]) -> list[Payment]:
    made: dict[UUID, Payment] = {}

    async def create(new: Payment) -> None:
        made[new.id] = await payments.create(new)

    async with trio.open_nursery() as nursery:
        for new in wanted:
            nursery.start_soon(create, new)
    return [made[new.id] for new in wanted]


async def merged(
    payments: BatchedPayments, told: list[tuple[UUID, Observation]]
) -> dict[UUID, Payment | Exception | None]:
    learned: dict[UUID, Payment | Exception | None] = {}

    async def merge(payment_id: UUID, observation: Observation) -> None:
        try:
            learned[payment_id] = await payments.merge(RAFFLE, payment_id, observation)
        except (GuardViolated, ReferenceTaken) as error:
            learned[payment_id] = error

    async with trio.open_nursery() as nursery:
        for payment_id, observation in told:
            nursery.start_soon(merge, payment_id, observation)
    return learned


def captured(**changes: Any) -> Observation:
    return seen("captured", 100_000, **changes)


async def test_many_go_through_their_life_together(payments: BatchedPayments) -> None:
    wanted = several()
    made = await created(payments, wanted)
    assert [(p.id, p.numbers, p.reservation_id) for p in made] == [
        (p.id, p.numbers, p.reservation_id) for p in wanted
    ]
    again = await created(payments, wanted)
    assert [p.id for p in again] == [p.id for p in wanted]
    learned = await merged(payments, [(p.id, captured(reference=p.id.hex)) for p in made])
    for payment in made:
        known = learned[payment.id]
        assert isinstance(known, Payment)
        assert (known.captured, known.reference) == (100_000, payment.id.hex)
        assert await payments.get(RAFFLE, payment.id) == known
        assert await payments.find("sandbox", "test", payment.id.hex, None) == known
        assert await payments.find("sandbox", "test", None, payment.id) == known
    async with trio.open_nursery() as nursery:
        for known in learned.values():
            assert isinstance(known, Payment)
            nursery.start_soon(payments.schedule, known, None)
    assert await payments.due("node", 100, 1000) == []
    assert sum(t.amount for t in await payments.ledger(RAFFLE)) == 100_000 * MANY


async def test_one_that_changed_since_it_was_read_stays_due_among_many(
    payments: BatchedPayments,
) -> None:
    made = await created(payments, several())
    await payments.want_cancel(RAFFLE, made[3].id)
    async with trio.open_nursery() as nursery:
        for payment in made:
            nursery.start_soon(payments.schedule, payment, None)
    assert [p.id for p in await payments.due("node", 100, 1000)] == [made[3].id]


async def test_a_row_that_somebody_holds_makes_nobody_else_wait(
    payments: BatchedPayments, database_url: str
) -> None:
    made = await created(payments, several())
    held, others = made[5], [p for p in made if p is not made[5]]
    is_held, may_go = trio.Event(), trio.Event()

    async def hold() -> None:
        connection = await asyncio_bridge.run(asyncpg.connect, database_url)
        lock = "BEGIN; SELECT FROM payments WHERE id = '%s' FOR UPDATE"
        await asyncio_bridge.run(connection.execute, lock % held.id)
        is_held.set()
        await may_go.wait()
        await asyncio_bridge.run(connection.close)

    waiting: dict[UUID, Payment | Exception | None] = {}

    async def learn_of_the_held_one() -> None:
        waiting.update(await merged(payments, [(held.id, captured())]))
        await payments.schedule(held, None)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(hold)
        await is_held.wait()
        nursery.start_soon(learn_of_the_held_one)
        learned = await merged(payments, [(p.id, captured()) for p in others])
        async with trio.open_nursery() as resting:
            for payment in others:
                resting.start_soon(payments.schedule, payment, None)
        assert len(learned) == MANY - 1
        assert waiting == {}
        may_go.set()
    known = waiting[held.id]
    assert isinstance(known, Payment)
    assert known.captured == 100_000


async def test_one_that_cannot_be_written_fails_alone(payments: BatchedPayments) -> None:
    made = await created(payments, several())
    told = [(p.id, captured(reference=p.id.hex)) for p in made]
    told[1] = (made[1].id, captured(reference=""))
    told[2] = (made[2].id, replace(captured(), captured=2**63))
    told[3] = (made[3].id, captured(reference=made[4].id.hex))
    unknown = uuid4()
    told.append((unknown, captured()))
    learned = await merged(payments, told)
    failed = {key: error for key, error in learned.items() if isinstance(error, Exception)}
    twins = failed.keys() & {made[3].id, made[4].id}
    assert failed.keys() - twins == {made[1].id, made[2].id}
    assert [type(failed[key]) for key in twins] == [ReferenceTaken]
    assert learned.pop(unknown) is None
    good = [known for known in learned.values() if isinstance(known, Payment)]
    assert [known.captured for known in good] == [100_000] * (MANY - 3)


async def test_webhooks_that_arrive_together_are_kept_once_each(
    pool: Pool, nursery: trio.Nursery
) -> None:
    post = BatchedPost(pool, nursery)
    news: list[tuple[int, bool]] = []

    async def arrive(n: int) -> None:
        key = EventKey("sandbox", "test", f"evt_{n}")
        event = InboxEvent(key=key, kind="x", reference=None, payment_id=None, body=bytes([n]))
        news.append((n, await post.receive(event)))

    for _ in range(2):
        async with trio.open_nursery() as senders:
            for n in [*range(MANY), 0, 1]:
                senders.start_soon(arrive, n)
    assert sorted(n for n, is_new in news if is_new) == list(range(MANY))
    kept = await post.incoming(100, 1000)
    assert {event.body for event in kept} == {bytes([n]) for n in range(MANY)}
